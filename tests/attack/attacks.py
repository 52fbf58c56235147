"""The attacks, one function each; its first line describes it.

A function starts the server with its options, connects the clients, calls bed.watch(),
attacks, and returns the result. Options are the
defaults otherwise.
"""

import contextlib
import json
import os
import resource
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from testbed import (
    NO_MASK, TEXT, Attacker, Chat, Gone, command, deflated, frame, get)

FLOOD = os.environ.get("ATTACK_FLOOD", str(
    Path(__file__).resolve().parents[2] / "build/release/attack_flood"))
BENCH = os.environ.get("PARLEY_BENCH", str(
    Path(__file__).resolve().parents[2] / "build/release/parley-bench"))
DEFLATE = {"Sec_WebSocket_Extensions":
           "permessage-deflate; client_no_context_takeover"}
PAYLOAD = "#payload#"


def payload(size):
    return PAYLOAD + "x" * (size - len(PAYLOAD))


def fill(bed, room, count, size, **fields):
    """A member that has created a room and posted so many messages of this size."""
    owner = Chat(bed.address)
    owner.ask_ok("join", room=room, create=True, **fields)
    for _ in range(count):
        owner.ask_ok("broadcast", room=room, message=payload(size))
        owner.inbox.clear()
    return owner


# --- clients that behave ------------------------------------------------------


def rejoin(bed):
    """a client that behaves joins 8 rooms of 256 KiB in one packet, 5 times"""
    bed.start()
    owners = [fill(bed, f"room{n}", 4, 65_000) for n in range(8)]
    bed.watch()
    whole = 0
    for _ in range(5):
        client = Attacker(bed)
        client.send(b"".join(
            command(command="join", room=f"room{n}", history=1000)
            for n in range(8)))
        with contextlib.suppress(Gone):
            client.wait_for(b'"event":"joined"', 8)
            whole += 1
        client.socket.close()
    del owners
    return f"{whole} of 5 complete", whole == 5


def healthy_readers(bed):
    """4 members send 10 × 50 kB at once to a room of 20 that read at once"""
    bed.start()
    bed.readers(20, "room")
    authors = [Attacker(bed) for _ in range(4)]
    for each in authors:
        each.send(command(command="join", room="room"))
        each.wait_for(b'"event":"joined"')
    bed.watch()
    sent = b"".join(command(command="broadcast", room="room",
                            message=payload(50_000), ref=n) for n in range(10))
    acked = []

    def author(n):
        # It reads, too: it waits for its ten acknowledgements.
        authors[n].send(sent)
        authors[n].wait_for(b'"event":"ack"', 10)
        acked.append(n)

    with contextlib.suppress(Gone):
        bed.together(author, 4)
    time.sleep(1)
    return expect_messages(40, f", {len(acked)} of 4 authors acked",
                           len(acked) == 4)


def expect_messages(count, text="", good=True):
    """Judged when the readers have reported."""
    def judge(found):
        least = found["readers"]["least"]
        return f"each reader {least} of {count}{text}", good and least == count
    return judge


# --- few bytes, much work -------------------------------------------------------


def lobby_flood(bed):
    """2 anonymous connections send 1 MB each to a lobby of 100"""
    bed.start()
    bed.readers(100)
    senders = [Attacker(bed) for _ in range(2)]
    bed.watch()
    sent = b"".join(command(command="broadcast", message=payload(60_000))
                    for _ in range(17))
    bed.together(lambda n: send_and_read(senders[n], sent, bed), 2)
    return "", True


def send_and_read(connection, data, bed):
    """Sends, and reads what comes until the time is over."""
    connection.send(data)
    connection.socket.settimeout(0.2)
    goes_on = bed.until_over()
    while goes_on():
        try:
            connection.receive()
        except TimeoutError:
            pass
        except Gone:
            return


def lobby_compressed(bed):
    """1 compressed sender of 18.6 KB to a lobby of 200"""
    bed.start("--deflate-enabled", "on")
    bed.readers(200)
    sender = Attacker(bed, **DEFLATE)
    one = deflated(json.dumps(
        {"command": "broadcast", "message": payload(65_000)}).encode())
    bed.watch()
    send_and_read(sender, one * (18_600 // len(one)), bed)
    return "", True


def history_compressed(bed):
    """4 connections ask for compressed pages of history"""
    bed.start("--deflate-enabled", "on")
    owner = fill(bed, "room", 0, 0)
    texts = "".join(f"{n * 7919 % 10007} " for n in range(12_000))
    for _ in range(4):
        owner.ask_ok("broadcast", room="room", message=texts[:60_000])
        owner.inbox.clear()
    bed.watch()
    answers = [0] * 4
    bed.together(lambda n: ask_always(
        bed, answers, n, b"", join="room",
        ask=command(command="history", room="room", limit=1000)), 4)
    return f"{sum(answers) / bed.seconds:.0f} KB/s", True


def ask_always(bed, answers, number, mark, ask, join=None, window=8):
    """Asks whenever an answer has come; waits a second when refused. Counts
    answers by a mark, or kilobytes without one."""
    client = Attacker(bed, **DEFLATE)
    if join:
        client.send(command(command="join", room=join))
    client.send(ask * window)
    client.socket.settimeout(0.25)
    goes_on = bed.until_over()
    begun = time.monotonic()
    asked = window
    while goes_on():
        try:
            data = client.receive()
        except TimeoutError:
            data = b""
        except Gone:
            return
        answers[number] += data.count(mark) if mark else len(data) / 1000
        # A pipeline at the rate that the defaults of 0.2 allowed, and
        # faster where answers come faster.
        due = window + int(45 * (time.monotonic() - begun))
        due = max(due, answers[number] + window) if mark else due
        if due > asked:
            client.send(ask * int(due - asked))
            asked = int(due)


def rooms_list(bed):
    """1 connection asks for a list of 10 000 rooms"""
    bed.start()
    owners = []
    for member in range(157):
        owner = Attacker(bed)
        owners.append(owner)
        count = min(64, 10_000 - member * 64)
        owner.send(b"".join(command(command="create", name=f"Room {member} {n}")
                            for n in range(count)))
    for member, owner in enumerate(owners):
        owner.wait_for(b'"event":"created"', min(64, 10_000 - member * 64))
    bed.watch()
    answers = [0]
    ask_always(bed, answers, 0, b'"event":"rooms"',
               command(command="rooms"))
    return f"{answers[0]} answers", True


def rename(bed):
    """1 member of 64 rooms of 3 000 changes its name 60 times in one packet"""
    # The readers are busy with joining for long, and answer no pings.
    bed.start("--presence-up-to", "0", "--limits-ping-interval", "0")
    rooms = [f"room{n}" for n in range(64)]
    bed.readers(3000, *rooms)
    member = Attacker(bed)
    member.send(b"".join(command(command="join", room=room) for room in rooms))
    member.wait_for(b'"event":"joined"', 64)
    bed.watch()
    time.sleep(1)
    send_and_read(member, b"".join(command(command="name", name=f"name{n}")
                                   for n in range(60)), bed)
    return "", True


def connections(bed):
    return json.loads(get(bed.address, "/stats").body)["connections"]


def large_room(bed):
    """1 member sends to a room of 9 000, 16 messages under way"""
    bed.start("--limits-connections", "12000", "--limits-accept-rate", "0")
    with subprocess.Popen(
            [BENCH, "--json", "--pid", str(bed.server.pid), "--seconds",
             str(bed.seconds), "--members", "9000", "--window", "16",
             "flight-1000", f"127.0.0.1:{bed.port}"],
            stdout=subprocess.PIPE, text=True) as load:
        while connections(bed) < 9_000 and load.poll() is None:
            pass
        bed.watch()
        figures = json.loads(load.communicate(timeout=60 + bed.seconds)[0])
    return (f"{figures['deliveries_per_wall_s'] / 1000:.0f} k deliveries/s",
            load.returncode == 0)


def compressed_json(bed):
    """8 connections send frames of 256 B that become 61 KB of JSON"""
    bed.start("--deflate-enabled", "on")
    one = deflated(b'{"command":"typing","room":"nowhere","x":['
                   + b'"",' * 20_300 + b"0]}")
    bed.watch()
    answers = [0] * 8
    bed.together(lambda n: ask_always(bed, answers, n, b"", one), 8)
    return f"{len(one)} B each", True


# --- connections that do not read, or do not stop -------------------------------


def input_after_close(bed):
    """1 connection breaks the protocol and goes on sending"""
    bed.start()
    bed.watch()
    client = Attacker(bed)
    client.send(b"\xff\xff" + bytes(64))
    client.socket.settimeout(0.2)
    piece = bytes(1 << 20)
    goes_on = bed.until_over()
    while goes_on():
        try:
            bed.sent += client.socket.send(piece)
        except TimeoutError:
            pass
        except OSError:
            break
    taken = bed.sent
    return f"server took {taken / 1e6:.1f} MB", taken < 64e6


def pongs(bed):
    """1 connection sends pings without a limit and reads nothing"""
    bed.start("--limits-control-frames", "0", "--limits-bytes", "0")
    bed.watch()
    client = Attacker(bed)
    client.socket.settimeout(0.2)
    piece = frame(0x9, bytes(125), mask=NO_MASK) * 1000
    goes_on = bed.until_over()
    left = b""
    while goes_on():
        left = left or piece
        try:
            sent = client.socket.send(left)
        except TimeoutError:
            continue
        except OSError:
            break
        bed.sent += sent
        left = left[sent:]
    return lambda found: ("", found["rss"] < 16 << 20)


def unfinished(bed):
    """9 000 connections hold unfinished messages; 20 members send in 2 pieces"""
    bed.start("--limits-input-total", "32MiB", "--limits-connections", "12000")
    honest = [Chat(bed.address) for _ in range(20)]
    for n, each in enumerate(honest):
        each.ask_ok("join", room=f"room{n}", create=True)
    bed.watch()
    piece = frame(TEXT, payload(3700), mask=NO_MASK, length=8000)
    held = []
    for _ in range(9000):
        held.append(Attacker(bed))
        held[-1].send(piece)
    whole = [frame(TEXT, json.dumps({
        "command": "broadcast", "room": f"room{n}",
        "message": payload(30_000), "ref": "own"})) for n in range(20)]
    acked = 0
    for _ in range(3):
        for each, message in zip(honest, whole):
            each.send(message[:20_000])
        time.sleep(0.3)
        for each, message in zip(honest, whole):
            each.send(message[20_000:])
    for each in honest:
        with contextlib.suppress(Gone, AssertionError):
            count = 0
            while count < 3:
                event = each.next()
                count += event.get("ref") == "own" and event["event"] == "ack"
                acked += event.get("ref") == "own" and event["event"] == "ack"
    return f"{acked} of 60 honest messages acked", acked == 60


def stalled(bed):
    """1 000 members of 100 rooms read nothing while 20 others talk there"""
    bed.start("--limits-connections", "12000")
    idle = []
    for n in range(1000):
        client = Attacker(bed)
        client.send(command(command="join", room=f"room{n % 100}", create=True))
        client.wait_for(b'"event":"joined"')
        idle.append(client)
    bed.readers(20, "room0")
    authors = [Attacker(bed) for _ in range(20)]
    for n, each in enumerate(authors):
        each.send(b"".join(command(command="join", room=f"room{n * 5 + i}")
                           for i in range(5)))
        each.wait_for(b'"event":"joined"', 5)
    bed.watch()
    sent = [b"".join(command(command="broadcast", room=f"room{n * 5 + i % 5}",
                             message=payload(9_000), ref=i) for i in range(100))
            for n in range(20)]
    bed.together(lambda n: send_and_read(authors[n], sent[n], bed), 20)
    return expect_messages(20)


# --- connections --------------------------------------------------------------


def flood(bed, rate, sources, *request):
    bed.start()
    bed.watch(dial=True)
    before = cpu_of_children()
    found = subprocess.run(
        ["nice", "-n", "5", FLOOD, str(bed.port), str(rate), str(sources),
         str(bed.seconds), *request], capture_output=True, text=True, check=True)
    bed.cpu -= cpu_of_children() - before
    opened = json.loads(found.stdout)["opened"]
    bed.connections += opened

    def judge(found):
        dial = found["dial"]
        return (f"{opened / bed.seconds:.0f}/s; "
                f"livez {milliseconds(dial['livez'])}, "
                f"handshake {milliseconds(dial['handshake'])}",
                all(each["failed"] == 0 and each["own"]["max"] < 500
                    for each in dial.values()))
    return judge


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def milliseconds(figures):
    if figures["max"] is None:
        return f"none, {figures['failed']} failed"
    return (f"p50 {figures['p50']:.1f} max {figures['max']:.1f} "
            f"(own {figures['own']['max']:.1f}) ms, "
            f"{figures['failed']} failed")


def flood_1500_one(bed):
    """1 500 connects a second from one address"""
    return flood(bed, 1500, 1)


def flood_10000_one(bed):
    """10 000 connects a second from one address"""
    return flood(bed, 10_000, 1)


def flood_1500_many(bed):
    """1 500 connects a second from 100 addresses"""
    return flood(bed, 1500, 100)


def flood_10000_many(bed):
    """10 000 connects a second from 100 addresses"""
    return flood(bed, 10_000, 100)


def flood_upgrades_one(bed):
    """1 500 requests for a WebSocket a second from one address"""
    return flood(bed, 1500, 1, "request")


def flood_upgrades_many(bed):
    """10 000 requests for a WebSocket a second from 100 addresses"""
    return flood(bed, 10_000, 100, "request")


def descriptors(bed):
    """200 silent connections, RLIMIT_NOFILE 160, while the journal rotates"""
    with tempfile.TemporaryDirectory() as directory:
        bed.start("--store-kind", "file", "--store-dir", directory + "/store",
                   "--store-segment", "2MiB", "--limits-bytes", "0",
                   "--limits-messages", "0", files=160)
        author = Chat(bed.address)
        author.ask_ok("join", room="room", create=True, persistent=True)
        bed.watch()
        silent = []
        for _ in range(200):
            silent.append(socket.create_connection(bed.address))
            bed.connections += 1
        acked = 0
        for _ in range(120):
            got = author.ask("broadcast", room="room", message=payload(60_000))
            author.inbox.clear()
            acked += got["event"] == "ack"
        for each in silent:
            each.close()
        time.sleep(0.5)
        ready = get(bed.address, "/readyz").status
        bed.finish()
        bed.server.signal()
        bed.server.wait()
    return f"{acked} of 120 acked, readyz {ready}", acked == 120


def history_eviction(bed):
    """24 connections fill histories, history.total_bytes 16 MiB"""
    bed.start("--history-total-bytes", "16MiB")
    victim = fill(bed, "victim", 50, 1000)
    bed.watch()
    attackers = [Attacker(bed) for _ in range(24)]
    for n, each in enumerate(attackers):
        each.send(command(command="join", room=f"fill{n}", create=True)
                  + b"".join(command(command="broadcast", room=f"fill{n}",
                                     message=payload(64_000))
                             for _ in range(16)))
    time.sleep(min(bed.seconds, 5))
    left = len(victim.ask_ok("history", room="victim", limit=1000)["messages"])
    return f"{left} of 50 messages left", left == 50


def persistent_rooms(bed):
    """8 connections make persistent rooms, limits.rooms 1 500"""
    bed.start("--limits-rooms", "1500")
    attackers = [Attacker(bed) for _ in range(8)]
    bed.watch()
    made = 0
    while made < 1700:
        for n, each in enumerate(attackers):
            room = f"squat{made}"
            each.send(command(command="create", name=room, room=room,
                              persistent=True)
                      + command(command="leave", room=room))
            made += 1
        time.sleep(8 / 200)
    time.sleep(0.5)
    got = Chat(bed.address).ask("create", name="honest")
    return (f"{made} asked for; an honest create: "
            f"{got.get('code', got['event'])}", got["event"] == "created")


ALL = [rejoin, healthy_readers, lobby_flood, lobby_compressed,
       history_compressed, rooms_list, rename, large_room, compressed_json,
       input_after_close, pongs, unfinished, stalled,
       flood_1500_one, flood_1500_many, flood_10000_one, flood_10000_many,
       flood_upgrades_one, flood_upgrades_many,
       descriptors, history_eviction, persistent_rooms]
