"""Several threads send what is published to many (`workers`)."""

import os
import random
import subprocess
import threading
from pathlib import Path

import pytest

from server import eventually

PARLEY_BENCH = os.environ.get(
    "PARLEY_BENCH", str(Path(__file__).parents[2] / "build/parley-bench"))
NO_LIMITS = ("--limits-messages", "0", "--limits-bytes", "0",
             "--limits-accept-rate", "0", "--limits-fanout", "0")


def threads(server):
    return [int(name) for name in os.listdir(f"/proc/{server.pid}/task")]


def generate(server, case, members, seconds="0.5"):
    """Every message is checked at every receiver."""
    return subprocess.run(
        [PARLEY_BENCH, "--pid", str(server.pid), "--seconds", seconds,
         "--members", str(members), case, f"127.0.0.1:{server.address[1]}"],
        capture_output=True, text=True, timeout=120)


def helpers(server):
    """The threads beside that of the loop."""
    return [thread for thread in threads(server) if
            Path(f"/proc/{server.pid}/task/{thread}/comm").read_text()
            == "worker\n"]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_has_so_many_threads(start, workers):
    server = start("--workers", str(workers))
    eventually(lambda: len(helpers(server)) == workers - 1)


def test_has_a_thread_for_each_processor(start):
    server = start()
    eventually(lambda: len(helpers(server))
               == len(os.sched_getaffinity(0)) - 1)


@pytest.mark.parametrize("case, members", [
    ("one-1000", 600), ("flight-1000", 500), ("speakers", 500),
    ("mixed", 500), ("stalled", 500), ("rooms", 10)])
def test_no_message_is_lost_doubled_or_reordered(start, case, members):
    server = start(*NO_LIMITS, "--workers", "4")
    done = generate(server, case, members)
    assert (done.returncode, done.stderr) == (0, "")
    server.stop()


class Scheduler(threading.Thread):
    """Moves the threads of a server between processors, and starves those that
    help its loop."""

    def __init__(self, server, seed):
        super().__init__()
        self.server = server
        self.random = random.Random(seed)
        self.ends = threading.Event()

    def disturb(self):
        processors = sorted(os.sched_getaffinity(0))
        for thread in threads(self.server):
            os.sched_setaffinity(thread, {self.random.choice(processors)})
        self.set_policy(self.random.choice(helpers(self.server)),
                        self.random.choice([os.SCHED_OTHER, os.SCHED_IDLE]))

    @staticmethod
    def set_policy(thread, policy):
        os.sched_setscheduler(thread, policy, os.sched_param(0))

    def run(self):
        while not self.ends.wait(self.random.random() / 50):
            self.disturb()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.join()
        for thread in threads(self.server):
            os.sched_setaffinity(thread, os.sched_getaffinity(0))
            self.set_policy(thread, os.SCHED_OTHER)


@pytest.mark.parametrize("case, members", [
    ("one-1000", 500), ("flight-1000", 500), ("speakers", 500)])
def test_any_schedule_of_the_threads_will_do(start, seconds_of_load, case,
                                             members):
    seed = random.randrange(1 << 32)
    server = start(*NO_LIMITS, "--workers", "4")
    with Scheduler(server, seed):
        done = generate(server, case, members, str(seconds_of_load))
    assert (done.returncode, done.stderr) == (0, ""), f"seed {seed}"
    server.stop()
