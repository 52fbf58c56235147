"""The examples run, and the package can be installed."""

import os
import re
import subprocess
import sys
import threading
import zipfile

import pytest

from server import DEADLINE, ROOT

PYTHON = ROOT / "clients/python"

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PYTHON / "src")}


class Example:
    """A running example: sends lines to it, reads what it prints."""

    def __init__(self, name, *args):
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(PYTHON / "examples" / name), *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            text=True,
        )
        # So that reading from it ends.
        self.watchdog = threading.Timer(DEADLINE, self.process.kill)
        self.watchdog.start()

    def type(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def end(self):
        """Closes its input; returns its last output."""
        words, _ = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, words


@pytest.fixture
def example():
    running = []

    def example(*args):
        running.append(Example(*args))
        return running[-1]

    yield example
    for each in running:
        each.watchdog.cancel()
        each.process.kill()
        each.process.communicate()


def test_game_night(both, example):
    night = example("game_night.py", "ws://%s:%d" % both.addresses[1])
    status, words = night.end()
    assert words.splitlines() == [
        "alice received: Who has the dice?",
        "bob received: {'dice': [6, 1]}",
    ]
    assert status == 0


def test_tea_with_a_dice_bot(direct, example):
    bot = example("dice_bot.py", direct, "tea", "den")
    assert {bot.line(), bot.line()} == {"dice for tea", "dice for den"}
    for room in "den", "tea":
        ann = example("tea.py", direct, "ann", room)
        ann.type("hello")
        sent = ann.line()
        assert sent.endswith("ann: hello"), sent
        ann.type("!dice 3")
        assert ann.line().endswith("ann: !dice 3")
        answer = ann.line()
        assert re.fullmatch(r"\d+ dice(#\d+)?: {'dice': \[\d, \d, \d\]}", answer), answer
        assert ann.end() == (0, "")
    assert bot.process.poll() is None


def pip(*args, python=sys.executable):
    return subprocess.run(
        [python, "-m", "pip", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


# Errors of pip without a network, or without build tools.
OFFLINE = re.compile(
    r"Temporary failure|Name or service|No matching distribution|ProxyError"
    r"|Connection|Network is unreachable|No module named pip")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    into = tmp_path_factory.mktemp("wheel")
    # The sources are copied: building leaves files in their folder.
    source = into / "source"
    subprocess.run(
        ["cp", "-r", str(PYTHON), str(source)], check=True)
    built = pip("wheel", "--no-deps", "--wheel-dir", str(into), str(source))
    if built.returncode and OFFLINE.search(built.stdout):
        pytest.skip("cannot build a wheel: pip wants the network")
    assert built.returncode == 0, built.stdout
    (wheel,) = into.glob("*.whl")
    return wheel


def test_the_wheel_holds_the_package_and_its_types(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    sources = (PYTHON / "src").rglob("*.py")
    for source in sources:
        assert str(source.relative_to(PYTHON / "src")) in names
    assert "parley_client/py.typed" in names


def test_the_wheel_works_where_only_its_dependency_is(wheel, tmp_path, both):
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(tmp_path / "venv")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if "ensurepip is not" in made.stdout:
        pytest.skip("cannot make an environment: no python3-venv")
    assert made.returncode == 0, made.stdout
    python = str(tmp_path / "venv/bin/python")
    installed = pip("install", "--quiet", str(wheel), python=python)
    if installed.returncode and OFFLINE.search(installed.stdout):
        pytest.skip("cannot install websockets: no network")
    assert installed.returncode == 0, installed.stdout
    night = subprocess.run(
        [python, str(PYTHON / "examples/game_night.py"),
         "ws://%s:%d" % both.addresses[1]],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=DEADLINE, cwd=tmp_path)
    assert night.returncode == 0, night.stdout


def test_the_version_is_that_of_the_server():
    with open(ROOT / "Makefile") as makefile:
        (version,) = re.findall(r"^VERSION\s*[:?]?=\s*(\S+)", makefile.read(), re.M)
    assert f'version = "{version}"' in (PYTHON / "pyproject.toml").read_text()
