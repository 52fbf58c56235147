"""Two builds take turns; each ratio is that of the second to the first."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import paired
import turns

ROOT = Path(__file__).resolve().parents[2]
PARLEYD = os.environ.get("PARLEYD", str(ROOT / "build/parleyd"))
PARLEY_BENCH = os.environ.get("PARLEY_BENCH", str(ROOT / "build/parley-bench"))


@pytest.fixture(name="build")
def a_build(tmp_path):
    build = tmp_path / "build"
    build.mkdir()
    (build / "parleyd").symlink_to(Path(PARLEYD).resolve())
    (build / "parley-bench").symlink_to(Path(PARLEY_BENCH).resolve())
    return build


def compare(build, against, *options):
    return subprocess.run(
        [sys.executable, paired.__file__, "--build", build, "--against",
         against, "--out", build.parent / "out", *options],
        capture_output=True, text=True, timeout=120)


class Load:
    """One that has so many slices."""

    def __init__(self, name, slices, order):
        self.name, self.slices, self.order = name, slices, order

    def run_slice(self):
        self.order.append(self.name)
        self.slices -= 1
        return self.slices > 0


def test_each_is_the_first_as_often_as_the_last():
    order = []
    turns.take_turns([Load("a", 4, order), Load("b", 5, order)])
    assert "".join(order) == "abbaabbab"


def test_compares_two_builds(build):
    done = compare(build, build, "--quick", "--seconds", "0.4", "--case",
                   "one-10", "--case", "churn", "--case", "acks-1")
    assert done.stderr == ""
    assert done.returncode == 0
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["one-10", "deliveries/CPU-s"], ["one-10", "deliveries/s"],
        ["churn", "connections/CPU-s"],
        ["acks-1", "deliveries/CPU-s"], ["acks-1", "deliveries/s"]]
    pairs = json.loads((build.parent / "out/paired.json").read_text())
    assert all(figures["cpu_s"] > 0
               for (pair,) in pairs.values() for figures in pair)


def test_shows_medians_and_ratios_of_rounds():
    runs = [({"connections_per_cpu_s": before}, {"connections_per_cpu_s": after})
            for before, after in ((100, 90), (100, 120), (200, 200))]
    assert paired.table({"churn": runs})[1] == (
        "churn", "connections/CPU-s", "100.0", "120.0", "1.000", "0.900",
        "1.200")


def test_a_wrong_answer_ends_the_comparison(build):
    (build / "parley-bench").unlink()
    (build / "parley-bench").write_text("#!/bin/sh\necho lost >&2; exit 1\n")
    (build / "parley-bench").chmod(0o700)
    done = compare(build, build, "--case", "one-10")
    assert done.stderr == "FAILED lost\n"
    assert done.returncode == 1


def test_needs_both_builds(build):
    done = compare(build, build.parent)
    assert done.returncode == 2
    assert f"missing: {build.parent}/parleyd" in done.stderr
