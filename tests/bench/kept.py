"""What is kept: how fast it is there again, and how fast it is read.

Clients here are plain sockets that send frames made beforehand (masked with
zeros, which is allowed and leaves them readable), since Python has to be fast
enough to fill a store with a million messages.
"""

import json
import socket
import struct
import time

BODY = "." * 128
AT_ONCE = 500  # messages in flight: the answers must fit the socket buffers


def cpu_seconds(pid):
    """User and system time of all threads, from the process's clock."""
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        for line in rollup:
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no Rss")


class Client:
    """One connection; counts what it is waiting for, parses nothing."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        self.await_(b'"event":"me"', 1)

    def await_(self, mark, count):
        """Reads until the mark has come so many times."""
        rest = b""
        while count > 0:
            data = self.socket.recv(1 << 20)
            if not data:
                raise RuntimeError("the server closed the connection")
            if b'"event":"error"' in data:
                raise RuntimeError(data)
            seen = rest + data
            count -= seen.count(mark)
            rest = seen[-len(mark) + 1:]

    def ask(self, mark, *commands):
        self.socket.sendall(b"".join(frame(each) for each in commands))
        self.await_(mark, len(commands))

    def close(self):
        self.socket.close()


def frame(command):
    text = json.dumps(command, separators=(",", ":")).encode()
    size = len(text)
    head = (struct.pack("!BB", 0x81, 0x80 | size) if size < 126
            else struct.pack("!BBH", 0x81, 0x80 | 126, size))
    return head + b"\0\0\0\0" + text


def fill(port, rooms, messages):
    """So many messages in each of so many rooms, all of them acknowledged."""
    client = Client(port)
    for number in range(rooms):
        if number % 50 == 49:  # nobody is in more than 64 rooms
            client.close()
            client = Client(port)
        room = f"bench_{number}"
        client.ask(b'"event":"created"', {
            "command": "create", "room": room, "name": "bench",
            "persistent": True})
        said = frame({"command": "broadcast", "room": room, "ref": 1,
                      "message": BODY})
        for begin in range(0, messages, AT_ONCE):
            count = min(AT_ONCE, messages - begin)
            client.socket.sendall(said * count)
            client.await_(b'"event":"ack"', count)
    client.close()


def measure_replay(start, seconds):
    """Fill, stop, start again: what does that take?"""
    rooms, messages = 1000, 1000
    del seconds  # as much as it takes
    with start() as server:
        fill(server.port, rooms, messages)
    with start() as server:
        pid = server.process.pid
        cpu = cpu_seconds(pid)
        return {"messages": rooms * messages, "cpu_s": cpu,
                "messages_per_cpu_s": rooms * messages / cpu,
                "bytes_per_message": resident(pid) / (rooms * messages)}


def page_cost(server, room, seconds):
    """CPU seconds of the server for one page of 50."""
    client = Client(server.port)
    client.ask(b'"event":"joined"', {"command": "join", "room": room})
    ask = [{"command": "history", "room": room, "limit": 50}] * 8
    began = cpu_seconds(server.process.pid)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        client.ask(b'"event":"history"', *ask)
        count += len(ask)
    client.close()
    return (cpu_seconds(server.process.pid) - began) / count


def measure_pages(start, seconds):
    """The same page, of a room with few messages and of one with many."""
    with start() as server:
        fill(server.port, 1, 1_000_000)
    with start() as server:
        client = Client(server.port)
        client.ask(b'"event":"created"', {
            "command": "create", "room": "few", "name": "few",
            "persistent": True})
        client.ask(b'"event":"ack"', *[{
            "command": "broadcast", "room": "few", "ref": 1,
            "message": BODY}] * 1000)
        client.close()
        few = page_cost(server, "few", seconds)
        many = page_cost(server, "bench_0", seconds)
    return {"few_us": few * 1e6, "many_us": many * 1e6,
            "cost_ratio": many / few}


KEPT_CASES = {"replay": measure_replay, "pages": measure_pages}
