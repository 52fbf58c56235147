"""The transfers beside which a chat is measured are real ones."""

import os
import threading
from pathlib import Path

import pytest

import transfers
from servers import Failed, Server, free_port

ROOT = Path(__file__).resolve().parents[2]
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
        done = transfers.transfer(server.port, 0.5, 0)
        assert done["files"] > 4
        assert done["moved_mib"] > 4 * 0.09
        stats = transfers.get_files(server.port)
        assert stats["completed"] > 1 and stats["sent_bytes"] >= 100_000
        assert stats["count"] < 5  # they were removed


def test_a_line_is_not_exceeded(start):
    with start() as server:
        done = transfers.transfer(server.port, 0.5, 1)
        # One piece more may be under way for each.
        assert 0.1 < done["moved_mib"] < 0.5 + 4 * 0.25


def test_a_refused_transfer_fails_the_run(start):
    with start("--files-size", "1KiB") as server, pytest.raises(Failed):
        transfers.transfer(server.port, 0.5, 0)


def test_a_peak_is_looked_for_until_the_end():
    with transfers.Peak(os.getpid()) as peak:
        threading.Event().wait(0.2)
    assert peak.most > 1 << 20


def test_spinners_take_the_shares_that_they_are_given():
    with transfers.Spinners([(0, 0.2), (0, 0.001)]) as spinners:
        one, = spinners.processes
        cpu = transfers.Cpu(one.pid)
        while cpu.threads[0].look()[0] - cpu.before[0] < 0.05:
            assert one.poll() is None
            threading.Event().wait(0.02)
        assert 0 < cpu.shares()[0] < 1
    assert one.poll() is not None
