#!/usr/bin/env python3
"""Measures whether file transfers delay the messages of a room.

Ten members chat, with 990 deliveries a second, first alone; then a hundred
connections upload and download files of 10 MiB meanwhile, one after the other: first
limited to a gigabit a second, then without a limit. Measured are the latency of
messages and the memory of the server.

Clients of a network have processors of their own; here they share the other core
with each other. So the loop has its core for itself, and messages go first on
the clients' core: the generator, the loop, and behind them the transfers' client
have real-time priorities. At full speed the two that are always busy have none, since
the kernel stops such processes for a twentieth of each second. Without the right
to such priorities (CAP_SYS_NICE) what other processes do counts, too.

transfers.py PORT SECONDS MIB makes the transfers alone, with so many MiB a second
(0: any).
"""

import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time

from clients import get, resident
from servers import Failed, pick_cores, pinned

CONNECTIONS = 100
FILE_BYTES = 10 << 20
PIECE = b"\xa5" * (1 << 16)
CLIENTS, RATE = 10, 11  # 10 * 11 * 9 deliveries a second
LINE_MIB = 112  # of payload, a second
PAUSE_S = 0.001
LAST, FIRST = 19, -20  # how nice they are without real-time priorities
MESSAGES, TRANSFERS = os.sched_param(20), os.sched_param(10)


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
    """Uploads files, each of which is removed again."""

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
    """Transfers files; returns the number of bytes, and of files begun."""
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


def separate(server):
    """The loop has its core for itself. False: it has no right to go first."""
    pid, (core, _) = server.process.pid, pick_cores()
    if core is not None:
        os.sched_setaffinity(pid, {core})
    try:
        os.sched_setscheduler(pid, os.SCHED_FIFO, MESSAGES)
    except PermissionError:
        return False
    return True


def let_work(server):
    """It is always busy, so it gets a high priority that is not real-time."""
    os.sched_setscheduler(server.process.pid, os.SCHED_OTHER, os.sched_param(0))
    os.setpriority(os.PRIO_PROCESS, server.process.pid, FIRST)


def client_of(site, priority):
    """Prepares a client's process; None: behind all others."""
    def prepare():
        if site.core is not None:
            os.sched_setaffinity(0, {site.core})
        if priority:
            os.sched_setscheduler(0, os.SCHED_FIFO, priority)
        else:
            os.nice(LAST)
    return prepare


def chat(site, server, goes_first):
    """Measures the latency of messages."""
    done = subprocess.run(
        [str(site.generator), "--json", "--dialect", "command", "--clients", str(CLIENTS),
         "--rate", str(RATE), "--duration", str(site.seconds), "latency",
         f"127.0.0.1:{server.port}"],
        stdout=subprocess.PIPE, text=True, timeout=60 + site.seconds,
        preexec_fn=client_of(site, MESSAGES) if goes_first else pinned(site.core))
    if done.returncode != 0:
        raise Failed(f"the chat ended with {done.returncode}")
    return json.loads(done.stdout)


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


class Beside:
    """The chat beside transfers, what they moved, and the most memory."""

    def __init__(self, site, server, goes_first, mib):
        transfers = subprocess.Popen(
            [sys.executable, __file__, str(server.port), str(site.seconds + 1), str(mib)],
            stdout=subprocess.PIPE, text=True,
            preexec_fn=client_of(site, TRANSFERS if goes_first and mib > 0 else None))
        try:
            if transfers.stdout.readline() != "begun\n":
                raise Failed("no transfers")
            with Peak(server.process.pid) as peak:
                self.chat = chat(site, server, goes_first)
            moved, _ = transfers.communicate(timeout=60)
        finally:
            transfers.kill()
        if transfers.returncode != 0:
            raise Failed("a transfer failed")
        self.peak = peak.most
        self.moved = json.loads(moved)


def measure_transfers(site):
    with site.start() as server:
        goes_first = separate(server)
        alone = chat(site, server, goes_first)
        before = resident(server.process.pid)
        line = Beside(site, server, goes_first, LINE_MIB)
        if goes_first:
            let_work(server)
        full = Beside(site, server, goes_first, 0)
        return {"goes_first": int(goes_first),
                **{f"{figure}_{name}_us": chat[f"one_way_{figure}_us"]
                   for figure in ("p50", "p99")
                   for name, chat in (("alone", alone), ("line", line.chat),
                                      ("full", full.chat))},
                "p99_line_ratio": line.chat["one_way_p99_us"] / alone["one_way_p99_us"],
                "p99_full_ratio": full.chat["one_way_p99_us"] / alone["one_way_p99_us"],
                "line_mib": line.moved["moved_mib"],
                "full_mib": full.moved["moved_mib"],
                "grown_mib": (max(line.peak, full.peak) - before) / 2**20,
                "sent_mib": get_files(server.port)["sent_bytes"] / 2**20}


if __name__ == "__main__":
    print(json.dumps(transfer(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))))
