"""Clients beside an attack, in a process of their own: what they notice.

    witness.py ping    HOST PORT PID          one connection that sends pings
    witness.py dial    HOST PORT PID          new connections: /livez, upgrade
    witness.py readers HOST PORT COUNT ROOMS  members that read all they get

Prints "ready", runs until standard input ends, prints one JSON object.

A time is given twice: as the client measured it, and without the time for
which the server's thread or the client's waited for a core ("own"): the
generator of an attack shares the machine with them.
"""

import json
import os
import re
import resource
import selectors
import socket
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "bench"), str(HERE.parent / "integration")]

from client import head, plain_head  # noqa: E402
from clients import Client, frame  # noqa: E402
from servers import Failed  # noqa: E402
from waits import Thread  # noqa: E402

PING_EVERY_S = 0.025
DIAL_EVERY_S = 0.2  # less than a fair share among 100 addresses
LAST_S = 30  # readers take what still comes …
QUIET_S = 1.5  # … until it is quiet for so long
SOURCE = "127.0.0.9"  # not an address that an attack uses


class Clocks:
    """How long an exchange took, with and without waiting for a core."""

    def __init__(self, pid):
        self.threads = [Thread(pid, pid),
                        Thread(os.getpid(), threading.get_native_id())]

    def measure(self, exchange):
        queued = sum(each.look()[1] for each in self.threads)
        began = time.monotonic()
        exchange()
        felt = time.monotonic() - began
        queued = sum(each.look()[1] for each in self.threads) - queued
        return felt, max(felt - queued, 0)


def quantiles(samples, every):
    """Milliseconds. An exchange that took longer than the interval stands
    also for those that would have begun meanwhile and waited for the rest."""
    values = []
    for sample in samples:
        while sample > 0:
            values.append(sample)
            sample -= every
    values.sort()
    if not values:
        return {"p50": None, "p99": None, "max": None}
    return {"p50": 1e3 * values[len(values) // 2],
            "p99": 1e3 * values[len(values) * 99 // 100],
            "max": 1e3 * values[-1]}


def stopped(after):
    """True: standard input has ended."""
    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin, selectors.EVENT_READ)
    return bool(waiting.select(after))


def connect(host, port, source=None):
    connected = socket.create_connection(
        (host, port), 10, source_address=(source, 0) if source else None)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def run_ping(host, port, pid):
    clocks = Clocks(pid)
    client = Client(connect(host, port, SOURCE))
    client.upgrade()
    samples, closed = [], 0
    print("ready", flush=True)
    while not stopped(PING_EVERY_S):
        try:
            samples.append(clocks.measure(lambda: client.ask(
                b'"event":"pong"', {"command": "ping"})))
        except (Failed, OSError) as error:
            print(error, file=sys.stderr)
            closed = 1
            break
    return {"ping": quantiles([felt for felt, _ in samples], PING_EVERY_S),
            "own": quantiles([own for _, own in samples], PING_EVERY_S),
            "answers": len(samples), "closed": closed}


def dial_once(host, port, request, mark):
    with connect(host, port, SOURCE) as connected:
        connected.sendall(request)
        got = b""
        while mark not in got:
            data = connected.recv(1 << 16)
            if not data:
                raise Failed("closed")
            got += data


def run_dial(host, port, pid):
    clocks = Clocks(pid)
    kinds = {"livez": (plain_head("/livez"), b"ok"),
             "handshake": (head("/ws"), b'"event":"me"')}
    samples = {kind: [] for kind in kinds}
    failed = dict.fromkeys(kinds, 0)
    print("ready", flush=True)
    turn = 0
    while not stopped(DIAL_EVERY_S):
        kind = ("livez", "handshake")[turn % 2]
        turn += 1
        try:
            samples[kind].append(clocks.measure(
                lambda: dial_once(host, port, *kinds[kind])))
        except (Failed, OSError):
            failed[kind] += 1
    return {kind: {**quantiles([felt for felt, _ in samples[kind]], 1e9),
                   "own": quantiles([own for _, own in samples[kind]], 1e9),
                   "answers": len(samples[kind]), "failed": failed[kind]}
            for kind in kinds}


class Reader:
    """A member that reads as fast as it can and counts."""

    def __init__(self, host, port, rooms):
        self.client = Client(connect(host, port))
        self.client.upgrade()
        self.socket = self.client.socket
        self.socket.sendall(b"".join(
            frame({"command": "join", "room": room, "create": True})
            for room in rooms))
        self.tail = b""
        self.messages = self.bytes = 0
        self.code = None
        self.open = True

    def read(self):
        try:
            data = self.socket.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            self.open = False
            self.code = last_code(self.tail)
            return
        seen = self.tail + data
        # A broadcast of the attack, in the lobby or in a room.
        self.messages += seen.count(b"#payload#") - self.tail.count(b"#payload#")
        self.bytes += len(data)
        self.tail = seen[-200:]


def last_code(tail):
    close = re.search(rb"\x88[\x02-\x7d](..)[^\x00-\x1f]*$", tail, re.S)
    return int.from_bytes(close[1], "big") if close else "reset"


def run_readers(host, port, count, rooms):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    readers = []
    waiting = selectors.DefaultSelector()
    for _ in range(count):
        reader = Reader(host, port, rooms)
        readers.append(reader)
        waiting.register(reader.socket, selectors.EVENT_READ, reader)
        if len(readers) % 16 == 0:
            read_all(waiting, 0)
    if rooms:  # until the last one's joins are answered
        reader.socket.sendall(frame({"command": "ping", "ref": "all-joined"}))
        while reader.open and b'"all-joined"' not in reader.tail:
            read_all(waiting, 1, stdin=False)
    waiting.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", flush=True)
    while read_all(waiting, 1):
        pass
    waiting.unregister(sys.stdin)
    end = time.monotonic() + LAST_S
    while time.monotonic() < end and waiting.select(QUIET_S):
        read_all(waiting, 0)
    codes = {}
    for reader in readers:
        if not reader.open:
            codes[reader.code] = codes.get(reader.code, 0) + 1
    counts = [reader.messages for reader in readers]
    return {"closed": sum(codes.values()), "codes": codes,
            "least": min(counts), "most": max(counts),
            "bytes": sum(reader.bytes for reader in readers)}


def read_all(waiting, timeout, stdin=True):
    """False: standard input has ended."""
    for key, _ in waiting.select(timeout):
        if key.data is None:
            if stdin:
                return False
            continue
        key.data.read()
        if not key.data.open:
            waiting.unregister(key.fileobj)
    return True


def main():
    mode, host, port, number, *rooms = sys.argv[1:]
    if mode == "readers":
        found = run_readers(host, int(port), int(number), rooms)
    else:
        run = {"ping": run_ping, "dial": run_dial}[mode]
        found = run(host, int(port), int(number))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
