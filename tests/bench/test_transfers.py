"""The file transfers that run during a measurement."""

import os
import threading
from pathlib import Path

import pytest

import transfers
from servers import Failed, Server, Site, free_port, pick_cores

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = os.environ.get("PARLEY_BENCH", str(ROOT / "build/parley-bench"))
QUOTAS = ("--files-quota-user", "0", "--files-quota", "0")
PARLEYD = os.environ.get("PARLEYD", str(ROOT / "build/parleyd"))


@pytest.fixture
def start(tmp_path, monkeypatch):
    monkeypatch.setattr(transfers, "CONNECTIONS", 4)
    monkeypatch.setattr(transfers, "FILE_BYTES", 100_000)

    def start(*flags):
        port = free_port()
        return Server([PARLEYD, "--listen", f"127.0.0.1:{port}", *flags], None,
                      tmp_path / "log", port)

    return start


def test_files_are_uploaded_and_downloaded_again_and_again(start):
    with start() as server:
        done = transfers.transfer(server.port, 2, 0)
        assert done["files"] > 4
        assert done["moved_mib"] > 4 * 0.09
        stats = transfers.get_files(server.port)
        assert stats["completed"] > 1 and stats["sent_bytes"] >= 100_000
        assert stats["count"] < 5  # they were removed


def test_a_line_is_not_exceeded(start):
    with start() as server:
        done = transfers.transfer(server.port, 2, 1)
        # One piece more may be under way for each.
        assert 0.1 < done["moved_mib"] < 2 + 4 * 0.25


def test_a_refused_transfer_fails_the_run(start):
    with start("--files-size", "1KiB") as server, pytest.raises(Failed):
        transfers.transfer(server.port, 0.5, 0)


def test_a_peak_is_looked_for_until_the_end():
    with transfers.Peak(os.getpid()) as peak:
        threading.Event().wait(0.2)
    assert peak.most > 1 << 20


@pytest.mark.parametrize("may_go_first", [True, False])
def test_a_chat_is_measured_beside_transfers(start, tmp_path, monkeypatch, may_go_first):
    def refuse(*_):
        raise PermissionError

    if not may_go_first:
        monkeypatch.setattr(os, "sched_setscheduler", refuse)
    site = Site(lambda: start("--files-dir", str(tmp_path / "files"), *QUOTAS),
                0.5, GENERATOR, None, str(tmp_path), pick_cores()[1])
    done = transfers.measure_transfers(site)
    assert may_go_first or not done["goes_first"]
    assert done["p99_full_ratio"] == done["p99_full_us"] / done["p99_alone_us"]
    assert 0 < done["p50_alone_us"] <= done["p99_alone_us"]
    assert done["line_mib"] > 0 and done["full_mib"] > 0
