"""A server under attack: started for one attack, with witnesses beside it."""

import contextlib
import json
import resource
import socket
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "bench"), str(HERE.parent / "integration")]

from client import (  # noqa: E402,F401
    TEXT, Chat, Gone, WebSocket, frame, get, head)
from server import Server  # noqa: E402

NO_MASK = b"\0\0\0\0"  # allowed, and cheap for the attacker
# Readers answer no pings.
ALWAYS = ("--drain-delay", "0s", "--drain-window", "0s",
          "--limits-ping-interval", "1h")


def command(**fields):
    text = json.dumps(fields, separators=(",", ":"))
    return frame(TEXT, text, mask=NO_MASK)


def deflated(data):
    """A compressed text frame."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)
    return frame(TEXT, packed[:-4], rsv=4, mask=NO_MASK)


class Witness:
    def __init__(self, mode, host, port, number, *rooms):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "witness.py"), mode, host, str(port),
             str(number), *rooms],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the witness {mode} did not start")

    def stop(self):
        found, _ = self.process.communicate(timeout=60)
        return json.loads(found)


class Attacker(WebSocket):
    """A connection whose bytes are counted."""

    def __init__(self, bed, target="/ws", source=None, **headers):
        self.bed = bed
        bed.connections += 1
        if source:
            self._from(bed.address, source, target, headers)
        else:
            super().__init__(bed.address, target, **headers)

    def _from(self, address, source, target, headers):
        self.socket = socket.create_connection(address, 20, (source, 0))
        self.unread = b""
        self.send(head(target, **headers))
        self.response = self.read_response()
        assert self.response.status == 101, self.response

    def send(self, data):
        self.bed.sent += len(data)
        super().send(data)

    def wait_for(self, mark, count=1):
        """Reads until the mark has come so many times; parses nothing."""
        end = self.unread
        self.unread = b""
        count -= end.count(mark)
        while count > 0:
            data = self.receive()
            keep = end[-len(mark) + 1:]
            count -= (keep + data).count(mark)
            end = data


class Testbed:
    """Counts what an attack costs, and what it does to the others."""

    def __init__(self, program, seconds):
        self.program = program
        self.seconds = seconds
        self.sent = self.connections = 0
        self.server = None
        self.witnesses = {}
        self.found = {}
        self.stack = contextlib.ExitStack()
        self.growing = None

    def __enter__(self):
        self.stack.__enter__()
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def start(self, *options, files=None):
        self.server = self.stack.enter_context(contextlib.closing(
            Closing(Server(self.program, *ALWAYS, *options, files=files)))).server
        self.address = self.server.address

    @property
    def port(self):
        return self.address[1]

    def watch(self, dial=False):
        """The attack begins."""
        self.sent = self.connections = 0
        self.cpu = cpu_seconds()
        self.witnesses["ping"] = Witness("ping", *self.address, self.server.pid)
        if dial:
            self.witnesses["dial"] = Witness("dial", *self.address,
                                             self.server.pid)
        self.growing = Growth(self.server)

    def readers(self, count, *rooms):
        self.witnesses["readers"] = Witness("readers", *self.address, count,
                                            *rooms)

    def until_over(self):
        """A clock for attacks that go on."""
        end = time.monotonic() + self.seconds
        return lambda: time.monotonic() < end

    def finish(self):
        self.found["rss"] = self.growing.stop()
        self.found["cpu"] = cpu_seconds() - self.cpu
        for name, witness in self.witnesses.items():
            self.found[name] = witness.stop()

    def together(self, work, count):
        """Calls a function in several threads; raises their errors."""
        errors = []

        def one(number):
            try:
                work(number)
            except Exception as error:  # raised below
                errors.append(error)

        threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        if errors:
            raise errors[0]


class Closing:
    """A server that may have been killed or have ended already."""

    def __init__(self, server):
        self.server = server

    def close(self):
        if self.server.process.poll() is None:
            self.server.signal()
            try:
                self.server.wait(10)
            except subprocess.TimeoutExpired:
                self.server.kill()


class Growth:
    """The largest resident size beyond that of the beginning."""

    def __init__(self, server):
        self.server = server
        self.first = self.most = server.memory()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while not self.done.wait(0.1):
            with contextlib.suppress(OSError, TypeError):
                self.most = max(self.most, self.server.memory())

    def stop(self):
        self.done.set()
        self.thread.join()
        return self.most - self.first


def cpu_seconds():
    """The CPU time of this process, which runs the attackers."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
