"""HTTP: probes, refused requests, the opening handshake."""

import json
import time

import pytest

from client import (
    KEY,
    TEXT,
    Chat,
    Connection,
    Gone,
    WebSocket,
    accept_for,
    frame,
    get,
    head,
    is_ready,
    plain_head,
)
from server import DEADLINE, eventually

EXTENSIONS = "Sec-WebSocket-Extensions"
DEFLATE = "permessage-deflate"


def answer(address, request):
    with Connection(address) as connection:
        connection.send(request)
        return connection.read_response()


def test_livez_is_ok_while_it_runs(parleyd):
    got = get(parleyd.address, "/livez")
    assert (got.status, got.body) == (200, b"ok")


def test_readyz_explains_itself_in_json(parleyd):
    for query, explains in ("", False), ("?verbose", True):
        got = get(parleyd.address, "/readyz" + query)
        assert got.status == 200
        assert got.headers["content-type"].startswith("application/json")
        ready = json.loads(got.body)
        assert ready["status"] == "ok"
        assert ("checks" in ready) == explains


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health", "/nowhere"])
def test_head_is_get_without_a_body(parleyd, path):
    full = get(parleyd.address, path)
    with Connection(parleyd.address) as connection:
        connection.send(plain_head(path, "HEAD", Connection="close"))
        empty = connection.read_response("HEAD")
        connection.expect_end()
    assert empty.status == full.status
    assert empty.headers["content-length"] == str(len(full.body))
    assert empty.headers["content-type"] == full.headers["content-type"]


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "BREW"])
def test_other_methods_are_answered_with_the_allowed_ones(parleyd, path, method):
    got = get(parleyd.address, path, method)
    assert got.status == 405
    assert "GET" in got.headers["allow"].split(", ")


def test_an_upgrade_is_a_get(parleyd):
    got = answer(parleyd.address, head(method="POST"))
    assert got.status == 405
    assert got.headers["allow"] == "GET"


def test_the_handshake_is_answered_as_in_the_rfc(parleyd):
    with WebSocket(parleyd.address) as ws:
        headers = ws.response.headers
        assert headers["upgrade"].lower() == "websocket"
        assert headers["connection"].lower() == "upgrade"
        assert headers["sec-websocket-accept"] == accept_for(KEY)
        assert "sec-websocket-extensions" not in headers


ACCEPTED = {
    "query": head(target="/ws?name=x"),
    "other case": head(Upgrade="WebSocket"),
    "one upgrade of two": head(Upgrade="h2c, websocket"),
    "one option of two": head(Connection="keep-alive, Upgrade"),
    "options in two lines": head(Connection=["keep-alive", "UPGRADE"]),
    "host with port": head(Host="[::1]:80"),
    "origin": head(Origin="http://localhost"),
    "deflate": head(**{EXTENSIONS: DEFLATE + "; client_max_window_bits"}),
    "other extensions": head(**{EXTENSIONS: "x-unknown; a=1, other"}),
    "Latin-1": head(X="\u00e9"),
    "empty header": head(X=""),
    "white space": head().replace(b": ", b":\t "),
    "no white space": head().replace(b": ", b":"),
    "names in other case": head().replace(b"Sec-WebSocket-Key", b"sec-websocket-KEY"),
}


@pytest.mark.parametrize("request_", ACCEPTED.values(), ids=ACCEPTED)
def test_a_handshake_may_be_spelled_in_many_ways(parleyd, request_):
    assert answer(parleyd.address, request_).status == 101


REFUSED = [
    ("no key", head(Sec_WebSocket_Key=None), 400),
    ("two keys", head(Sec_WebSocket_Key=[KEY, KEY]), 400),
    ("empty key", head(Sec_WebSocket_Key=""), 400),
    ("short key", head(Sec_WebSocket_Key="c2hvcnQ="), 400),
    ("long key", head(Sec_WebSocket_Key=KEY[:-2] + "AAAA=="), 400),
    ("key is not base64", head(Sec_WebSocket_Key="!" * 22 + "=="), 400),
    ("no upgrade", head(Upgrade=None), 400),
    ("upgrade to something else", head(Upgrade="h2c"), 400),
    ("no connection", head(Connection=None), 400),
    ("connection without upgrade", head(Connection="keep-alive"), 400),
    ("no host", head(Host=None), 400),
    ("two hosts", head(Host=["a", "b"]), 400),
    ("version 8", head(Sec_WebSocket_Version="8"), 426),
    ("version 14", head(Sec_WebSocket_Version="14"), 426),
    ("version 013", head(Sec_WebSocket_Version="013"), 426),
    ("no version", head(Sec_WebSocket_Version=None), 400),
    ("two versions", head(Sec_WebSocket_Version=["13", "13"]), (400, 426)),
    ("HTTP/1.0", head(version="HTTP/1.0"), 400),
    ("HTTP/2.0", head(version="HTTP/2.0"), 505),
    ("no HTTP", head(version="HTCPCP/1.0"), 400),
    ("other path", head(target="/other"), 404),
    ("bare LF", head().replace(b"\r\n", b"\n"), 400),
    ("one bare LF", head().replace(b"\r\n", b"\n", 1), 400),
    ("bare CR", head(X="a\rb"), 400),
    ("NUL", head(X="a\0b"), 400),
    ("control character", head(X="a\x01b"), 400),
    ("folded line", head(X="a\r\n b"), 400),
    ("folded with a tab", head(X="a\r\n\tb"), 400),
    ("first header folded", head().replace(b"\r\n", b"\r\n ", 1), 400),
    ("space before colon", head().replace(b"Host:", b"Host :"), 400),
    ("space in name", head().replace(b"Host:", b"Ho st:"), 400),
    ("no name", head().replace(b"Host:", b":"), 400),
    ("no colon", head().replace(b"Host: localhost", b"Host"), 400),
    ("name not ASCII", head().replace(b"Host:", b"H\xf6st:"), 400),
    ("no target", head().replace(b"GET /ws ", b"GET "), 400),
    ("two spaces", head().replace(b"GET /ws", b"GET  /ws"), 400),
    ("no method", head().replace(b"GET ", b" "), 400),
    ("method with brackets", head(method="G{}T"), 400),
    ("relative target", head(target="ws"), 400),
    ("tab in target", head(target="/w\ts"), 400),
    ("chunked", head(Transfer_Encoding="chunked"), 413),
    ("other coding", head(Transfer_Encoding="gzip"), 501),
    ("two lengths", head(Content_Length=["1", "2"]), 400),
    ("length is no number", head(Content_Length="+1"), 400),
    ("length and chunks", head(Content_Length="1", Transfer_Encoding="chunked"),
     (400, 501)),
    ("too large", head(X="x" * 8192), 431),
    ("too large in small headers", head(**{f"X{n}": "y" * 400 for n in range(30)}),
     431),
    ("too many headers", head(**{f"X{n}": "" for n in range(65)}), 431),
    ("target too long", head(target="/" + "x" * 9000), (414, 431)),
    ("TLS", bytes.fromhex("16030100a5010000a10303"), 400),
    ("rubbish", b"\x00\xff" * 40, 400),
]


@pytest.mark.parametrize("request_, status", [r[1:] for r in REFUSED],
                         ids=[r[0] for r in REFUSED])
def test_a_malformed_handshake_is_refused(parleyd, request_, status):
    statuses = status if isinstance(status, tuple) else (status,)
    with Connection(parleyd.address) as connection:
        connection.send(request_)
        got = connection.read_response()
        assert got.status in statuses
        if got.status == 426:
            assert got.headers["sec-websocket-version"] == "13"
            assert got.headers["upgrade"].lower() == "websocket"
            assert got.headers["connection"].lower().startswith("upgrade")
        # A path that is not there is no fault of the request.
        connection.send(plain_head("/livez"))
        if got.status == 404:
            assert connection.read_response().status == 200
        else:
            connection.expect_end()


def test_a_head_may_come_byte_by_byte(parleyd):
    with Connection(parleyd.address) as connection:
        connection.send_in_bytes(head())
        assert connection.read_response().status == 101


def test_the_largest_head_is_taken(parleyd):
    room = 8192 - len(head(X=""))
    assert answer(parleyd.address, head(X="x" * room)).status == 101
    assert answer(parleyd.address, head(X="x" * (room + 1))).status == 431


def test_64_headers_are_taken(parleyd):
    others = {f"X{n}": "" for n in range(64 - 5)}
    assert answer(parleyd.address, head(**others)).status == 101
    assert answer(parleyd.address, head(**others, Y="")).status == 431


LAST = {
    "HTTP/1.0": plain_head("/health", version="HTTP/1.0"),
    "close": plain_head("/health", Connection="close"),
}


@pytest.mark.parametrize("request_", LAST.values(), ids=LAST)
def test_a_connection_ends_after_connection_close(parleyd, request_):
    with Connection(parleyd.address) as connection:
        connection.send(request_ + plain_head("/livez") + head())
        got = connection.read_response()
        assert (got.status, got.body) == (200, b"ok")
        assert got.headers["connection"] == "close"
        connection.expect_end()


def test_requests_may_follow_each_other_on_a_connection(parleyd):
    with Connection(parleyd.address) as connection:
        for _ in range(3):
            connection.send(plain_head("/livez"))
            assert connection.read_response().body == b"ok"
        # Without waiting, too, and the last one may open a WebSocket.
        connection.send(plain_head("/livez") * 50 + plain_head("/no") + head())
        for _ in range(50):
            assert connection.read_response().body == b"ok"
        assert connection.read_response().status == 404
        assert connection.read_response().status == 101


def test_an_absolute_target_and_an_empty_line_in_front_are_accepted(parleyd):
    with Connection(parleyd.address) as connection:
        connection.send(b"\r\n" + plain_head("http://localhost:80/livez"))
        assert connection.read_response().body == b"ok"
        connection.send(b"\r\n" + head(target="http://localhost/ws?name=ada"))
        assert connection.read_response().status == 101


def test_options_lists_the_methods(parleyd):
    got = get(parleyd.address, "/livez", "OPTIONS")
    assert got.status == 204
    assert got.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method, target, status", [
    ("GET", "/health", 413), ("GET", "/nothing", 404), ("POST", "/v1/nothing", 404),
    ("PUT", "/", 405), ("POST", "/ws", 400)])
def test_an_unread_body_is_not_taken_for_a_request(parleyd, method, target, status):
    with Connection(parleyd.address) as connection:
        length = len(head())
        connection.send(plain_head(target, method, Content_Length=length) + head())
        assert connection.read_response().status == status
        connection.expect_end()


def test_what_comes_late_does_not_destroy_the_answer(parleyd):
    """A reset because of unread input would take the answer with it."""
    with Connection(parleyd.address) as connection:
        connection.send(plain_head("/health", Content_Length=1 << 20))
        for _ in range(64):
            connection.send(b"x" * (1 << 14))
        assert connection.read_response().status == 413


@pytest.mark.parametrize(
    "sent", [b"", b"GET", head()[:-2], head()[:40]], ids=["none", "word", "all", "part"]
)
def test_a_slow_head_is_ended_at_the_deadline(start, sent):
    server = start("--limits-handshake-timeout", "200ms")
    chat = Chat(server.address)
    with Connection(server.address) as connection:
        began = time.monotonic()
        connection.send(sent)
        if sent:
            assert connection.read_response().status == 408
        try:
            connection.read(1)
        except Gone:
            pass
        took = time.monotonic() - began
    assert 0.15 < took < DEADLINE  # servers of tests have minutes
    assert chat.pending() == []


def test_a_dripping_head_gains_no_time(start):
    server = start("--limits-handshake-timeout", "300ms")
    with Connection(server.address) as connection:
        connection.socket.settimeout(0.02)
        # All of it would take more than a minute.
        drops = iter(head(X="x" * 4000))
        while True:
            connection.send(bytes([next(drops)]))
            try:
                connection.unread += connection.receive()
                break
            except TimeoutError:
                continue
        assert connection.read_response().status == 408


def test_deflate_is_declined_unless_switched_on(parleyd, start):
    offer = {EXTENSIONS: DEFLATE}
    with WebSocket(parleyd.address, **offer) as ws:
        assert "sec-websocket-extensions" not in ws.response.headers
    with WebSocket(start("--deflate-enabled", "on").address, **offer) as ws:
        agreed = ws.response.headers["sec-websocket-extensions"]
        assert agreed.startswith(DEFLATE)


def test_nothing_is_left_of_connections_that_came_and_went(parleyd):
    chat = Chat(parleyd.address)
    chat.ask_ok("list")
    before = parleyd.descriptors()
    for request in head(), head()[:30], plain_head(), b"", head(Host=None):
        for _ in range(20):
            with Connection(parleyd.address) as connection:
                connection.send(request + frame(TEXT, "{", fin=False))
    eventually(lambda: parleyd.descriptors() == before)
    assert is_ready(parleyd.address)
    assert chat.ask("list")["members"] == [chat.name]
    chat.leave()
