"""RFC 6455 from outside, over the echo server: a small conformance suite."""

import pytest

from client import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    WebSocket,
    close_frame,
    fragments,
    frame,
)

SIZES = [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20]
WHOLE, BYTES, PIECES = None, 1, 997


@pytest.fixture
def ws(plain_echo):
    with WebSocket(plain_echo.address, "/any/path") as ws:
        yield ws


def send(ws, data, step):
    for n in range(0, len(data), step or len(data)):
        ws.send(data[n:n + (step or len(data))])


# --- framing ---------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_echoes_messages_of_any_size(ws, opcode, size):
    payload = bytes(ord("a") + n % 26 for n in range(size))
    ws.send_frame(opcode, payload)
    assert ws.read_frame() == Frame(opcode, payload)
    ws.close()


@pytest.mark.parametrize("step", [WHOLE, BYTES, PIECES])
@pytest.mark.parametrize("size", [0, 5, 125, 126, 3000])
def test_it_does_not_matter_how_bytes_arrive(ws, size, step):
    payload = ("\u03ba\u00e9\U0001f600" * size).encode()[:size * 9]
    send(ws, frame(TEXT, payload), step)
    assert ws.read_frame() == Frame(TEXT, payload)
    ws.close()


def test_a_mask_of_zeros_is_a_mask(ws):
    ws.send_frame(TEXT, "x", mask=b"\0\0\0\0")
    assert ws.read_frame() == Frame(TEXT, b"x")


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
def test_reserved_bits_are_refused(ws, opcode, rsv):
    ws.send(frame(TEXT, "first") + frame(opcode, b"", rsv=rsv) + frame(PING))
    assert ws.read_frame() == Frame(TEXT, b"first")
    ws.expect_close(1002)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"x"])
def test_reserved_opcodes_are_refused(ws, opcode, payload):
    ws.send(frame(TEXT, "first") + frame(opcode, payload) + frame(PING))
    assert ws.read_frame() == Frame(TEXT, b"first")
    ws.expect_close(1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY, CONTINUATION, CLOSE, PING])
def test_an_unmasked_frame_is_refused(ws, opcode):
    ws.send_frame(opcode, b"", mask=None)
    ws.expect_close(1002)


@pytest.mark.parametrize("length", [1 << 63, (1 << 64) - 1])
def test_the_top_bit_of_a_length_must_be_clear(ws, length):
    ws.send_frame(BINARY, b"", length=length)
    ws.expect_close(1002)


@pytest.mark.parametrize("length", [(16 << 20) + 1, 1 << 31, 1 << 32, 1 << 62])
def test_a_length_beyond_the_limit_is_refused_before_its_payload(ws, length):
    ws.send_frame(BINARY, b"", length=length)
    ws.expect_close(1009)


# --- control frames ----------------------------------------------------------


@pytest.mark.parametrize("payload", [b"", b"x", b"\0\xff\xfe", b"p" * 125])
@pytest.mark.parametrize("step", [WHOLE, BYTES])
def test_pongs_carry_what_the_ping_did(ws, payload, step):
    send(ws, frame(PING, payload), step)
    assert ws.read_frame() == Frame(PONG, payload)
    ws.close()


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_control_frames_are_small(ws, opcode):
    ws.send_frame(opcode, b"\x03\xe8" + b"x" * 124)
    ws.expect_close(1002)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_control_frames_are_whole(ws, opcode):
    ws.send_frame(opcode, b"", fin=False)
    ws.expect_close(1002)


def test_an_unsolicited_pong_is_ignored(ws):
    ws.send(frame(PONG, "unasked") + frame(PING, "asked"))
    assert ws.read_frame() == Frame(PONG, b"asked")


def test_pings_are_answered_in_order(ws):
    ws.send(b"".join(frame(PING, str(n)) for n in range(10)))
    assert [ws.read_frame().payload for _ in range(10)] == [
        str(n).encode() for n in range(10)
    ]


# --- fragments ---------------------------------------------------------------


@pytest.mark.parametrize("step", [WHOLE, BYTES])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_fragments_make_one_message(ws, opcode, step):
    send(ws, fragments(opcode, [b"one", b"", b"two", b""]), step)
    assert ws.read_frame() == Frame(opcode, b"onetwo")
    ws.close()


def test_a_ping_between_fragments_is_answered_at_once(ws):
    ws.send(frame(TEXT, "frag", fin=False) + frame(PING, "?"))
    assert ws.read_frame() == Frame(PONG, b"?")
    ws.send(frame(CONTINUATION, "ment"))
    assert ws.read_frame() == Frame(TEXT, b"fragment")


def test_a_close_between_fragments_closes(ws):
    ws.send(frame(TEXT, "frag", fin=False) + close_frame(1000))
    ws.expect_close(1000)


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("before", [b"", frame(TEXT, "x")], ids=["first", "later"])
def test_a_continuation_of_nothing_is_refused(ws, before, fin):
    ws.send(before + frame(CONTINUATION, "stray", fin=fin))
    if before:
        assert ws.read_frame() == Frame(TEXT, b"x")
    ws.expect_close(1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_messages_do_not_interleave(ws, opcode):
    ws.send(frame(TEXT, "frag", fin=False) + frame(opcode, "other"))
    ws.expect_close(1002)


def test_ten_thousand_fragments_are_a_message_here(ws):
    pieces = [b"%d" % (n % 10) for n in range(10_000)]
    ws.send(fragments(TEXT, pieces))
    assert ws.read_frame().payload == b"".join(pieces)


def test_a_message_may_be_16_mib_and_no_more(ws):
    largest = b"x" * (16 << 20)
    ws.send(fragments(BINARY, [largest[n:n + (1 << 20)]
                               for n in range(0, len(largest), 1 << 20)]))
    assert ws.read_frame().payload == largest
    ws.send(frame(BINARY, largest, fin=False) + frame(CONTINUATION, "x"))
    ws.expect_close(1009)


# --- UTF-8 -------------------------------------------------------------------

VALID = [
    "\0\x7f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\ufffe\uffff\U00010000\U0010ffff",
    "\u03ba\u1f79\u03c3\u03bc\u03b5",
    "\U0001f468\u200d\U0001f469",
]

INVALID = [
    b"\x80",
    b"\xbf",
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xc3\x28",
    b"\xc3\xc3",
    b"\xe0\x80\x80",
    b"\xe0\x9f\xbf",
    b"\xe2\x28\xa1",
    b"\xe2\x82\x28",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf0\x80\x80\x80",
    b"\xf0\x8f\xbf\xbf",
    b"\xf0\x9f\x28\x80",
    b"\xf0\x9f\x98\x28",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfe",
    b"\xff",
]
CUT = [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"]


@pytest.mark.parametrize("text", VALID, ids=ascii)
def test_text_may_be_split_anywhere(ws, text):
    data = text.encode()
    for n in range(len(data) + 1):
        ws.send(fragments(TEXT, [data[:n], data[n:]]))
        assert ws.read_frame() == Frame(TEXT, data)
    send(ws, fragments(TEXT, [data[n:n + 1] for n in range(len(data))]), BYTES)
    assert ws.read_frame() == Frame(TEXT, data)


@pytest.mark.parametrize("bad", INVALID + CUT, ids=bytes.hex)
def test_text_that_is_not_utf8_is_refused(plain_echo, bad):
    for n in range(len(bad) + 1):
        with WebSocket(plain_echo.address) as ws:
            ws.send(fragments(TEXT, [b"good \xc3\xa9" + bad[:n], bad[n:]]))
            ws.expect_close(1007)


@pytest.mark.parametrize("bad", INVALID, ids=bytes.hex)
def test_bad_text_is_refused_before_its_message_ends(plain_echo, bad):
    with WebSocket(plain_echo.address) as ws:
        ws.send(frame(TEXT, b"good", fin=False))
        ws.send(frame(CONTINUATION, bad, fin=False))
        ws.expect_close(1007)
    with WebSocket(plain_echo.address) as ws:
        ws.send_frame(TEXT, bad, length=len(bad) + 100)
        ws.expect_close(1007)


def test_binary_may_hold_anything(ws):
    payload = bytes(range(256))
    ws.send_frame(BINARY, payload)
    assert ws.read_frame() == Frame(BINARY, payload)


# --- closing -----------------------------------------------------------------

GOOD_CODES = [*range(1000, 1004), *range(1007, 1012), 3000, 3999, 4000, 4999]
BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


@pytest.mark.parametrize("code", GOOD_CODES)
def test_a_close_code_is_echoed(ws, code):
    ws.send(close_frame(code, "because \u00e9".encode()))
    ws.expect_close(code)


@pytest.mark.parametrize("code", BAD_CODES)
def test_codes_that_mean_nothing_are_refused(ws, code):
    ws.send(close_frame(code))
    ws.expect_close(1002)


def test_a_close_may_be_empty(ws):
    ws.send(close_frame())
    assert ws.read_close().code in (None, 1000)


def test_half_a_code_is_refused(ws):
    ws.send_frame(CLOSE, b"\x03")
    ws.expect_close(1002)


def test_a_reason_may_fill_the_frame(ws):
    ws.send(close_frame(1000, b"r" * 123))
    ws.expect_close(1000)


@pytest.mark.parametrize("reason", [b"\xff", b"\xc3", b"ok\xed\xa0\x80"])
def test_a_reason_is_text(ws, reason):
    ws.send(close_frame(1000, reason))
    assert ws.read_close().code in (1002, 1007)


@pytest.mark.parametrize(
    "after",
    [frame(TEXT, "x"), frame(PING), close_frame(1001)],
    ids=["text", "ping", "close"],
)
def test_nothing_counts_after_a_close(ws, after):
    ws.send(close_frame(1000) + after)
    ws.expect_close(1000)


def test_what_came_before_a_close_is_answered(ws):
    ws.send(frame(TEXT, "last words") + frame(PING, "?") + close_frame(1000))
    got = {ws.read_frame() for _ in range(2)}
    assert got == {Frame(TEXT, b"last words"), Frame(PONG, b"?")}
    ws.expect_close(1000)
