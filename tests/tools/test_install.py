"""The files that `make install` installs, and the links between pages."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    dest = tmp_path_factory.mktemp("dest")
    # Flags of a make above are not for this one.
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "BUILD")}
    run = subprocess.run(["make", "-s", "install", f"DESTDIR={dest}", "PREFIX=/usr"], cwd=ROOT,
                         env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return dest / "usr"


def version():
    return re.search(r"^VERSION := (\S+)", (ROOT / "Makefile").read_text(), re.M)[1]


def anchors(page):
    """The anchors of headings, in the form of GitHub."""
    for title in re.findall(r"^#+ (.*)", page.read_text(), re.M):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def broken_links(root, pages):
    for page in pages:
        text = re.sub(r"^(    |```).*", "", page.read_text(), flags=re.M)
        for link in LINK.findall(text):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if "://" in link or link.startswith("mailto:"):
                continue
            if not target.exists() or anchor and anchor not in anchors(target):
                yield f"{page.relative_to(root)}: {link}"


def test_links_of_the_tree():
    pages = [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), ROOT / "clients/python/README.md"]
    assert list(broken_links(ROOT, pages)) == []


def test_links_of_installed_pages(installed):
    doc = installed / "share/doc/parley"
    pages = list(doc.rglob("*.md"))
    assert len(pages) > 10
    assert list(broken_links(doc, pages)) == []


@pytest.mark.parametrize("page", ["man1/parley.1", "man5/parley.conf.5",
                                  "man7/parley-protocol.7", "man8/parleyd.8"])
def test_manual_pages_are_well_formed(installed, page):
    path = installed / "share/man" / page
    assert f'"parley {version()}"' in path.read_text().splitlines()[0]
    assert not re.search(r"@[A-Z]+@", path.read_text())
    if shutil.which("man"):
        shown = subprocess.run(["man", "--warnings", "-l", str(path)], capture_output=True,
                               text=True, env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
                               check=True)
        assert shown.stderr == ""


def test_the_manual_page_has_every_option(installed):
    shown = (installed / "share/man/man8/parleyd.8").read_text()
    listed = subprocess.run([installed / "bin/parleyd", "--help"], capture_output=True,
                            text=True, check=True).stdout
    options = re.findall(r"^  (--[a-z-]+) \S", listed, re.M)
    assert len(options) > 50
    assert [o for o in options if f'.B "{o} ' not in shown and o != "--config"] == []


def test_the_unit_names_what_is_installed(installed):
    unit = (installed / "lib/systemd/system/parleyd.service").read_text()
    assert "ExecStart=/usr/bin/parleyd\n" in unit
    (page,) = re.findall(r"file:/usr/(\S+)", unit)
    assert (installed / page).exists()


def test_examples_name_this_version():
    stale = []
    for page in [*ROOT.glob("docs/*.md"), ROOT / "README.md"]:
        for found in re.findall(r"parley/(\d+\.\d+\.\d+)", page.read_text()):
            if found != version():
                stale.append(f"{page.name}: {found}, run make docs")
    assert stale == []
