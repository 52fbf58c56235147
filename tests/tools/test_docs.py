"""The commands of the tutorial work; options and pages that the docs name exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from test_readme import ENVIRONMENT, Run, fixed_ports

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs/tutorial.md").read_text()
DEADLINE = 120


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TUTORIAL, re.M | re.S)


@pytest.fixture
def port():
    """That of `make run`."""
    with fixed_ports(8080):
        yield


@pytest.mark.usefixtures("port")
def test_the_tutorial(tmp_path):
    """Its commands, one after the other, in one shell."""
    for name in "build", "tools", "clients", "Makefile":
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "bot.py").write_text(blocks("python")[0])
    script = "".join(block for block in blocks("sh"))
    # In the folder of the source, which is not to be written to.
    script = script.replace("make -s build/parley", f"make -s -C {ROOT} build/parley")
    python = subprocess.run([ROOT / "tools/python"], capture_output=True, text=True,
                            check=True).stdout.strip()
    environment = {**ENVIRONMENT, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(shutil.which(python, path=str(ROOT)) or python)
    server = Run(tmp_path / "store", "0123456789abcdef")
    try:
        done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
    finally:
        server.kill()
    assert done.returncode == 0, done.stderr
    for text in "Good morning", '"recipients":0', '"rooms":', "The kettle is on", "Hello alice":
        assert text in done.stdout, (text, done.stdout, done.stderr)


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_the_page_of_the_tutorial_is_a_module(tmp_path):
    (page,) = blocks("html")
    (script,) = re.findall(r'<script type="module">\n(.*?)</script>', page, re.S)
    (tmp_path / "page.mjs").write_text(script)
    subprocess.run(["node", "--check", tmp_path / "page.mjs"], check=True, capture_output=True)
    exported = (ROOT / "web/parley.js").read_text()
    for call in re.findall(r"chat\.(\w+)\(", script):
        assert re.search(rf"^\t(async )?{call}\(", exported, re.M) or call == "addEventListener"


def test_the_index_has_every_page():
    index = (ROOT / "docs/README.md").read_text()
    missing = [page.name for page in ROOT.glob("docs/*.md")
               if page.name != "README.md" and f"({page.name}" not in index]
    assert missing == []


def test_the_page_of_errors_has_every_close_code():
    source = (ROOT / "transport/ws/ws_frame.h").read_text()
    codes = re.findall(r"WS_CLOSE_\w+ = (\d+),?(?!.*never on the wire)", source)
    page = (ROOT / "docs/errors.md").read_text()
    assert len(codes) > 10
    assert [code for code in codes if f"\n| {code} | " not in page] == []


def test_options_that_pages_name_exist():
    """In pages for people; configuration.md is generated."""
    known = set(re.findall(r"^\| `([\w.]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.M))
    groups = {name.split(".")[0] for name in known if "." in name}
    unknown = []
    for page in "howto", "faq", "errors", "migration", "tutorial":
        text = (ROOT / f"docs/{page}.md").read_text()
        for name in re.findall(r"`((?:%s)\.[a-z_]+)" % "|".join(groups), text):
            if name not in known and not name.endswith("parley.js"):
                unknown.append(f"{page}.md: {name}")
    assert unknown == []
