"""RFC 6455 and RFC 7692 from outside, over the echo server: every rule that
conformance suites test, in small."""

import itertools
import zlib

import pytest

from client import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Connection,
    Frame,
    WebSocket,
    close_frame,
    fragments,
    frame,
    head,
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


def fails(ws, code):
    """The connection fails with this code, and then ends."""
    got = ws.read_close()
    assert got.code == code, got


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
    fails(ws, 1002)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"x"])
def test_reserved_opcodes_are_refused(ws, opcode, payload):
    ws.send(frame(TEXT, "first") + frame(opcode, payload) + frame(PING))
    assert ws.read_frame() == Frame(TEXT, b"first")
    fails(ws, 1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY, CONTINUATION, CLOSE, PING])
def test_an_unmasked_frame_is_refused(ws, opcode):
    ws.send_frame(opcode, b"", mask=None)
    fails(ws, 1002)


@pytest.mark.parametrize("length", [1 << 63, (1 << 64) - 1])
def test_the_top_bit_of_a_length_must_be_clear(ws, length):
    ws.send_frame(BINARY, b"", length=length)
    fails(ws, 1002)


@pytest.mark.parametrize("length", [(16 << 20) + 1, 1 << 31, 1 << 32, 1 << 62])
def test_a_length_beyond_the_limit_is_refused_before_its_payload(ws, length):
    ws.send_frame(BINARY, b"", length=length)
    fails(ws, 1009)


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
    fails(ws, 1002)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_control_frames_are_whole(ws, opcode):
    ws.send_frame(opcode, b"", fin=False)
    fails(ws, 1002)


def test_a_pong_that_nobody_asked_for_is_ignored(ws):
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
    fails(ws, 1000)


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("before", [b"", frame(TEXT, "x")], ids=["first", "later"])
def test_a_continuation_of_nothing_is_refused(ws, before, fin):
    ws.send(before + frame(CONTINUATION, "stray", fin=fin))
    if before:
        assert ws.read_frame() == Frame(TEXT, b"x")
    fails(ws, 1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_messages_do_not_interleave(ws, opcode):
    ws.send(frame(TEXT, "frag", fin=False) + frame(opcode, "other"))
    fails(ws, 1002)


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
    fails(ws, 1009)


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
            fails(ws, 1007)


@pytest.mark.parametrize("bad", INVALID, ids=bytes.hex)
def test_bad_text_is_refused_before_its_message_ends(plain_echo, bad):
    with WebSocket(plain_echo.address) as ws:
        ws.send(frame(TEXT, b"good", fin=False))
        ws.send(frame(CONTINUATION, bad, fin=False))
        fails(ws, 1007)
    with WebSocket(plain_echo.address) as ws:
        ws.send_frame(TEXT, bad, length=len(bad) + 100)
        fails(ws, 1007)


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
    fails(ws, code)


@pytest.mark.parametrize("code", BAD_CODES)
def test_codes_that_mean_nothing_are_refused(ws, code):
    ws.send(close_frame(code))
    fails(ws, 1002)


def test_a_close_may_be_empty(ws):
    ws.send(close_frame())
    assert ws.read_close().code in (None, 1000)


def test_half_a_code_is_refused(ws):
    ws.send_frame(CLOSE, b"\x03")
    fails(ws, 1002)


def test_a_reason_may_fill_the_frame(ws):
    ws.send(close_frame(1000, b"r" * 123))
    fails(ws, 1000)


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
    fails(ws, 1000)


def test_what_came_before_a_close_is_answered(ws):
    ws.send(frame(TEXT, "last words") + frame(PING, "?") + close_frame(1000))
    got = {ws.read_frame() for _ in range(2)}
    assert got == {Frame(TEXT, b"last words"), Frame(PONG, b"?")}
    fails(ws, 1000)


# --- permessage-deflate ------------------------------------------------------

NAME = "permessage-deflate"
TAIL = b"\x00\x00\xff\xff"


def deflated(data, bits=15, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -bits)
    packed = packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert packed.endswith(TAIL)
    return packed[:-4]


class Deflated(WebSocket):
    """Speaks deflate with what was agreed."""

    def __init__(self, address, offer=NAME):
        super().__init__(address, "/", Sec_WebSocket_Extensions=offer)
        agreed = self.response.headers.get("sec-websocket-extensions", "")
        name, *rest = [part.strip() for part in agreed.split(";")]
        self.agreed = name == NAME
        self.parameters = dict(
            part.split("=") if "=" in part else (part, True) for part in rest
        )
        self.bits = int(self.parameters.get("server_max_window_bits", 15))
        self.inflater = None

    def read_inflated(self):
        """One message; of a context that is taken over, if it is."""
        got = self.read_frame()
        if not got.rsv:
            return got.payload
        assert got.rsv == 4, got
        keep = "server_no_context_takeover" not in self.parameters
        if not (keep and self.inflater):
            # Raw deflate with a window of 256 bytes is beyond zlib.
            self.inflater = zlib.decompressobj(-max(self.bits, 9))
        return self.inflater.decompress(got.payload + TAIL)


OFFERS = [
    (NAME, {}),
    (f"{NAME}; client_max_window_bits", {}),
    (f"{NAME}; client_no_context_takeover", {"client_no_context_takeover": True}),
    (f"{NAME}; server_no_context_takeover", {"server_no_context_takeover": True}),
    (f"{NAME}; server_max_window_bits=9", {"server_max_window_bits": "9"}),
    (f"{NAME}; server_max_window_bits=15", {}),
    (f'{NAME}; server_max_window_bits="12"', {"server_max_window_bits": "12"}),
    (f"x-other; a, {NAME}", {}),
    (f"{NAME}; nonsense, {NAME}", {}),
    (f"{NAME}; server_max_window_bits=7, {NAME}", {}),
]


@pytest.mark.parametrize("offer, agreed", OFFERS)
def test_an_offer_is_met(echo, offer, agreed):
    with Deflated(echo.address, offer) as ws:
        assert ws.agreed
        for name, value in agreed.items():
            assert ws.parameters[name] == value
        if "client_max_window_bits" not in offer:
            assert "client_max_window_bits" not in ws.parameters


DECLINED = [
    "x-webkit-deflate-frame",
    "permessage-bzip2",
    f"{NAME}; nonsense",
    f"{NAME}; server_max_window_bits",
    f"{NAME}; server_max_window_bits=7",
    f"{NAME}; server_max_window_bits=16",
    f"{NAME}; server_max_window_bits=09",
    f"{NAME}; server_max_window_bits=x",
    f"{NAME}; client_max_window_bits=7",
    f"{NAME}; client_max_window_bits=16",
    f"{NAME}; server_no_context_takeover=1",
    f"{NAME}; client_no_context_takeover=1",
    f"{NAME}; server_no_context_takeover; server_no_context_takeover",
    f"{NAME}; server_max_window_bits=9; server_max_window_bits=9",
]


@pytest.mark.parametrize("offer", DECLINED)
def test_an_offer_that_makes_no_sense_is_declined(echo, offer):
    with Deflated(echo.address, offer) as ws:
        assert not ws.agreed
        ws.send_text("plain")
        assert ws.read_frame() == Frame(TEXT, b"plain")


@pytest.mark.parametrize("offer", [f"{NAME};", f"{NAME}; =1", f"{NAME}; a b", ";"])
def test_a_malformed_offer_spoils_the_handshake(echo, offer):
    with Connection(echo.address) as connection:
        connection.send(head(Sec_WebSocket_Extensions=offer))
        assert connection.read_response().status == 400


@pytest.mark.parametrize("bits", range(9, 16))
@pytest.mark.parametrize("size", [0, 1, 60, 300, 70_000])
def test_deflated_messages_come_back(echo, bits, size):
    payload = (b"The quick brown fox. " * (size // 20 + 1))[:size]
    offer = f"{NAME}; server_max_window_bits={bits}; client_max_window_bits"
    with Deflated(echo.address, offer) as ws:
        for opcode, level in itertools.product([TEXT, BINARY], [0, 1, 9]):
            client_bits = int(ws.parameters.get("client_max_window_bits", 15))
            ws.send_frame(opcode, deflated(payload, client_bits, level), rsv=4)
            assert ws.read_inflated() == payload
        ws.close()


def test_messages_may_be_plain_though_deflate_was_agreed(echo):
    with Deflated(echo.address) as ws:
        for payload in b"plain", b"":
            ws.send_frame(TEXT, payload)
            assert ws.read_inflated() == payload


def test_only_the_first_fragment_says_that_it_is_deflated(echo):
    packed = deflated(b"in several frames " * 40)
    with Deflated(echo.address) as ws:
        pieces = [packed[n:n + 7] for n in range(0, len(packed), 7)]
        ws.send(fragments(TEXT, [b"", *pieces, b""], rsv=4))
        assert ws.read_inflated() == b"in several frames " * 40
        ws.send(frame(TEXT, packed[:5], fin=False, rsv=4))
        ws.send(frame(CONTINUATION, packed[5:], rsv=4))
        fails(ws, 1002)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_control_frames_are_never_deflated(echo, opcode):
    with Deflated(echo.address) as ws:
        ws.send_frame(opcode, b"", rsv=4)
        fails(ws, 1002)


@pytest.mark.parametrize("rsv", [1, 2, 3, 5, 6, 7])
def test_other_reserved_bits_stay_reserved(echo, rsv):
    with Deflated(echo.address) as ws:
        ws.send_frame(TEXT, b"", rsv=rsv)
        fails(ws, 1002)


@pytest.mark.parametrize("packed", [b"\xff\xff\xff", b"\x06garbage", b"\x05"],
                         ids=bytes.hex)
def test_what_cannot_be_inflated_is_refused(echo, packed):
    with Deflated(echo.address) as ws:
        ws.send_frame(BINARY, packed, rsv=4)
        assert ws.read_close().code in (1002, 1007)


def test_inflated_text_is_checked_too(echo):
    with Deflated(echo.address) as ws:
        ws.send_frame(TEXT, deflated(b"fine until \xff"), rsv=4)
        fails(ws, 1007)


@pytest.mark.parametrize("final", [False, True])
def test_a_stream_may_have_several_blocks(echo, final):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"one ") + packer.flush(zlib.Z_SYNC_FLUSH)
    packed += packer.compress(b"two ") + packer.flush(zlib.Z_FULL_FLUSH)
    packed += packer.compress(b"three")
    if final:  # RFC 7692 §7.2.3.4: a last block may say that it is one
        packed += packer.flush(zlib.Z_FINISH) + b"\x00"
    else:
        packed += packer.flush(zlib.Z_SYNC_FLUSH)[:-4]
    with Deflated(echo.address) as ws:
        ws.send_frame(TEXT, packed, rsv=4)
        assert ws.read_inflated() == b"one two three"


def test_a_client_keeps_its_context_unless_told_not_to(echo):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    with Deflated(echo.address) as ws:
        for text in b"again and again", b"again and again and again":
            if "client_no_context_takeover" in ws.parameters:
                packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)
            ws.send_frame(TEXT, packed[:-4], rsv=4)
            assert ws.read_inflated() == text


def test_a_bomb_is_refused_while_it_inflates(echo):
    before = echo.memory()
    with Deflated(echo.address) as ws:
        ws.send_frame(BINARY, deflated(bytes(200 << 20)), rsv=4)
        fails(ws, 1009)
    assert echo.memory() < before + (128 << 20)
