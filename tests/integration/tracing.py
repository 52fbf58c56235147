"""The trace of a server, for tests that check it."""

import json
import os
import select
import subprocess

from api import KEY, Backend
from server import DEADLINE, ENVIRONMENT, PARLEYD, eventually

SECRET = "a text that is not for operators"


class Trace:
    """The lines of `parleyd ctl trace`, from when the server knows of it."""

    def __init__(self, server, *arguments):
        backend = Backend(server.address)
        before = backend.get("/v1/info")["connections"]
        self.process = subprocess.Popen(
            [PARLEYD, "ctl", "--url", "http://%s:%d" % server.address, "--key", KEY, "trace",
             *map(str, arguments)], env=ENVIRONMENT, stdout=subprocess.PIPE)
        # The answer counts as a connection once it has begun.
        eventually(lambda: backend.get("/v1/info")["connections"] != before)
        backend.close()
        self.seen = []
        self.unread = b""

    def line(self):
        """The next line; b"" at the end."""
        while b"\n" not in self.unread:
            assert select.select([self.process.stdout], [], [], DEADLINE)[0], self.seen
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return b""
            self.unread += data
        line, self.unread = self.unread.split(b"\n", 1)
        return line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=DEADLINE)

    def wait_for(self, event, **fields):
        """The next entry like this; others before it are kept in `seen`."""
        wanted = {"event": event, **fields}
        while line := self.line().decode():
            assert SECRET not in line
            entry = json.loads(line)
            self.seen.append(entry)
            if {name: entry.get(name) for name in wanted} == wanted:
                return entry
        raise AssertionError(self.seen)

    def is_paused(self, why):
        """Whether a connection of what has been seen was not read for this reason."""
        return any((e["event"], e.get("why")) == ("paused", why) for e in self.seen)


def opened(server, nth, dialect="command"):
    """The number of a connection, as the log has it."""
    return int(server.wait_for_line(rf"connection opened: {dialect} connection=(\d+)", nth)[1])
