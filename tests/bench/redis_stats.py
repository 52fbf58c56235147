"""A redis-server for the length of a run, and what it has carried out."""

import re
import shutil
import socket
import subprocess
import time

from clients import cpu_seconds
from others import await_port
from servers import free_port, pinned


def is_installed():
    return shutil.which("redis-server") is not None


class Redis:
    """In memory, on a port of its own."""

    def __init__(self, core, directory):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--dir", directory,
             "--save", ""],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            preexec_fn=pinned(core))

    def __enter__(self):
        await_port(self.port)
        return self

    def __exit__(self, kind, error, trace):
        self.process.terminate()
        self.process.wait(10)

    def calls(self):
        """How often each command was carried out, those of scripts as well."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connected:
            connected.sendall(b"INFO commandstats\r\n")
            with connected.makefile("rb") as answer:
                size = int(answer.readline()[1:])
                return calls_of(answer.read(size).decode())

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)


def calls_of(info):
    return {name: int(calls) for name, calls in
            re.findall(r"^cmdstat_([^:]+):calls=(\d+)", info, re.MULTILINE)}


class Interval:
    """The commands and CPU time of a redis-server from now on."""

    def __init__(self, redis):
        self.redis = redis
        self.before = redis.calls()
        self.cpu_before = redis.cpu_seconds()
        self.since = time.monotonic()

    def end(self):
        """Calls by command, seconds of CPU time and of the clock."""
        cpu_s = self.redis.cpu_seconds() - self.cpu_before
        seconds = time.monotonic() - self.since
        after = self.redis.calls()
        return ({name: calls - self.before.get(name, 0)
                 for name, calls in after.items()}, cpu_s, seconds)
