"""RFC 7692 from outside, over the echo server: permessage-deflate, its negotiation and
its frames."""

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
    fragments,
    frame,
    head,
)

NAME = "permessage-deflate"
TAIL = b"\x00\x00\xff\xff"


def deflated(data, bits=15, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -bits)
    packed = packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert packed.endswith(TAIL)
    return packed[:-4]


class Deflated(WebSocket):
    """A client that uses the negotiated parameters."""

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


def test_only_the_first_fragment_has_rsv1(echo):
    packed = deflated(b"in several frames " * 40)
    with Deflated(echo.address) as ws:
        pieces = [packed[n:n + 7] for n in range(0, len(packed), 7)]
        ws.send(fragments(TEXT, [b"", *pieces, b""], rsv=4))
        assert ws.read_inflated() == b"in several frames " * 40
        ws.send(frame(TEXT, packed[:5], fin=False, rsv=4))
        ws.send(frame(CONTINUATION, packed[5:], rsv=4))
        ws.expect_close(1002)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_control_frames_are_never_deflated(echo, opcode):
    with Deflated(echo.address) as ws:
        ws.send_frame(opcode, b"", rsv=4)
        ws.expect_close(1002)


@pytest.mark.parametrize("rsv", [1, 2, 3, 5, 6, 7])
def test_other_reserved_bits_stay_reserved(echo, rsv):
    with Deflated(echo.address) as ws:
        ws.send_frame(TEXT, b"", rsv=rsv)
        ws.expect_close(1002)


@pytest.mark.parametrize("packed", [b"\xff\xff\xff", b"\x06garbage", b"\x05"],
                         ids=bytes.hex)
def test_what_cannot_be_inflated_is_refused(echo, packed):
    with Deflated(echo.address) as ws:
        ws.send_frame(BINARY, packed, rsv=4)
        assert ws.read_close().code in (1002, 1007)


def test_inflated_text_is_checked_too(echo):
    with Deflated(echo.address) as ws:
        ws.send_frame(TEXT, deflated(b"fine until \xff"), rsv=4)
        ws.expect_close(1007)


@pytest.mark.parametrize("final", [False, True])
def test_a_stream_may_have_several_blocks(echo, final):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"one ") + packer.flush(zlib.Z_SYNC_FLUSH)
    packed += packer.compress(b"two ") + packer.flush(zlib.Z_FULL_FLUSH)
    packed += packer.compress(b"three")
    if final:  # RFC 7692 §7.2.3.4: the last block may have BFINAL set
        packed += packer.flush(zlib.Z_FINISH) + b"\x00"
    else:
        packed += packer.flush(zlib.Z_SYNC_FLUSH)[:-4]
    with Deflated(echo.address) as ws:
        ws.send_frame(TEXT, packed, rsv=4)
        assert ws.read_inflated() == b"one two three"


def test_a_client_keeps_its_context_unless_refused(echo):
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
        ws.expect_close(1009)
    assert echo.memory() < before + (128 << 20)
