"""Servers on loopback, each for the length of one run, each on its core."""

import os
import platform
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional


class Failed(Exception):
    """A run that does not count, and why."""


class Site(NamedTuple):
    """The arguments of a case that has clients of its own."""

    # Starts the server again, on the same store. Arguments: more environment, and
    # the Unix sockets to wait for.
    start: Callable
    seconds: float
    generator: Path
    faulty_disk: Path  # library to preload, see tests/preload
    directory: str  # of the store
    core: Optional[int]  # for the generator


def conditions(rounds, calm):
    """Where and how figures were taken; calm: the load before."""
    return (f"{time.strftime('%Y-%m-%d', time.gmtime())}, Linux "
            f"{platform.release().split('-')[0]} on {os.cpu_count()} cores, "
            f"{rounds} round{'s' if rounds != 1 else ''}, load {calm:.2f} "
            "before.\n\n")


def pick_cores():
    """One core for the server, one for the generator; None: do not pin."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[-1]) if len(cores) > 1 else (None, None)


def pinned(core):
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connects(address):
    """A TCP port of loopback, or the path of a Unix socket."""
    family, address = ((socket.AF_INET, ("127.0.0.1", address))
                       if isinstance(address, int)
                       else (socket.AF_UNIX, str(address)))
    with socket.socket(family) as probe:
        probe.settimeout(1)
        return probe.connect_ex(address) == 0


class Server:
    """A server for the length of one run. It opens its listeners one after
    the other: paths are the Unix sockets that a run needs beside the port."""

    def __init__(self, command, core, log, port, environment=None,
                 patience_s=60, paths=()):
        self.log = log
        self.port = port
        self.listeners = [port, *paths]
        self.patience_s = patience_s
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=environment, preexec_fn=pinned(core))

    def __enter__(self):
        deadline = time.monotonic() + self.patience_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if all(connects(each) for each in self.listeners):
                return self
            time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        raise Failed(f"the server does not listen, see {self.log}")

    def __exit__(self, kind, error, trace):
        """A second signal ends a drain; the limit program needs but one."""
        for _ in range(2):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                time.sleep(0.05)
        try:
            status = self.process.wait(self.patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"the server does not stop, see {self.log}") from None
        if status not in (0, -signal.SIGTERM):
            raise Failed(f"the server ended with {status}, see {self.log}")


class OtherServer(Server):
    """Another server; its exit status is not checked."""

    def __exit__(self, kind, error, trace):
        self.process.kill()
        self.process.wait()
