"""A hundred members that do not read, of a thousand in a busy room."""

import json
import re
import select
import socket
import struct
import time

import pytest

from client import CLOSE, Chat, Gone
from server import DEADLINE

MEMBERS, SLOW = 1000, 100
MESSAGES, SIZE = 60, 16 * 1024
SEQ = re.compile(rb'"seq":(\d+)')


class Follower:
    """Reads broadcasts without ever blocking and checks their numbers."""

    def __init__(self, chat):
        self.chat = chat
        self.unread = bytearray(chat.unread)
        self.seq = 0
        chat.socket.setblocking(False)

    def read(self):
        self.unread += self.chat.socket.recv(1 << 18)
        while True:
            if len(self.unread) < 4:
                return
            length, start = self.unread[1], 2
            if length == 126:
                (length,) = struct.unpack_from("!H", self.unread, 2)
                start = 4
            if len(self.unread) < start + length:
                return
            number = SEQ.search(self.unread, start, start + length)
            if number:
                assert int(number[1]) == self.seq + 1
                self.seq += 1
            del self.unread[:start + length]


@pytest.fixture
def start_twofold(start, tmp_path):
    """Starts servers with a Unix socket too. There the kernel takes 200 KiB
    and no more; over TCP it hides a slow reader for megabytes."""

    def start_twofold(*options):
        listen = "127.0.0.1:0", f"unix:{tmp_path}/sock"
        return start(*options, listen=listen)

    return start_twofold


@pytest.fixture
def room(start_twofold):
    server = start_twofold(
        "--presence-up-to", "0",
        "--lobby-announce-up-to", "0",
        "--history-bytes", "64KiB",
        "--limits-close-timeout", "5m",
    )
    author = Chat(server.address)
    author.ask_ok("join", room="busy", create=True)
    slow = [Chat(server.addresses[1]) for _ in range(SLOW)]
    fast = [Chat(server.address) for _ in range(MEMBERS - SLOW - 1)]
    for each in slow + fast:
        each.send_command("join", room="busy")
    for each in slow + fast:
        while each.next()["event"] != "joined":
            pass
    yield server, author, slow, fast
    for each in author, *slow, *fast:
        each.socket.close()


def test_readers_that_fall_behind_are_closed_and_affect_no_other(room):
    server, author, slow, fast = room
    before = server.memory()
    followers = {}
    poll = select.epoll()
    for each in fast:
        followers[each.socket.fileno()] = Follower(each)
        poll.register(each.socket.fileno(), select.EPOLLIN)
    most = before
    deadline = time.monotonic() + 3 * DEADLINE
    for n in range(1, MESSAGES + 1):
        author.post("busy", "x" * SIZE)
        # No faster than the other members can read.
        behind = len(followers)
        while behind:
            assert time.monotonic() < deadline, f"{behind} miss message {n}"
            for fd, _ in poll.poll(1):
                follower = followers[fd]
                had = follower.seq
                follower.read()
                behind -= follower.seq > had and follower.seq == n
        most = max(most, server.memory())
    assert most - before < 16 << 20

    received = [read_to_the_end(each) for each in slow]
    for seqs, bye, code in received:
        assert seqs == list(range(1, len(seqs) + 1)), "a hole"
        assert 0 < len(seqs) < MESSAGES
        assert (bye["reason"], code) == ("slow_consumer", 4102)
        assert (bye["room"], bye["seq"]) == ("busy", len(seqs) + 1)
    assert author.ask("rooms")["rooms"][0]["members"] == MEMBERS - SLOW


def read_to_the_end(chat):
    """Reads to the end of input; returns the numbers of messages, `bye`, and the close
    code."""
    seqs, bye = [], None
    while True:
        try:
            got = chat.read_frame()
        except Gone:
            return seqs, bye, None
        if got.opcode == CLOSE:
            chat.send_frame(CLOSE, got.payload)
            return seqs, bye, got.code
        event = json.loads(got.payload)
        if event["event"] == "bye":
            bye = event
        elif "seq" in event:
            seqs.append(event["seq"])


def test_a_slow_reader_that_catches_up_in_time_loses_nothing(start_twofold):
    server = start_twofold()
    author = Chat(server.address)
    author.ask_ok("join", room="busy", create=True)
    slow = Chat(server.addresses[1])
    slow.ask_ok("join", room="busy")
    for _ in range(200):
        author.post("busy", "x" * SIZE)
        author.inbox.clear()
    events = [slow.next() for _ in range(200)]
    assert [e["seq"] for e in events] == list(range(1, 201))
    slow.ask_ok("ping")


def test_a_reader_beyond_the_soft_limit_for_too_long_is_closed(start_twofold):
    server = start_twofold(
        "--limits-output-hard", "64MiB",
        "--limits-output-soft", "64KiB",
        "--limits-output-soft-time", "1s",
    )
    author = Chat(server.address)
    author.ask_ok("join", room="busy", create=True)
    slow = Chat(server.addresses[1])
    slow.ask_ok("join", room="busy")
    while author.next()["event"] != "join":
        pass
    while True:  # until it is gone
        author.ask_ok("broadcast", room="busy", message="x" * SIZE)
        if any(e["event"] == "leave" for e in author.inbox):
            break
        author.inbox.clear()
    seqs, bye, code = read_to_the_end(slow)
    assert seqs == list(range(1, len(seqs) + 1))
    assert code == 4102 and bye["reason"] == "slow_consumer"


def test_readers_that_stall_cost_next_to_nothing(start_twofold):
    """A thousand in a hundred rooms, for which 64 KiB were posted in each."""
    server = start_twofold()
    rooms = [f"r{n}" for n in range(100)]
    authors = [Chat(server.address) for _ in rooms]
    for author, room in zip(authors, rooms, strict=True):
        author.ask_ok("join", room=room, create=True)
    stalled = [Chat(server.addresses[1]) for _ in range(1000)]
    for n, each in enumerate(stalled):
        each.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        each.ask_ok("join", room=rooms[n % 100])

    def post(count):
        for author, room in zip(authors, rooms, strict=True):
            for _ in range(count):
                author.post(room, "x" * 1000)
                author.inbox.clear()

    post(220)  # the sockets are full
    before = server.memory()
    post(64)
    history = 100 * 64 * 1200
    cost = (server.memory() - before - history) / len(stalled)
    print(f"{cost:.0f} bytes each")
    assert cost < 4096
    for each in stalled[::100]:
        numbers = []
        while len(numbers) < 284:
            event = each.next()
            if event["event"] == "broadcast" and "seq" in event:
                numbers.append(event["seq"])
        assert numbers == list(range(1, 285))
    for each in *authors, *stalled:
        each.socket.close()


def test_a_reader_that_takes_nothing_is_closed(start_twofold):
    server = start_twofold(
        "--limits-write-stall", "1s", "--limits-close-timeout", "60s"
    )
    author = Chat(server.address)
    author.ask_ok("join", room="busy", create=True)
    stalled = Chat(server.addresses[1])
    stalled.ask_ok("join", room="busy")
    author.expect("broadcast", message=f"{stalled.name} has joined!")
    author.expect("join", room="busy")
    began = time.monotonic()
    for _ in range(25):
        author.post("busy", "x" * SIZE)
    author.expect("leave", member=stalled.name)
    assert time.monotonic() - began > 0.5
    seqs, bye, code = read_to_the_end(stalled)
    assert seqs == list(range(1, len(seqs) + 1))
    assert (bye["reason"], code) == ("slow_consumer", 4102)
