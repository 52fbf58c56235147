#!/usr/bin/env python3
"""TLS beside nginx: handshakes, and messages to a room of 50 (nchan).

Both have one process, the same certificate on P-256, and OpenSSL. The servers
take turns within a round; the table shows medians of what they do in a second of
their CPU time. A message of nchan is as long as an event of parleyd.

Exit status: 0; 1 if a server failed; 2 if something is missing.
"""

import os
import ssl
import statistics
import sys
import tempfile
from pathlib import Path

import script
from clients import Client, text_frame
from peers import nchan_version, our_version, written
from secure import (BODY, MEMBERS, MESSAGES_AT_ONCE, Secure,
                    deliveries_per_cpu_s, handshakes_per_cpu_s,
                    make_certificate, room_of)
from servers import Failed, Server, OtherServer, free_port, pick_cores
from tables import plain

EVENT = ('{"event":"broadcast","room":"den","seq":100000,"member":"guest-100",'
         '"member_id":"432f40b5","at":1795973682336,"message":"%s"}' % BODY)


def our_command(port, directory):
    program = script.ROOT / "build/parleyd"
    return [str(program), "--listen",
            f"127.0.0.1:{port},unix:{directory}/secure,tls",
            "--tls-certificate", f"{directory}/bench.pem",
            "--tls-key", f"{directory}/bench.key",
            # The clients answer no pings.
            "--limits-ping-interval", "10m", *script.no_limits(program)]


def nginx_command(port, directory):
    return ["nginx", "-p", directory, "-c",
            written("nginx-tls.conf", port, directory)]


def nchan_room(secure):
    members = [Client(secure.connect()) for _ in range(MEMBERS)]
    for member in members:
        member.upgrade("/room", b"\r\n\r\n")
    return members, MESSAGES_AT_ONCE * text_frame(EVENT)


SERVERS = {
    "parleyd": (Server, our_version, our_command, room_of),
    "nginx, nchan": (OtherServer, nchan_version, nginx_command, nchan_room),
}
FIGURES = ("handshakes/CPU-s", "resumed/CPU-s", "deliveries/CPU-s")


def run_once(name, arguments):
    kind, _, command, room = SERVERS[name]
    port = free_port()
    with tempfile.TemporaryDirectory(dir=arguments.out) as directory:
        certificate, _ = make_certificate(Path(directory))
        secure = Secure(Path(directory) / "secure",
                        ssl.create_default_context(cafile=certificate))
        with kind(command(port, directory), pick_cores()[0],
                  arguments.out / "secure-peers.log", port,
                  paths=[secure.path]) as server:
            pid = server.process.pid
            return (handshakes_per_cpu_s(arguments.seconds, pid, secure, False),
                    handshakes_per_cpu_s(arguments.seconds, pid, secure, True),
                    deliveries_per_cpu_s(arguments.seconds, pid, *room(secure)))


def main():
    parser = script.parser_of(__doc__)
    script.add_rounds(parser, "of the server's CPU time in a run",
                      quick_share=1 / 4)
    arguments = script.read(parser)
    arguments.out.mkdir(parents=True, exist_ok=True)
    absent = [name for name, (_, version, _, _) in SERVERS.items()
              if version() is None]
    if absent:
        print(f"not installed: {', '.join(absent)} (tools/setup compare)",
              file=sys.stderr)
        return 2
    calm = os.getloadavg()[0]
    try:
        rounds = [{name: run_once(name, arguments) for name in SERVERS}
                  for _ in range(arguments.rounds)]
    except (Failed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    lines = [("server", *FIGURES)]
    for name, (_, version, _, _) in SERVERS.items():
        lines.append((f"{name} {version()}", *(
            f"{statistics.median(each[name][n] for each in rounds):,.0f}"
            for n in range(len(FIGURES)))))
    print(plain(lines), end="")
    script.write_page(arguments.markdown, "bench-tls", arguments.rounds, calm,
                      lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
