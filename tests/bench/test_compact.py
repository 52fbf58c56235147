"""When a compaction begins and ends, and what else is measured meanwhile."""

import os
import subprocess

import pytest

from compact import Compaction, Memory, acks_within
from servers import Failed

MIB = 1024 * 1024


class Compactor:
    """A thread that has run for so many seconds."""

    ran = 1.0

    def look(self):
        return self.ran, 0


def write(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


def test_sees_a_compaction_from_its_first_work_to_the_end_of_the_old_files(
        tmp_path):
    thread = Compactor()
    for number in range(4):
        write(tmp_path / f"seg-{number}.log", MIB)
    compaction = Compaction(str(tmp_path), thread)
    compaction.look()
    assert compaction.began is None
    thread.ran += 0.1
    compaction.look()
    assert compaction.began is not None
    assert compaction.journal == 4 * MIB
    write(tmp_path / "snap-3.snap.tmp", MIB)
    compaction.look()
    assert compaction.ended is None
    os.rename(tmp_path / "snap-3.snap.tmp", tmp_path / "snap-3.snap")
    compaction.look()
    assert compaction.ended is None  # the old files are still there
    for number in range(3):
        os.remove(tmp_path / f"seg-{number}.log")
    compaction.look()
    assert compaction.ended >= compaction.began
    assert compaction.cpu_s() == pytest.approx(0.1)


def test_counts_the_acks_that_came_meanwhile():
    acks = [(at, at / 1000) for at in range(100)]
    found = acks_within(acks, 10, 20, "before_")
    assert found["before_ack_max_ms"] == pytest.approx(19)
    assert found["before_ack_p99_ms"] == pytest.approx(19)
    with pytest.raises(Failed):
        acks_within(acks, 200, 300, "")


def test_reports_the_peak_memory_since_a_reset():
    program = ("x = bytearray(64 << 20); del x; print(1, flush=True); input();"
               "x = bytearray(16 << 20); del x; print(2, flush=True); input()")
    with subprocess.Popen(["python3", "-c", program], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        memory = Memory(process.pid)
        assert memory.most() - memory.now() > 32 * MIB
        memory.reset()
        assert memory.most() - memory.now() < 8 * MIB
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
        assert 8 * MIB < memory.most() - memory.now() < 32 * MIB
        process.stdin.write("\n")
        process.stdin.flush()
