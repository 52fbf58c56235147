"""Clients that Python is fast enough for, and what a server spends.

They are plain sockets that send frames made beforehand (masked with zeros,
which is allowed and leaves them readable): one of them fills a store with a
million messages.
"""

import json
import socket
import struct
import time
import urllib.request

from servers import Failed

BODY = "." * 128
ERROR = b'"event":"error"'
LONGEST_MARK = 64


class Client:
    """One connection; counts occurrences of a mark, parses nothing."""

    def __init__(self, connected):
        self.socket = connected
        self.end = b""  # of what was read: a mark may come in two parts

    def upgrade(self, path="/ws", mark=b'"event":"me"'):
        """Requests a WebSocket and reads until the mark comes."""
        self.socket.sendall(
            b"GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" %
            path.encode())
        self.await_(mark, 1)

    def await_(self, mark, count):
        """Reads until the mark has come so many times."""
        while count > 0:
            count -= self.read(mark)
        self.end = b""  # what has been counted is not counted again

    def read(self, mark):
        """Reads once; how often the mark came."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise Failed("the server closed the connection")
        if ERROR in self.end[-len(ERROR) + 1:] + data:
            raise Failed(f"the server answered {(self.end + data)[-300:]}")
        count = (self.end[-len(mark) + 1:] + data).count(mark)
        self.end = (self.end + data)[-LONGEST_MARK:]
        return count

    def ask(self, mark, *commands):
        self.socket.sendall(b"".join(frame(each) for each in commands))
        self.await_(mark, len(commands))

    def close(self):
        self.socket.close()


def frame(command):
    return text_frame(json.dumps(command, separators=(",", ":")))


def text_frame(text):
    text = text.encode()
    size = len(text)
    head = (struct.pack("!BB", 0x81, 0x80 | size) if size < 126
            else struct.pack("!BBH", 0x81, 0x80 | 126, size))
    return head + b"\0\0\0\0" + text


def dial(port):
    connected = socket.create_connection(("127.0.0.1", port), 10)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client = Client(connected)
    client.upgrade()
    return client


def get(port, path):
    """The answer to plain HTTP, as text."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}",
                                timeout=10) as answer:
        return answer.read().decode()


def cpu_seconds(pid):
    """User and system time of all threads, from the process's clock."""
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        for line in rollup:
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no Rss")
