"""The help, the manual and the completions of parley agree."""

import re

import pytest

from terminal import ROOT
from test_pipes import run

PLACES = {
    "share/man/parley.1": r"\-\-{}",
    "share/bash-completion/parley": "--{}",
    "share/zsh/_parley": "--{}[",
    "share/fish/parley.fish": " -l {} ",
}


@pytest.mark.parametrize("place", PLACES)
def test_every_option_is_documented(place):
    options = set(re.findall(r"--([a-z]+)", run("--help").stdout)) - {"version"}
    assert len(options) >= 10
    text = (ROOT / place).read_text()
    assert [o for o in sorted(options) if PLACES[place].format(o) not in text] == []


def test_every_status_is_documented():
    notified = re.findall(r"^\| (\d+) \|", (ROOT / "docs/terminal.md").read_text(), re.M)
    page = (ROOT / "share/man/parley.1").read_text()
    assert notified == re.findall(r"^\.B (\d+)$", page, re.M)
