"""Several threads send what is published to many (`workers`)."""

import contextlib
import os
import random
import subprocess
import threading
import time
from pathlib import Path

import pytest

import exposition
from client import get
from server import eventually

PARLEY_BENCH = os.environ.get(
    "PARLEY_BENCH", str(Path(__file__).parents[2] / "build/parley-bench"))
NO_LIMITS = ("--limits-messages", "0", "--limits-bytes", "0",
             "--limits-accept-rate", "0", "--limits-fanout", "0")


def threads(server):
    return [int(name) for name in os.listdir(f"/proc/{server.pid}/task")]


def generator(server, case, members, seconds):
    """Every message is checked at every receiver."""
    return [PARLEY_BENCH, "--pid", str(server.pid), "--seconds", str(seconds),
            "--members", str(members), case,
            f"127.0.0.1:{server.address[1]}"]


def generate(server, case, members, seconds=0.5):
    done = subprocess.run(generator(server, case, members, seconds),
                          capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def metrics(server):
    return exposition.read(get(server.address, "/metrics").body.decode())


def helpers(server):
    """The threads beside that of the loop."""
    return [thread for thread in threads(server) if
            Path(f"/proc/{server.pid}/task/{thread}/comm").read_text()
            == "worker\n"]


def has_sanitizer(server):
    program = Path(f"/proc/{server.pid}/exe").read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


def talk(server, members):
    """Posts messages in one room of so many members."""
    generate(server, "one-1000", members, 0.1)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_has_so_many_threads(start, workers):
    server = start(*NO_LIMITS, "--workers", str(workers))
    talk(server, 600)
    eventually(lambda: len(helpers(server)) == workers - 1)


def test_has_a_thread_for_each_processor(start):
    server = start(*NO_LIMITS, "--workers", "0")
    processors = len(os.sched_getaffinity(0))
    talk(server, max(600, 64 * processors))
    eventually(lambda: len(helpers(server)) == processors - 1)


def test_small_rooms_need_no_threads(start):
    server = start(*NO_LIMITS, "--workers", "4")
    if has_sanitizer(server):
        pytest.skip("a build with sanitizers divides every send")
    talk(server, 100)
    assert len(threads(server)) == 1


@pytest.mark.parametrize("case, members", [
    ("one-1000", 600), ("flight-1000", 500), ("speakers", 500),
    ("mixed", 500), ("stalled", 500), ("rooms", 10), ("acks-1000", 500)])
def test_no_message_is_lost_doubled_or_reordered(start, case, members):
    server = start(*NO_LIMITS, "--workers", "4")
    generate(server, case, members)
    server.stop()


@pytest.mark.parametrize("workers", [1, 3])
def test_writes_and_times_are_counted_by_worker(start, workers):
    server = start(*NO_LIMITS, "--workers", str(workers))
    generate(server, "flight-1000", 500)
    families = metrics(server)
    if workers == 1:
        assert not [name for name in families if "worker" in name]
        return
    writes, busy, wait = (
        [families[f"parley_worker_{name}_total"].value(worker=str(i))
         for i in range(workers)]
        for name in ("writes", "busy_seconds", "wait_seconds"))
    assert 0 < sum(writes) <= families["parley_socket_writes_total"].value()
    assert sum(busy) > 0
    # Each is busy, or waits, for as long as a batch takes.
    took = [busy[i] + wait[i] for i in range(workers)]
    assert max(took) - min(took) < 1e-4
    server.stop()


class Scheduler(threading.Thread):
    """Moves the threads of a server between processors, and starves its helper threads,
    until the server ends."""

    def __init__(self, server, seed):
        super().__init__()
        self.server = server
        self.random = random.Random(seed)
        self.ends = threading.Event()

    def disturb(self):
        processors = sorted(os.sched_getaffinity(0))
        for thread in threads(self.server):
            os.sched_setaffinity(thread, {self.random.choice(processors)})
        for thread in helpers(self.server):
            policy = self.random.choice([os.SCHED_OTHER, os.SCHED_IDLE])
            os.sched_setscheduler(thread, policy, os.sched_param(0))

    def run(self):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            while not self.ends.wait(self.random.random() / 50):
                self.disturb()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.join()


def counted(server, what):
    return int(metrics(server)[f"parley_{what}_total"].value())


def drain_under_load(server, case, members):
    """No message is missing before the connections are closed."""
    eventually(lambda: metrics(server)["parley_connections"].value() == 0)
    before = counted(server, "messages")
    with subprocess.Popen(generator(server, case, members, 60),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as load:
        eventually(lambda: counted(server, "messages") > before)
        server.stop()
        why = load.communicate(timeout=120)[1]
    assert "was closed" in why or "is gone" in why


@pytest.mark.parametrize("case, members", [
    ("one-1000", 500), ("flight-1000", 500), ("speakers", 500), ("mixed", 500)])
def test_any_schedule_of_the_threads_will_do(start, seconds_of_load, case,
                                             members):
    end = time.monotonic() + seconds_of_load
    rounds = deliveries = 0
    while rounds == 0 or time.monotonic() < end:
        seed = random.randrange(1 << 32)
        server = start(*NO_LIMITS, "--workers", "4")
        with Scheduler(server, seed):
            print(f"seed {seed}")
            generate(server, case, members)
            deliveries += counted(server, "deliveries")
            drain_under_load(server, case, members)
        rounds += 1
    print(f"{case}: {rounds} servers, as many drains, {deliveries} deliveries")
