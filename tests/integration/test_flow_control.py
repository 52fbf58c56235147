"""Clients that keep the rules are never closed, however fast the others are. If a
client does not read its answers, the server does not read its commands; a slow reader
continues where it stopped."""

import json
import threading
import time

import pytest

from client import CLOSE, TEXT, Chat, Gone, frame
from dialects import Action, Topic
from server import DEADLINE, eventually

KIB = 1024


class Reader(threading.Thread):
    """Reads as fast as it can, and keeps what it got."""

    def __init__(self, member, wanted):
        super().__init__(daemon=True)
        self.member, self.wanted = member, wanted
        self.got, self.closed = [], None
        self.start()

    def run(self):
        while len(self.got) < self.wanted:
            try:
                got = self.member.read_frame()
            except (Gone, TimeoutError) as error:
                self.closed = repr(error)
                return
            if got.opcode == CLOSE:
                self.closed = got.code
                return
            if got.opcode == TEXT:
                self.take(json.loads(got.payload))

    def take(self, event):
        if event.get("event") == "broadcast" and "member" in event:
            self.got.append(event)

    def finish(self):
        self.join(6 * DEADLINE)
        assert self.closed is None, (self.closed, len(self.got))
        assert len(self.got) == self.wanted
        return self.got


def fill(address, room, messages, size):
    author = Chat(address)
    author.ask_ok("join", room=room, create=True, persistent=True)
    for _ in range(messages):
        author.post(room, "x" * size)
    return author


@pytest.mark.parametrize("store", ["memory", "file"])
def test_busy_rooms_are_rejoined_in_one_go(start, tmp_path, store):
    """Eight rooms, for each of which a page of 256 KiB is missing."""
    options = ["--store-kind", store]
    if store == "file":
        options += ["--store-dir", str(tmp_path), "--store-sync", "never"]
    server = start(*options)
    rooms = [f"room{n}" for n in range(8)]
    authors = [fill(server.address, room, 300, 1000) for room in rooms]
    member = Chat(server.address)
    commands = [
        frame(TEXT, json.dumps({"command": "join", "room": room, "history": 1000}))
        for room in rooms
    ]
    member.send(b"".join(commands) + frame(TEXT, '{"command":"ping"}'))
    joined = []
    while (event := member.next())["event"] != "pong":
        if event["event"] == "joined":
            assert len(event["messages"]) > 200
            joined.append(event["room"])
    assert joined == rooms
    for author in authors:
        author.socket.close()


def test_answers_that_are_not_read_hold_commands_back(start):
    """A page each for a thousand commands, of which a client reads none: the
    server keeps no more than one or two of them, and answers all in the end."""
    server = start()
    author = fill(server.address, "room", 250, 1000)
    member = Chat(server.address)
    member.ask_ok("join", room="room")
    before = server.memory()
    count = 1000
    command = frame(TEXT, json.dumps(
        {"command": "history", "room": "room", "limit": 1000}))
    sender = threading.Thread(target=member.send, args=(command * count,))
    sender.start()
    # Others are served meanwhile.
    for _ in range(100):
        author.ask_ok("ping")
    assert server.memory() - before < 8 << 20
    for _ in range(count):
        assert len(member.next()["messages"]) > 200
    sender.join()
    member.ask_ok("ping")


@pytest.mark.parametrize("store", ["memory", "file"])
def test_large_messages_of_several_at_once_close_no_connection(start, tmp_path, store):
    """Four members post 10 × 50 kB at once, and read as fast as they can."""
    options = ["--store-kind", store]
    if store == "file":
        options += ["--store-dir", str(tmp_path), "--store-sync", "never"]
    server = start(*options)
    members = [Chat(server.address) for _ in range(4)]
    for each in members:
        each.ask_ok("join", room="busy", create=True, persistent=True)
    post = frame(TEXT, json.dumps(
        {"command": "broadcast", "room": "busy", "message": "x" * 50_000}))
    readers = [Reader(each, 40) for each in members]
    senders = [threading.Thread(target=each.send, args=(post * 10,))
               for each in members]
    for sender in senders:
        sender.start()
    for reader in readers:
        got = [event["seq"] for event in reader.finish()]
        assert got == list(range(1, 41))


def test_a_flood_in_the_lobby_closes_no_connection(start):
    """Two anonymous clients post 2 MB each; a hundred members read."""
    server = start("--lobby-announce-up-to", "0")
    members = [Chat(server.address) for _ in range(98)]
    senders = [Chat(server.address) for _ in range(2)]
    post = frame(TEXT, json.dumps(
        {"command": "broadcast", "message": "x" * 40_000}))
    readers = [Reader(each, 100) for each in members + senders]
    floods = [threading.Thread(target=each.send, args=(post * 50,))
              for each in senders]
    for flood in floods:
        flood.start()
    for reader in readers:
        names = [event["member"] for event in reader.finish()]
        assert {name: names.count(name) for name in names} == {
            each.name: 50 for each in senders}


@pytest.fixture
def start_twofold(start, tmp_path):
    """Starts servers whose last address is a Unix socket. There the kernel
    takes 200 KiB and no more; over TCP it hides a slow reader for megabytes."""

    def start_twofold(*options, dialect="command"):
        listen = "127.0.0.1:0", f"unix:{tmp_path}/sock={dialect}"
        return start("--history-bytes", "32MiB", *options, listen=listen)

    return start_twofold


class TestSlowReadersGoOn:
    """Members that stop reading and go on get everything, in order, in each
    dialect."""

    COUNT, SIZE = 300, 30_000

    def test_native(self, start_twofold):
        server = start_twofold()
        author = Chat(server.address)
        author.ask_ok("join", room="busy", create=True)
        slow = Chat(server.addresses[1])
        slow.ask_ok("join", room="busy")
        for _ in range(self.COUNT):
            author.post("busy", "x" * self.SIZE)
            author.inbox.clear()
        # It posts a message, which comes behind all that it missed.
        slow.send_command("broadcast", room="busy", message="me too", ref="1")
        seqs = []
        while (event := slow.next())["event"] != "ack":
            if event["event"] == "broadcast" and "seq" in event:
                seqs.append(event["seq"])
        assert seqs == list(range(1, self.COUNT + 2))
        assert event["seq"] == self.COUNT + 1

    def test_native_presence(self, start_twofold):
        """Presence events come in their place, or as the final state."""
        server = start_twofold("--presence-up-to", "1000")
        author = Chat(server.address)
        author.ask_ok("join", room="busy", create=True)
        slow = Chat(server.addresses[1])
        slow.ask_ok("join", room="busy")
        late = Chat(server.address)

        def fill(rounds):
            for n in range(self.COUNT):
                if n == self.COUNT // 2:
                    for _ in range(rounds):
                        late.ask_ok("join", room="busy")
                        late.ask_ok("leave", room="busy")
                    late.ask_ok("join", room="busy")
                author.post("busy", "x" * self.SIZE)
                author.inbox.clear()
            return [event for event in slow.pending()
                    if event.get("room") == "busy"]

        notified = [event["event"] for event in fill(2)]
        middle = self.COUNT // 2
        assert notified == ["broadcast"] * middle + [
            "join", "leave", "join", "leave", "join"] + ["broadcast"] * middle
        late.ask_ok("leave", room="busy")
        events = fill(100)
        assert events[0]["event"] == "leave"
        assert events[-1]["event"] == "list"
        assert events[-1]["members"] == [author.name, slow.name, late.name]
        # From here on, it gets presence events again.
        late.ask_ok("leave", room="busy")
        assert [e["event"] for e in slow.pending()] == ["leave"]

    def test_action(self, start_twofold):
        server = start_twofold(dialect="action")
        author, slow = (Action(server.addresses[1]) for _ in range(2))
        room = author.create("Busy")
        slow.join(room)
        for n in range(self.COUNT):
            author.send_command("message", f"{n} " + "x" * self.SIZE)
            author.next()
        got = []
        while len(got) < self.COUNT:
            got.append(int(slow.next()["body"].split()[0]))
        assert got == list(range(self.COUNT))
        # The author gets an answer, and not its own message.
        slow.send_command("message", "me too")
        assert slow.next() == {"status": "success", "message": "Message sent"}

    def test_topic(self, start_twofold):
        server = start_twofold(dialect="topic")
        author = Chat(server.address)
        author.ask_ok("join", room="busy", create=True)
        slow = Topic(server.addresses[1])
        slow.join("slow", "busy")
        for n in range(self.COUNT):
            author.post("busy", f"{n} " + "x" * self.SIZE)
            author.inbox.clear()
        got = []
        while len(got) < self.COUNT:
            got.append(int(slow.next()["message"].split()[0]))
        assert got == list(range(self.COUNT))


def test_a_message_to_a_member_that_does_not_read_is_refused(start_twofold):
    server = start_twofold("--limits-output-hard", "256KiB")
    author, stalled = map(Chat, server.addresses)
    author.expect("broadcast", message=f"{stalled.name} has joined!")
    sent = 0
    while True:
        got = author.ask("dm", recipient=stalled.id, message="x" * 30_000)
        if got["event"] == "error":
            break
        sent += 1
        assert sent < 1000
    assert got["code"] == "unavailable" and got["retry_after_ms"] > 0
    # No accepted message is lost, and new ones are accepted.
    for _ in range(sent):
        stalled.expect("dm", member=author.name)
    eventually(lambda: author.ask("dm", recipient=stalled.id, message="hi")
               ["event"] == "dm_sent")


def test_a_reader_that_falls_behind_gets_room_and_seq(start_twofold):
    server = start_twofold("--history-bytes", "256KiB")
    author = Chat(server.address)
    author.ask_ok("join", room="busy", create=True)
    slow = Chat(server.addresses[1])
    joined = slow.ask_ok("join", room="busy")
    for _ in range(400):
        author.post("busy", "x" * 30_000)
        author.inbox.clear()
    bye, events = slow.expect_bye(4102)
    seqs = [event["seq"] for event in events if "seq" in event]
    assert seqs == list(range(1, len(seqs) + 1))
    assert (bye["room"], bye["seq"]) == ("busy", len(seqs) + 1)
    # It joins again from there, and the answer has the missing range.
    back = Chat(server.address)
    since = {"epoch": joined["epoch"], "seq": bye["seq"] - 1}
    again = back.ask_ok("join", room="busy", since=since)
    assert again["recovered"] is False
    assert again["missing"][0] == bye["seq"]


def test_a_slow_reader_is_not_closed_as_long_as_it_reads(start_twofold):
    """A client that reads a few bytes now and then meets no deadline."""
    server = start_twofold("--limits-write-stall", "3s",
                           "--limits-ping-interval", "1s",
                           "--limits-pong-timeout", "2s")
    author = Chat(server.address)
    author.ask_ok("join", room="busy", create=True)
    slow = Chat(server.addresses[1])
    slow.ask_ok("join", room="busy")
    post = frame(TEXT, json.dumps(
        {"command": "broadcast", "room": "busy", "message": "x" * 30_000}))
    reader = Reader(author, 150)
    sender = threading.Thread(target=author.send, args=(post * 150,))
    sender.start()
    seqs, began = [], time.monotonic()
    while len(seqs) < 150:
        event = slow.next()
        if event["event"] == "broadcast" and "seq" in event:
            seqs.append(event["seq"])
        # About 5 seconds for all of it, longer than any deadline.
        time.sleep(max(0, began + len(seqs) * 0.033 - time.monotonic()))
    assert seqs == list(range(1, 151))
    sender.join()
    reader.finish()
