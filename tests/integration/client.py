"""Clients that send any bytes: valid frames, or protocol errors, as a test needs."""

import base64
import hashlib
import json
import socket
import ssl
import struct
from collections import deque
from typing import NamedTuple

from server import DEADLINE

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Gone(Exception):
    """The other side has closed the connection, or reset it."""


class Frame(NamedTuple):
    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0

    @property
    def code(self):
        """The code of a close frame; None if it has none."""
        assert self.opcode == CLOSE, self
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else None

    @property
    def reason(self):
        return self.payload[2:].decode()


class Response(NamedTuple):
    status: int
    headers: dict  # names in lower case
    body: bytes


def masked(payload, mask=MASK):
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return mixed.to_bytes(size, "big")


def frame(opcode, payload=b"", *, fin=True, rsv=0, mask=MASK, length=None):
    """A client's frame; `length` is that of its head, if not the true one."""
    if isinstance(payload, str):
        payload = payload.encode()
    claimed = len(payload) if length is None else length
    first = (fin << 7) | (rsv << 4) | opcode
    masking = 0x80 if mask else 0
    if claimed < 126:
        head = struct.pack("!BB", first, masking | claimed)
    elif claimed < 1 << 16:
        head = struct.pack("!BBH", first, masking | 126, claimed)
    else:
        head = struct.pack("!BBQ", first, masking | 127, claimed)
    return head + (mask + masked(payload, mask) if mask else payload)


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def fragments(opcode, pieces, rsv=0):
    """The frames of one message."""
    last = len(pieces) - 1
    return b"".join(
        frame(
            opcode if n == 0 else CONTINUATION,
            piece,
            fin=n == last,
            rsv=rsv if n == 0 else 0,
        )
        for n, piece in enumerate(pieces)
    )


def head(target="/ws", method="GET", version="HTTP/1.1", **changes):
    """A request for a WebSocket; a change to None leaves the header out, a
    list repeats it. Underscores in names stand for dashes."""
    headers = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    known = {name.lower(): name for name in headers}
    for name, value in changes.items():
        name = name.replace("_", "-")
        headers[known.get(name.lower(), name)] = value
    return plain_head(target, method, version, **headers)


def plain_head(target="/health", method="GET", version="HTTP/1.1", **headers):
    lines = [f"{method} {target} {version}"]
    for name, value in {"Host": "localhost", **headers}.items():
        name = name.replace("_", "-")
        values = value if isinstance(value, list) else [value]
        lines += [f"{name}: {each}" for each in values if each is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Connection:
    """A stream of bytes to a server: (host, port), or the path of a socket;
    under TLS with an SSLContext, behind the bytes `before`."""

    def __init__(self, address, tls=None, name="localhost", before=b""):
        self.settle = getattr(address, "settle", None)  # see nodes.py
        if isinstance(address, str):
            family = socket.AF_UNIX
        else:
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(address)
        self.socket.sendall(before)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=name)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Ignores an error: the other side may have closed the connection."""
        if self.settle:
            self.settle()
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_in_bytes(self, data):
        for n in range(len(data)):
            self.send(data[n:n + 1])

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Resets the connection: RST, and no close frame."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.socket.close()

    def read(self, count):
        while len(self.unread) < count:
            self.unread += self.receive()
        data, self.unread = self.unread[:count], self.unread[count:]
        return data

    def read_until(self, mark):
        while mark not in self.unread:
            self.unread += self.receive()
        data, self.unread = self.unread.split(mark, 1)
        return data

    def read_response(self, to="GET"):
        status_line, *lines = self.read_until(b"\r\n\r\n").decode().split("\r\n")
        version, status, _ = status_line.split(" ", 2)
        assert version == "HTTP/1.1", status_line
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            known = headers.get(name.lower())
            value = value.strip()
            headers[name.lower()] = f"{known}, {value}" if known else value
        length = 0 if to == "HEAD" else int(headers.get("content-length", 0))
        return Response(int(status), headers, self.read(length))

    def expect_end(self):
        """Expects the end of input, and no bytes before it."""
        try:
            data = self.read(1)
        except Gone:
            return
        raise AssertionError(f"unexpected {data + self.unread!r}")

    def receive(self):
        try:
            data = self.socket.recv(1 << 16)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError) as error:
            raise Gone from error
        if not data:
            raise Gone
        return data


def get(address, target, method="GET", **headers):
    """Sends one request on a connection of its own."""
    with Connection(address) as connection:
        connection.send(plain_head(target, method, **headers))
        return connection.read_response(method)


def is_ready(address):
    try:
        return get(address, "/readyz").status == 200
    except Gone:
        return False


class WebSocket(Connection):
    """Sends and receives single frames; does not answer pings."""

    def __init__(self, address, target="/ws", tls=None, before=b"", **headers):
        super().__init__(address, tls, before=before)
        self.send(head(target, **headers))
        self.response = self.read_response()
        assert self.response.status == 101, self.response

    def send_frame(self, opcode, payload=b"", **how):
        self.send(frame(opcode, payload, **how))

    def send_text(self, text):
        self.send_frame(TEXT, text)

    def read_frame(self):
        first, second = self.read(2)
        assert not second & 0x80, "a server does not mask"
        length = second
        if length == 126:
            (length,) = struct.unpack("!H", self.read(2))
            assert length > 125, "not the shortest form"
        elif length == 127:
            (length,) = struct.unpack("!Q", self.read(8))
            assert length > 0xFFFF, "not the shortest form"
        return Frame(
            first & 0xF, self.read(length), bool(first & 0x80), (first >> 4) & 7
        )

    def read_message(self):
        """The next message as sent: text as str. Skips control frames."""
        kind, pieces = None, []
        while True:
            got = self.read_frame()
            assert got.opcode != CLOSE, (got.code, got.reason)
            if got.opcode in (PING, PONG):
                continue
            assert (got.opcode == CONTINUATION) == (kind is not None), got
            kind = kind if kind is not None else got.opcode
            pieces.append(got.payload)
            if got.fin:
                data = b"".join(pieces)
                return data.decode() if kind == TEXT else data

    def read_close(self, answer=False):
        """Reads up to the close frame; only the end of input may follow it. The
        server waits for an answer unless it is one itself, or the client has
        broken the protocol."""
        while True:
            got = self.read_frame()
            if got.opcode == CLOSE:
                if answer:
                    self.send_frame(CLOSE, got.payload)
                self.expect_end()
                return got

    def expect_close(self, code):
        """Expects a close frame with this code, then the end of input."""
        got = self.read_close()
        assert got.code == code, got

    def close(self, code=1000):
        """Performs the closing handshake, up to the end of input."""
        self.send(close_frame(code))
        got = self.read_close()
        assert got.code == code, got
        self.socket.close()

    def leave(self):
        """Closes the connection, in any state that the test has left it in. When this
        returns, the server has removed the member."""
        if self.socket.fileno() < 0:
            return
        self.send(close_frame(1000))
        try:
            while True:
                self.receive()
        except Gone:
            self.socket.close()


class Chat(WebSocket):
    """A member with the native dialect: sends commands, receives events."""

    announced = True

    def __init__(self, address, target="/ws", tls=None, before=b"", **headers):
        super().__init__(address, target, tls, before, **headers)
        self.inbox = deque()  # came while something else was waited for
        self.refs = 0
        self.greeting = self.expect("me")
        self.name, self.id = self.greeting["member"], self.greeting["id"]
        if self.announced:
            self.expect("broadcast", message=f"{self.name} has joined!")

    def send_command(self, command, **fields):
        self.send_text(json.dumps({"command": command, **fields}))

    def next(self):
        return self.inbox.popleft() if self.inbox else self._event()

    def expect(self, event, **fields):
        """Checks that the next event is this one."""
        got = self.next()
        wanted = {"event": event, **fields}
        assert {name: got.get(name) for name in wanted} == wanted, got
        return got

    def ask(self, command, **fields):
        """Returns the direct answer; events before it go to the inbox."""
        self.refs += 1
        ref = f"r{self.refs}"
        self.send_command(command, ref=ref, **fields)
        while True:
            got = self._event()
            if got.get("ref") == ref:
                return got
            self.inbox.append(got)

    def ask_ok(self, command, **fields):
        got = self.ask(command, **fields)
        assert got["event"] != "error", got
        return got

    def refusal(self, command, **fields):
        """Returns the error of the command."""
        got = self.ask(command, **fields)
        assert (got["event"], got.get("command")) == ("error", command), got
        return got

    def pending(self):
        """Returns all events that this member was sent until now. They end with the
        answer to a ping, so that tests do not have to wait for a timeout."""
        self.ask_ok("ping")
        events = list(self.inbox)
        self.inbox.clear()
        return events

    def post(self, room, message, **fields):
        """Removes the author's own copy from the inbox."""
        ack = self.ask_ok("broadcast", room=room, message=message, **fields)
        assert ack["event"] == "ack", ack
        if not ack.get("duplicate"):
            copy = self.inbox.pop()
            assert (copy["event"], copy["seq"]) == ("broadcast", ack["seq"])
        return ack

    def expect_bye(self, code):
        """Expects `bye`, the close frame, and the end of input. Returns the events
        before them."""
        events = []
        while True:
            event = self.next()
            if event["event"] == "bye":
                break
            events.append(event)
        assert event["code"] == code, event
        assert self.read_close(answer=True).code == code
        return event, events

    def _event(self):
        return json.loads(self.read_message())


def accept_for(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return base64.b64encode(digest).decode()
