#!/usr/bin/env python3
"""Does a room wait for files?

Ten members chat, with 990 deliveries a second, first alone; then a hundred
connections upload and download files of 10 MiB meanwhile, each its next one when
one is through: first as fast as a line of a gigabit lets them, then as fast as
they can. What counts is when messages arrive beside the line, the server's own
part of a ping (waits.py) beside the others, and how much memory the server takes.

Without a line, when messages arrive depends on the cores: the server, the
transfers' client and the generator want more than two. So the chat is measured
once more beside processes that take as much of the cores as the transfers did,
and have nothing to do with the server: no server could be faster than that.

transfers.py PORT SECONDS MIB makes the transfers alone, with so many MiB a second
(0: any), and transfers.py --spin NICE SHARE one of those processes.
"""

import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time

from clients import dial, get, resident
from servers import Failed, pinned
from waits import Asker, Thread

CONNECTIONS = 100
FILE_BYTES = 10 << 20
PIECE = b"\xa5" * (1 << 16)
CLIENTS, RATE = 10, 11  # 10 * 11 * 9 deliveries a second
LINE_MIB = 112  # of payload, a second
PAUSE_S = 0.001
BEHIND = 19  # how nice the client of the transfers is
SPIN_S = 0.005
LEAST_SHARE = 0.01


class Connection:
    """Requests one after the other; the state is what is left of this one."""

    def __init__(self, port, selector):
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.setblocking(False)
        self.selector = selector
        self.moved = 0
        self.files = 0
        selector.register(self.socket, selectors.EVENT_READ, self)

    def ask(self, head, body=0):
        self.head, self.body = head.encode(), body
        self.answer, self.left = b"", None
        self.watch()

    def watch(self):
        writes = selectors.EVENT_WRITE if self.head or self.body else 0
        self.selector.modify(self.socket, selectors.EVENT_READ | writes, self)

    def write(self):
        piece = self.head or PIECE[:self.body]
        sent = self.socket.send(piece)
        if self.head:
            self.head = self.head[sent:]
        else:
            self.body -= sent
            self.moved += sent
        if not self.head and not self.body:
            self.watch()

    def read(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise Failed("the server closed a transfer")
        if self.left is None:
            self.answer += data
            head, found, rest = self.answer.partition(b"\r\n\r\n")
            if not found:
                return
            self.begin(head.decode())
            data, self.answer = rest, b""
        self.take(data)
        self.left -= len(data)
        if self.left == 0:
            self.next()

    def begin(self, head):
        lines = head.lower().split("\r\n")
        status = int(lines[0].split()[1])
        if status not in (200, 201, 204):
            raise Failed(f"a transfer was answered with {status}")
        self.left = next((int(line.split(":")[1]) for line in lines
                          if line.startswith("content-length:")), 0)


class Download(Connection):
    def __init__(self, port, selector, url):
        super().__init__(port, selector)
        self.url = url
        self.next()

    def take(self, data):
        self.moved += len(data)

    def next(self):
        self.files += 1
        self.ask(f"GET {self.url} HTTP/1.1\r\nHost: a\r\n\r\n")


class Upload(Connection):
    """Each file is removed again."""

    def __init__(self, port, selector):
        super().__init__(port, selector)
        self.made = b""
        self.next()

    def take(self, data):
        self.made += data

    def next(self):
        made, self.made = self.made, b""
        if made:
            file = json.loads(made)
            self.ask(f"DELETE /v1/files/{file['id']}?key={file['key']} HTTP/1.1\r\n"
                     "Host: a\r\n\r\n")
        else:
            self.files += 1
            self.ask("POST /v1/files?name=a.bin HTTP/1.1\r\nHost: a\r\n"
                     f"Content-Length: {FILE_BYTES}\r\n\r\n", FILE_BYTES)


class One(Upload):
    """A single file, which stays."""

    def next(self):
        if self.made:
            self.url = json.loads(self.made)["url"]
        else:
            super().next()


def run(selector, goes_on, may_move=lambda: True):
    while goes_on():
        if not may_move():
            time.sleep(PAUSE_S)
            continue
        for key, events in selector.select(0.1):
            if events & selectors.EVENT_WRITE:
                key.data.write()
            if events & selectors.EVENT_READ:
                key.data.read()


def transfer(port, seconds, mib):
    """How many bytes were moved, and files begun."""
    selector = selectors.DefaultSelector()
    one = One(port, selector)
    run(selector, lambda: not hasattr(one, "url"))
    selector.unregister(one.socket)
    connections = [Download(port, selector, one.url) if n % 2
                   else Upload(port, selector) for n in range(CONNECTIONS)]
    print("begun", flush=True)
    began = time.monotonic()
    end = began + seconds

    def moved_mib():
        return sum(each.moved for each in connections) / 2**20

    run(selector, lambda: time.monotonic() < end,
        lambda: mib == 0 or moved_mib() < mib * (time.monotonic() - began))
    return {"moved_mib": moved_mib(), "files": sum(each.files for each in connections)}


def get_files(port):
    """The server's own figures of files."""
    return json.loads(get(port, "/stats"))["files"]


def chat(site, server):
    """The chat's own figures, and how long a ping takes the server meanwhile."""
    client = dial(server.port)
    asker = Asker(client, server.process.pid)
    load = subprocess.Popen(
        [str(site.generator), "--json", "--dialect", "command", "--clients", str(CLIENTS),
         "--rate", str(RATE), "--duration", str(site.seconds), "latency",
         f"127.0.0.1:{server.port}"],
        stdout=subprocess.PIPE, text=True, preexec_fn=pinned(site.core))
    try:
        asker.ask_while(lambda: load.poll() is None)
    finally:
        load.kill()
        said, _ = load.communicate()
    asker.close()
    client.close()
    if load.returncode != 0:
        raise Failed(f"the chat ended with {load.returncode}")
    ours = sorted(each.ours for each in asker.answers)
    return {**json.loads(said), "ours_p99_us": ours[len(ours) * 99 // 100] * 1e6}


class Peak:
    """The most memory that the server takes, looked at twenty times a second."""

    def __init__(self, pid):
        self.pid = pid
        self.most = 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def look(self):
        while not self.is_over.wait(0.05):
            self.most = max(self.most, resident(self.pid))


def behind():
    """The chat's generator goes first where they share a core."""
    os.nice(BEHIND)


class Cpu:
    """What each thread of a process takes of a core, since the beginning."""

    def __init__(self, pid):
        self.threads = [Thread(pid, tid) for tid in os.listdir(f"/proc/{pid}/task")]
        self.began = time.monotonic()
        self.before = [each.look()[0] for each in self.threads]

    def shares(self):
        elapsed = time.monotonic() - self.began
        return [(each.look()[0] - before) / elapsed
                for each, before in zip(self.threads, self.before)]


def spin(nice, share):
    os.nice(nice)
    while True:
        until = time.perf_counter() + SPIN_S * share
        while time.perf_counter() < until:
            pass
        time.sleep(SPIN_S * (1 - share))


class Spinners:
    """Processes that take these shares of a core."""

    def __init__(self, shares):
        self.shares = [(nice, min(share, 1)) for nice, share in shares if share > LEAST_SHARE]

    def __enter__(self):
        self.processes = [
            subprocess.Popen([sys.executable, __file__, "--spin", str(nice), str(share)])
            for nice, share in self.shares]
        return self

    def __exit__(self, *_):
        for each in self.processes:
            each.kill()
            each.wait()


class Beside:
    """The chat beside transfers: its figures, theirs, and what they took."""

    def __init__(self, site, server, mib):
        pid = server.process.pid
        transfers = subprocess.Popen(
            [sys.executable, __file__, str(server.port), str(site.seconds + 1), str(mib)],
            stdout=subprocess.PIPE, text=True, preexec_fn=behind)
        try:
            if transfers.stdout.readline() != "begun\n":
                raise Failed("no transfers")
            busy, client = Cpu(pid), Cpu(transfers.pid)
            with Peak(pid) as peak:
                self.chat = chat(site, server)
            self.busy, self.client = busy.shares(), client.shares()
            moved, _ = transfers.communicate(timeout=60)
        finally:
            transfers.kill()
        if transfers.returncode != 0:
            raise Failed("a transfer failed")
        self.peak = peak.most
        self.moved = json.loads(moved)


def measure_transfers(site):
    with site.start() as server:
        calm = Cpu(server.process.pid)
        alone = chat(site, server)
        calm = calm.shares()
        before = resident(server.process.pid)
        line = Beside(site, server, LINE_MIB)
        full = Beside(site, server, 0)
        sent = get_files(server.port)["sent_bytes"]
        with Spinners([(0, more - less) for more, less in zip(full.busy, calm)] +
                      [(BEHIND, share) for share in full.client]):
            floor = chat(site, server)
        return {"p99_alone_us": alone["one_way_p99_us"],
                "p99_line_us": line.chat["one_way_p99_us"],
                "p99_line_ratio": line.chat["one_way_p99_us"] / alone["one_way_p99_us"],
                "line_mib": line.moved["moved_mib"],
                "p99_beside_us": full.chat["one_way_p99_us"],
                "p99_floor_us": floor["one_way_p99_us"],
                "ours_alone_us": alone["ours_p99_us"],
                "ours_beside_us": full.chat["ours_p99_us"],
                "ours_ratio": full.chat["ours_p99_us"] / alone["ours_p99_us"],
                "grown_mib": (max(line.peak, full.peak) - before) / 2**20,
                "sent_mib": sent / 2**20,
                **full.moved}


if __name__ == "__main__" and sys.argv[1] == "--spin":
    spin(int(sys.argv[2]), float(sys.argv[3]))
elif __name__ == "__main__":
    print(json.dumps(transfer(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))))
