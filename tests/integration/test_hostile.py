"""Hostile input of one connection does not affect other connections."""

import json
import select
import struct
import time
import zlib

import pytest

from client import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Chat,
    Connection,
    WebSocket,
    close_frame,
    fragments,
    frame,
    head,
)


@pytest.fixture(scope="module")
def bystander(parleyd):
    chat = Chat(parleyd.address)
    yield chat
    chat.leave()


@pytest.fixture(autouse=True)
def chatting(bystander):
    """Another client posts before and after every attack."""
    bystander.ask_ok("join", room="refuge", create=True)
    bystander.pending()
    bystander.post("refuge", "before")
    yield
    bystander.post("refuge", "after")
    bystander.pending()
    assert bystander.ask("list")["members"] == [bystander.name]


@pytest.fixture
def attacker(parleyd):
    with WebSocket(parleyd.address) as ws:
        yield ws


def deflated(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


ATTACKS = [
    ("unmasked frame", frame(TEXT, "{}", mask=None), 1002),
    ("reserved bit", frame(TEXT, "{}", rsv=1), 1002),
    ("deflated without asking", frame(TEXT, "{}", rsv=4), 1002),
    ("reserved data opcode", frame(3, "x"), 1002),
    ("reserved control opcode", frame(11, "x"), 1002),
    ("fragmented ping", frame(PING, "x", fin=False), 1002),
    ("oversized ping", frame(PING, "x" * 126), 1002),
    ("ping that claims 2^62", frame(PING, "", length=1 << 62), 1002),
    ("stray continuation", frame(CONTINUATION, "x"), 1002),
    ("interleaved messages", frame(TEXT, "a", fin=False) + frame(TEXT, "b"), 1002),
    ("invalid UTF-8", frame(TEXT, b"\xff"), 1007),
    ("invalid UTF-8, unfinished", frame(TEXT, b"\xc3\x28", fin=False), 1007),
    ("invalid UTF-8 across frames", fragments(TEXT, [b"\xed", b"\xa0\x80"]), 1007),
    ("half a close code", frame(CLOSE, b"\x03"), 1002),
    ("close code 1005", close_frame(1005), 1002),
    ("close code 0", close_frame(0), 1002),
    ("close reason not UTF-8", close_frame(1000, b"\xff"), 1007),
    ("top bit of the length", struct.pack("!BBQ", 0x81, 0xFF, 1 << 63) + b"mask", 1002),
    ("length 2^62", frame(BINARY, b"", length=1 << 62), 1009),
    ("length one too large", frame(TEXT, b"", length=(1 << 20) + 1), 1009),
    ("too large by fragments",
     frame(TEXT, b"x" * (1 << 20), fin=False) + frame(CONTINUATION, b"y"), 1009),
    ("ten thousand fragments", frame(TEXT, b"x", fin=False)
     + frame(CONTINUATION, b"", fin=False) * 10_000, 1008),
    ("ping flood", frame(PING, b"x" * 125) * 5_000, 1008),
    ("pong flood", frame(PONG) * 5_000, 1008),
]


@pytest.mark.parametrize("bytes_, code", [a[1:] for a in ATTACKS],
                         ids=[a[0] for a in ATTACKS])
@pytest.mark.parametrize("in_bytes", [False, True])
def test_is_closed_with_the_right_code(attacker, bytes_, code, in_bytes):
    if in_bytes:
        attacker.send_in_bytes(bytes_[:400])
        bytes_ = bytes_[400:]
    attacker.send(bytes_)
    assert attacker.read_close(answer=True).code == code


@pytest.mark.parametrize("code", [1008, 1009])
def test_sends_bye_before_a_close_of_its_own(attacker, code):
    flood = {1008: frame(PING) * 1_000, 1009: frame(TEXT, length=1 << 62)}
    attacker.send(flood[code])
    bye = {}
    while bye.get("event") != "bye":
        bye = json.loads(attacker.read_message())
    assert bye["code"] == code and bye["reason"]
    assert attacker.read_close(answer=True).code == code


def test_a_declared_length_reserves_nothing(parleyd):
    crowd = [WebSocket(parleyd.address) for _ in range(100)]
    before = parleyd.memory()
    for each in crowd:
        each.send_frame(TEXT, b"x", length=1 << 20)
        each.send(frame(PING))
    for each in crowd:
        each.read_message(), each.read_message()  # the greeting
    witness = Chat(parleyd.address)
    witness.leave()
    assert parleyd.memory() < before + (20 << 20)
    for each in crowd:
        each.reset()


def test_a_bomb_is_refused_while_it_inflates(start):
    server = start("--deflate-enabled", "on")
    chat = Chat(server.address)
    chat.pending()
    before = server.memory()
    bomb = frame(TEXT, deflated(b" " * (100 << 20)), rsv=4)
    for _ in range(5):
        offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
        with WebSocket(server.address, **offer) as ws:
            ws.send(bomb)
            ws.expect_close(1009)
    assert server.memory() < before + (50 << 20)
    chat.ask_ok("list")
    chat.leave()


def test_frames_behind_a_refused_handshake_are_never_read(parleyd):
    with Connection(parleyd.address) as connection:
        smuggled = frame(TEXT, '{"command":"broadcast","message":"smuggled"}')
        connection.send(head(Sec_WebSocket_Version="8") + smuggled)
        assert connection.read_response().status == 426
        connection.expect_end()


def test_one_byte_per_packet_is_slow_but_right(parleyd):
    with Connection(parleyd.address) as connection:
        connection.send_in_bytes(head() + frame(TEXT, '{"command":"list"}'))
        connection.send_in_bytes(close_frame(1000))
        received = connection.read_until(b"\x88\x02\x03\xe8")
    assert b'"members"' in received


def test_what_was_sent_before_half_closing_still_counts(parleyd, bystander):
    with Chat(parleyd.address) as half:
        half.ask_ok("join", room="refuge")
        half.send_command("broadcast", room="refuge", message="last words")
        half.end_sending()
        while bystander.next().get("message") != "last words":
            pass
        while bystander.next()["event"] != "leave":
            pass


def test_a_reset_in_the_middle_of_a_frame_is_a_departure(parleyd, bystander):
    chat = Chat(parleyd.address)
    chat.ask_ok("join", room="refuge")
    chat.send(frame(TEXT, b"x" * 1000, length=100_000))
    chat.reset()
    while bystander.next()["event"] != "leave":
        pass


def test_broken_json_affects_only_its_author(parleyd):
    with Chat(parleyd.address) as chat:
        nasty = [
            "[" * 100_000,
            '{"a":' * 10_000,
            '{"' + "k" * 500_000,
            '{"command":"ping","x":"' + "\\u0000" * 100_000 + '"}',
            "{" + ",".join(f'"{n}":0' for n in range(50_000)) + "}",
            '{"command":"ping","x":' + "9" * 500_000 + "}",
            '{"command":"ping","x":1e' + "9" * 10_000 + "}",
        ]
        for text in nasty:
            chat.send_text(text)
            assert chat.next()["event"] in ("error", "pong")
        chat.ask_ok("ping")


def send_for(socket, data, seconds):
    """Sends the data repeatedly; returns how many bytes the server took."""
    taken, end = 0, time.monotonic() + seconds
    socket.setblocking(False)
    while time.monotonic() < end:
        try:
            taken += socket.send(data[taken % len(data):])
        except BlockingIOError:
            select.select([], [socket], [], 0.05)
        except ConnectionError:
            break
    return taken


# What is in the two kernels' buffers counts as taken.
BUFFERS = 16 << 20


@pytest.mark.parametrize(
    "offence",
    [frame(TEXT, "{}", mask=None), frame(PONG) * 1000],
    ids=["after an error", "while the close frame is awaited"],
)
def test_input_after_the_end_is_read_up_to_a_bound(attacker, offence):
    attacker.send(offence)
    while attacker.read_frame().opcode != CLOSE:
        pass
    taken = send_for(attacker.socket, frame(BINARY, bytes(60000)) * 4, 1.5)
    assert taken < BUFFERS, f"{taken >> 20} MiB"


def test_pongs_wait_for_a_client_that_does_not_read(start):
    server = start(
        *("--limits-control-frames", "1000000/s"),
        *("--limits-control-frames-burst", "1000000"),
    )
    with WebSocket(server.address) as ws:
        before = server.memory("VmHWM")
        send_for(ws.socket, frame(PING, bytes(125)) * 500, 2)
        grown = server.memory("VmHWM") - before
    assert grown < 4 << 20, f"{grown >> 20} MiB"
