#!/usr/bin/env python3
"""How long clients wait when another process goes on with their connections.

Thousands of members in rooms, in each of which one posts at a steady rate,
while the server is upgraded again and again (SIGUSR2). Every member must get
every message once and in order, and none is disconnected. Printed are how long
connections waited, by the log of the server, what CPU time the new process had
used by then, and how late messages came that were posted while an upgrade went
on.

Exit status: 0; 1 if something was lost, doubled or closed.
"""

import argparse
import os
import re
import select
import signal
import sys
import time
from pathlib import Path
from socket import create_connection

from clients import Client, cpu_seconds, text_frame
from kept import fill
from servers import Failed, Server, free_port
from tables import plain

MESSAGE = re.compile(rb'"message":"at ([\d.]+)"[^}]*?"seq":(\d+)|'
                     rb'"seq":(\d+)[^}]*?"message":"at ([\d.]+)"')
TOOK = re.compile(r"process (\d+) took over (\d+) connections, which waited (\d+) ms")


class Member:
    def __init__(self, port, room):
        self.client = Client(create_connection(("127.0.0.1", port)))
        self.room = room
        self.seq = 0
        self.rest = b""
        self.client.upgrade()
        self.client.socket.sendall(text_frame(
            f'{{"command":"join","room":"r{room}","create":true}}'))
        self.client.await_(b'"event":"joined"', 1)
        self.client.socket.setblocking(False)

    def post(self):
        self.client.socket.sendall(text_frame(
            f'{{"command":"broadcast","room":"r{self.room}",'
            f'"message":"at {time.monotonic():.6f}"}}'))

    def read(self, arrivals):
        """Checks the numbers of messages; notes when each was posted, and how
        long it took."""
        data = self.client.socket.recv(1 << 18)
        now = time.monotonic()
        if not data:
            raise Failed("a connection was closed")
        self.rest += data
        end = 0
        for found in MESSAGE.finditer(self.rest):
            posted, seq = (found[1] or found[4]), int(found[2] or found[3])
            if seq != self.seq + 1:
                raise Failed(f"message {seq} came after {self.seq}")
            self.seq = seq
            arrivals.append((float(posted), now - float(posted)))
            end = found.end()
        self.rest = self.rest[end:][-4096:]


class Load:
    """Members, those that post, and what arrives."""

    def __init__(self, port, connections, rooms, rate):
        self.members = [Member(port, n % rooms) for n in range(connections)]
        self.authors = self.members[:rooms]
        self.interval = 1 / (rate * rooms)
        self.arrivals = []
        self.posted = 0
        self.due = time.monotonic()
        self.poll = select.epoll()
        self.by_fd = {m.client.socket.fileno(): m for m in self.members}
        for fd in self.by_fd:
            self.poll.register(fd, select.EPOLLIN)

    def run(self, condition, posts=True, within=60):
        """Runs until the condition holds."""
        until = time.monotonic() + within
        while not condition():
            now = time.monotonic()
            if now > until:
                raise Failed("nothing came of it in time")
            while posts and self.due <= now:
                self.authors[self.posted % len(self.authors)].post()
                self.posted += 1
                self.due += self.interval
            for fd, _ in self.poll.poll(max(0, self.due - now)):
                self.by_fd[fd].read(self.arrivals)

    def is_whole(self):
        """Every member has got every message of its room."""
        rooms = len(self.authors)
        return all(member.seq == self.posted // rooms +
                   (member.room < self.posted % rooms)
                   for member in self.members)


def upgrades(log):
    return [TOOK.search(line) for line in log.read_text().splitlines()
            if TOOK.search(line)]


def measure(arguments, log, load):
    """Returns for each upgrade how long connections and messages waited."""
    pid, rows = arguments.pid, []
    for n in range(arguments.upgrades):
        calm = time.monotonic() + arguments.pause
        load.run(lambda: time.monotonic() > calm)
        load.arrivals.clear()
        os.kill(pid, signal.SIGUSR2)
        load.run(lambda: len(upgrades(log)) > n)
        took = upgrades(log)[n]
        pid = int(took[1])
        spent = cpu_seconds(pid)
        over = time.monotonic() + 0.5
        load.run(lambda: time.monotonic() > over)
        late = sorted(delay for _, delay in load.arrivals)
        rows.append((int(took[2]), int(took[3]), 1000 * spent,
                     1000 * late[len(late) * 99 // 100], 1000 * late[-1]))
    load.run(load.is_whole, posts=False)
    return pid, rows


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--connections", type=int, default=5000)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--rate", type=float, default=1,
                        help="messages a second in each room")
    parser.add_argument("--messages", type=int, default=0,
                        help="that are kept before, 1000 in each of other rooms")
    parser.add_argument("--upgrades", type=int, default=10)
    parser.add_argument("--pause", type=float, default=1,
                        help="seconds before each upgrade")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("bench/results"))
    parser.add_argument("flags", nargs="*", help="for parleyd, behind --")
    return parser.parse_args()


def main():
    arguments = parse()
    arguments.out.mkdir(parents=True, exist_ok=True)
    log, port = arguments.out / "upgrade.log", free_port()
    command = [str(arguments.build / "parleyd"), "--listen",
               f"127.0.0.1:{port}", "--limits-messages", "0",
               "--limits-accept-rate", "0", "--drain-window", "0s",
               # Members answer no pings.
               "--limits-ping-interval", "10m",
               *arguments.flags]
    server = Server(command, None, log, port)
    server.__enter__()
    pid = arguments.pid = server.process.pid
    try:
        fill(port, arguments.messages // 1000, 1000)
        load = Load(port, arguments.connections, arguments.rooms,
                    arguments.rate)
        pid, rows = measure(arguments, log, load)
    except Failed as error:
        sys.exit(f"{error}, see {log}")
    finally:
        os.kill(pid, signal.SIGKILL)
        server.process.wait()
    print(plain([("connections", "waited ms", "cpu ms", "p99 ms",
                  "latest ms"),
                 *(tuple(f"{value:.0f}" for value in row) for row in rows)]))
    waits = sorted(row[1] for row in rows)
    print(f"{load.posted} messages to {len(load.members)} members: none was "
          f"lost, none came twice, no connection was closed; connections "
          f"waited {waits[len(waits) * 99 // 100]} ms (p99 of "
          f"{len(rows)} upgrades), load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
