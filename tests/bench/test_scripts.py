"""Tests of the cases that have clients of their own."""

import sys

import pytest

import expiry
import script
import stall
from servers import Server, connects, free_port

# Opens its second listener when the first one has accepted a connection.
TWO_LISTENERS = """
import signal, socket, sys
first = socket.create_server(("127.0.0.1", int(sys.argv[1])))
first.accept()
second = socket.create_server(sys.argv[2], family=socket.AF_UNIX)
signal.pause()
"""


@pytest.mark.parametrize("unknown", ["", "--limits-fanout"])
def test_lifts_the_limits_that_the_program_has(tmp_path, unknown):
    known = [flag for flag in script.NO_LIMITS[::2] if flag != unknown]
    program = tmp_path / "parleyd"
    program.write_text(f"#!/bin/sh\necho '{' RATE '.join(known)}'\n")
    program.chmod(0o700)
    limits = script.no_limits(program)
    assert limits[::2] == known
    assert limits[1::2] == list(script.NO_LIMITS[1:2 * len(known):2])


def test_a_server_is_awaited_on_all_its_listeners(tmp_path):
    port, path = free_port(), str(tmp_path / "second")
    with Server([sys.executable, "-c", TWO_LISTENERS, str(port), path], None,
                tmp_path / "log", port, paths=[path]):
        assert connects(path)


def test_lifetimes_are_spread_from_the_shortest_to_the_longest():
    assert expiry.lifetimes(5) == [1000, 1250, 1500, 1750, 2000]
    assert all(ms >= 1000 for ms in expiry.lifetimes(expiry.ROOMS))


class Held:
    """A memory in which there is less at each look."""

    def __init__(self, *held):
        self.to_come = list(held)
        self.held = self.resident = 0

    def look(self):
        self.held = self.resident = self.to_come.pop(0)
        return self


def test_waits_until_it_is_given_back(monkeypatch):
    monkeypatch.setattr(expiry.time, "sleep", lambda _: None)
    memory = Held(9, 5, 4, 3)
    assert expiry.wait_for(memory, 4) < expiry.PATIENCE_S
    assert memory.to_come == [3]


def test_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(expiry, "PATIENCE_S", -expiry.LONGEST_MS / 1000)
    memory = Held(9, 9)
    expiry.wait_for(memory, 4)
    assert memory.to_come == [9]


def test_a_peak_is_the_most_of_each():
    peak, now = expiry.Memory(None), expiry.Memory(None)
    for now.held, now.resident in [(1, 9), (5, 2), (3, 3)]:
        peak.raise_to(now)
    assert (peak.held, peak.resident) == (5, 9)


LAG = {"bounds": [10, 20, 50], "counts": [98, 1, 1, 0]}


@pytest.mark.parametrize("part, bound", [
    (0.5, 10), (0.98, 10), (0.99, 20), (1, 50)])
def test_reads_a_quantile_from_counts(part, bound):
    assert stall.quantile_bound(LAG, part) == bound


def test_what_is_beyond_all_bounds_is_not_below_the_first():
    assert stall.quantile_bound({"bounds": [10, 20], "counts": [0, 0, 4]},
                                0.5) == 20


def test_lag_figures_are_optional():
    assert stall.lag_figures({"uptime_ms": 1}) == {}
    assert stall.lag_figures({"loop_lag_us": LAG}) == {
        "lag_p99_ms": 0.02, "lag_max_ms": 0.05}


def test_lists_removed_files(tmp_path):
    watch = stall.Watch(tmp_path)
    for name in ("seg-1.log", "seg-2.log", "next.tmp", "snap-2.snap.tmp",
                 "snap-2.snap"):
        (tmp_path / name).touch()
        watch.look()
        (tmp_path / name).unlink()
    assert watch.count("seg-", ".log") == 2
    assert watch.count("snap-", ".snap") == 1
