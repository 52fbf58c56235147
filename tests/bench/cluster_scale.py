#!/usr/bin/env python3
"""Memory and start of the nodes of a large chat, over a real redis-server.

Ten nodes, 100 000 rooms: all nodes but the first create them, and follow their
own. So the first one's memory is that of rooms that a node does not follow, with
a member for each 64, and what the others have more is that of following. Then members connect to the
second node, and the first one's memory grows by that of remote members. At last
one more node is started, and members of it join 10 000 rooms, which it follows
then.

scale.json goes to bench/results. Exit status: 0; 1 if a server gave a wrong
answer or failed; 2 if something is missing.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

import script
from clients import dial, frame, resident
from cluster_cost import Nodes, missing
from servers import Failed
from tables import plain

# No limits, and clients that only wait.
UNLIMITED = ("--limits-rooms", "1000000", "--limits-joins", "0",
             "--limits-memory", "0", "--limits-ping-interval", "0")

# Rooms of a member, as limits.rooms_per_member allows.
MEMBER_ROOMS = 64


def members_enter(server, command, event, rooms):
    """Members of a node, and each enters some of the rooms; all at once."""
    members = []
    for at in range(0, len(rooms), MEMBER_ROOMS):
        members.append(dial(server.port))
        members[-1].socket.sendall(b"".join(
            frame({"command": command, "room": room, "name": room})
            for room in rooms[at:at + MEMBER_ROOMS]))
    for number, member in enumerate(members):
        own = rooms[number * MEMBER_ROOMS:(number + 1) * MEMBER_ROOMS]
        member.await_(f'"event":"{event}"'.encode(), len(own))
    return members


def rooms_of(number, count):
    return [f"r{number}_{each}" for each in range(count)]


def rooms_create(nodes, rooms):
    """Members of each node but the first create rooms; returns the members."""
    return [member for number, server in enumerate(nodes.servers[1:])
            for member in members_enter(server, "create", "created",
                                        rooms_of(number, rooms))]


def settled(server):
    """Resident bytes, when the node has run what the others have done."""
    with_answer = dial(server.port)
    with_answer.close()
    return resident(server.process.pid)


def measure_members(nodes, count):
    """Bytes at the first node for a member of the second one."""
    before = settled(nodes.servers[0])
    members = [dial(nodes.servers[1].port) for _ in range(count)]
    after = settled(nodes.servers[0])
    for member in members:
        member.close()
    return (after - before) / count


def measure_start(nodes, rooms):
    """Seconds until one more node answers, and until it follows the rooms."""
    began = time.monotonic()
    nodes.start()
    ready = time.monotonic()
    members = members_enter(nodes.servers[-1], "join", "joined", rooms)
    followed = time.monotonic()
    for member in members:
        member.close()
    return ready - began, followed - began


def measure(arguments, nodes):
    each = arguments.rooms // (arguments.nodes - 1)
    empty = [settled(server) for server in nodes.servers]
    began = time.monotonic()
    creators = rooms_create(nodes, each)
    created = time.monotonic() - began
    full = [settled(server) for server in nodes.servers]
    grown = [now - before for now, before in zip(full, empty)]
    follows = sum(grown[1:]) / len(grown[1:]) - grown[0]
    member = measure_members(nodes, arguments.members)
    ready_s, followed_s = measure_start(
        nodes, rooms_of(0, min(arguments.follow, each)))
    for creator in creators:
        creator.close()
    return {"nodes": arguments.nodes, "rooms": each * (arguments.nodes - 1),
            "followed_by_each": each, "created_s": created,
            "bytes_per_room": grown[0] / (each * (arguments.nodes - 1)),
            "bytes_per_followed_room": follows / each,
            "bytes_per_remote_member": member,
            "start_s": ready_s, "followed": min(arguments.follow, each),
            "followed_s": followed_s}


def table(found):
    follow = f"{found['followed']:,} of them joined by members of it"
    return [("figure", "measured"),
            ("rooms, nodes", f"{found['rooms']:,}, {found['nodes']}"),
            ("a room, at each node", f"{found['bytes_per_room']:,.0f} B"),
            ("a followed room, in addition",
             f"{found['bytes_per_followed_room']:,.0f} B"),
            ("a member of another node",
             f"{found['bytes_per_remote_member']:,.0f} B"),
            ("one more node is ready after", f"{found['start_s']:.2f} s"),
            (follow, f"{found['followed_s']:.2f} s after its start")]


def read_arguments():
    parser = script.parser_of(__doc__)
    parser.add_argument("--rooms", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=10)
    parser.add_argument("--members", type=int, default=2000)
    parser.add_argument("--follow", type=int, default=10_000, metavar="N",
                        help="rooms that members of one more node join")
    script.add_programs(parser)
    arguments = parser.parse_args()
    if arguments.nodes < 2 or arguments.rooms < arguments.nodes - 1:
        parser.error("there are at least two nodes, and a room for each but one")
    return arguments


def main():
    arguments = read_arguments()
    if missing(arguments, "parleyd"):
        return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.parleyd_flags = [*UNLIMITED, *arguments.parleyd_flags]
    calm = os.getloadavg()[0]
    try:
        with (tempfile.TemporaryDirectory(dir=arguments.out) as directory,
              Nodes(arguments, arguments.nodes, directory, False) as nodes):
            found = measure(arguments, nodes)
    except (Failed, OSError, subprocess.SubprocessError) as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1
    print(plain(table(found)), end="")
    (arguments.out / "scale.json").write_text(json.dumps(found) + "\n")
    script.write_page(arguments.markdown, "bench-cluster-scale", 1, calm,
                      table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
