#!/usr/bin/env python3
"""How clients are asked to leave when a server goes down (SIGTERM).

Thousands of connections, each of which answers `bye` and the close frame.
Printed are how many were asked in each tenth of the window, when the last one
was, and when the server had ended.

Exit status: 0; 1 if a connection ended without `bye`, outside of the window, or
a tenth of it has less than half or more than twice its share.
"""

import argparse
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from socket import create_connection

from clients import Client
from script import NO_LIMITS
from servers import Failed, Server, free_port

GOING_AWAY = b"\x88\x82\0\0\0\0\x03\xe9"  # 1001, masked with zeros
LATE_S = 1  # of a machine that does other things, too


def connect(port):
    client = Client(create_connection(("127.0.0.1", port)))
    client.upgrade()
    client.socket.setblocking(False)
    return client


def asked_to_leave(clients, began, until):
    """Returns the times at which clients got `bye`, when all have ended."""
    poll, by_fd, moments = select.epoll(), {}, {}
    for client in clients:
        by_fd[client.socket.fileno()] = client.socket
        poll.register(client.socket.fileno(), select.EPOLLIN)
    while by_fd:
        if time.monotonic() > until:
            raise Failed(f"{len(by_fd)} connections are still open")
        for fd, _ in poll.poll(1):
            data = by_fd[fd].recv(1 << 16)
            if b'"event":"bye"' in data:
                moments[fd] = time.monotonic() - began
                by_fd[fd].sendall(GOING_AWAY)
            if not data:
                poll.unregister(fd)
                by_fd.pop(fd)
    if len(moments) < len(clients):
        raise Failed(f"{len(clients) - len(moments)} connections had no bye")
    return sorted(moments.values())


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--connections", type=int, default=10000)
    parser.add_argument("--window", type=int, default=10, help="in seconds")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("bench/results"))
    return parser.parse_args()


def main():
    arguments = parse()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    arguments.out.mkdir(parents=True, exist_ok=True)
    port, window = free_port(), arguments.window
    command = [str(arguments.build / "parleyd"), "--listen",
               f"127.0.0.1:{port}", *NO_LIMITS, "--drain-delay", "0s",
               "--drain-window", f"{window}s", "--drain-timeout",
               f"{window + 10}s", "--limits-ping-interval", "10m"]
    try:
        with Server(command, None, arguments.out / "drain.log", port) as server:
            clients = [connect(port) for _ in range(arguments.connections)]
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            moments = asked_to_leave(clients, began, began + window + 10)
            server.process.wait()
            ended = time.monotonic() - began
    except Failed as error:
        sys.exit(str(error))
    tenths = [0] * 10
    for moment in moments:
        tenths[min(9, int(10 * moment / window))] += 1
    print(f"{len(moments)} connections, asked in each tenth of {window} s: "
          f"{' '.join(map(str, tenths))}; the first after {moments[0]:.2f} s, "
          f"the last after {moments[-1]:.2f} s; ended after {ended:.2f} s, "
          f"load {os.getloadavg()[0]:.1f}")
    share = len(moments) / 10
    is_even = all(share / 2 <= count <= 2 * share for count in tenths)
    return 0 if is_even and moments[-1] <= window + LATE_S else 1


if __name__ == "__main__":
    sys.exit(main())
