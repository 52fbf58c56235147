"""A real redis-server, in a directory of its own."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from server import DEADLINE


class Redis:
    """On a Unix socket; `options` as on its command line, or `config`, the text
    of a file. Ends with the test."""

    def __init__(self, *options, config=None):
        self.options = ("--port", "0", "--save", "", *options)
        self.directory = Path(tempfile.mkdtemp(prefix="parley-redis-"))
        if config is not None:
            path = self.directory / "config"
            path.write_text(config)
            self.options = (path, *options)
        self.path = self.directory / "s"
        self.url = f"unix:{self.path}"
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", *self.options, "--unixsocket", self.path,
             "--dir", self.directory, "--logfile", "log"],
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + DEADLINE
        while not self.answers():
            assert self.process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < deadline, "redis-server does not start"
            time.sleep(0.005)

    def answers(self):
        """Whether it answers; not while it loads its data from disk."""
        try:
            return self.ask("PING") == "PONG"
        except (OSError, ValueError) as error:
            return str(error).startswith("NOAUTH")

    def ask(self, *words, password=None):
        """Sends one command; returns its answer as text, an array as a list."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE)
            connection.connect(str(self.path))
            with connection.makefile("rb") as answer:
                if password:
                    connection.sendall(_command("AUTH", password))
                    _read(answer)
                connection.sendall(_command(*words))
                return _read(answer)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.signal(signal.SIGCONT)
        self.kill()
        shutil.rmtree(self.directory)


def _command(*words):
    words = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _read(answer):
    line = answer.readline()[:-2].decode()
    kind, text = line[:1], line[1:]
    if kind == "$":
        return None if text == "-1" else answer.read(int(text) + 2)[:-2].decode(
            errors="replace")
    if kind == "*":
        return [_read(answer) for _ in range(int(text))]
    if kind == "-":
        raise ValueError(text)
    return text
