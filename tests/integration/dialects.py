"""Clients of the other dialects than the native one."""

import json
import re
import struct
import time
from datetime import datetime, timezone

from client import BINARY, WebSocket



class Nothing:
    """A key that is left out. Its name in a test's id is always the same."""

    def __repr__(self):
        return "NOTHING"


NOTHING = Nothing()

# Texts of the server, which clients compare exactly.
NO_JSON = "Invalid JSON format"
BAD_NAME = "Username must be 1-20 alphanumeric characters"
SENT = {"status": "success", "message": "Message sent"}


def error(text):
    return {"status": "error", "message": text}


def is_recent(timestamp):
    """Whether a time in seconds since 1970 is near the present."""
    return abs(time.time() - timestamp) < 20


def is_now(timestamp):
    """Whether a time in whole seconds is the present."""
    return isinstance(timestamp, int) and is_recent(timestamp)


def seconds_of(date):
    """The seconds of a time in the format of `topic`, in UTC."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", date), date
    return datetime.fromisoformat(date).replace(tzinfo=timezone.utc).timestamp()


def without(frame, *names):
    return {name: value for name, value in frame.items() if name not in names}


class Member(WebSocket):
    """JSON out, JSON in, one object a frame."""

    def send_json(self, value):
        self.send_text(json.dumps(value))

    def next(self):
        return json.loads(self.read_message())

    def expect(self, **wanted):
        """The next frame, which is this, and no more than this."""
        got = self.next()
        assert got == wanted, got
        return got

    def ask(self, value):
        """Returns the next frame, which has to be the answer."""
        self.send_json(value)
        return self.next()

    def pending(self):
        """Returns all frames that came until now. They end with an answer of the
        server, so that tests do not have to wait for a timeout."""
        self.send_json(self.mark)
        frames = []
        while not self.is_mark(frame := self.next()):
            frames.append(frame)
        return frames


class Action(Member):
    """`{"action", "body"}`; the client sends nothing before the greeting."""

    dialect = "action"
    mark = {"action": "mark"}

    def __init__(self, address, target="/", **headers):
        super().__init__(address, target, **headers)
        self.greeting = self.next()
        self.id = self.greeting["client_id"]

    @staticmethod
    def gather(meet):
        """A room, and two members in it."""
        a, b = meet(), meet()
        room = a.create("Game Night")
        b.join(room)
        return room, a, b

    def is_mark(self, frame):
        return frame == error("Invalid action")

    def send_command(self, action, body=NOTHING):
        self.send_json({"action": action} | ({} if body is NOTHING else {"body": body}))

    def answer(self, action, body=NOTHING):
        self.send_command(action, body)
        return self.next()

    def create(self, body="den"):
        got = self.answer("create", body)
        assert got["status"] == "success", got
        return got["room_id"]

    def join(self, room):
        got = self.answer("join", {"room_id": room})
        assert got["status"] == "success", got

    def post(self, body):
        """Posts a message; returns the other frames that come before its answer."""
        self.send_command("message", body)
        received = []
        while (got := self.next()) != SENT:
            assert "from" in got, got
            received.append(got)
        return received


class Topic(Member):
    """The client sends the first frame: a topic and a name; then messages."""

    dialect = "topic"
    mark = {"type": "heartbeat", "timestamp": 0}

    def __init__(self, address, target="/ws", **headers):
        super().__init__(address, target, **headers)
        self.name = self.topic = None

    @staticmethod
    def gather(meet):
        """Alice and bob, in the topic sports."""
        return meet().join("alice"), meet().join("bob")

    def is_mark(self, frame):
        return frame["type"] == "heartbeat"

    def join(self, username="alice", topic="sports"):
        got = self.ask({"type": "join", "username": username, "topic": topic})
        assert got["type"] == "joined", got
        self.name, self.topic = got["username"], got["topic"]
        return self

    def refusal(self, value):
        """Returns the text of the error that this command gets."""
        got = self.ask(value)
        assert got.keys() == {"type", "message", "timestamp"}, got
        assert got["type"] == "error" and is_now(got["timestamp"]), got
        return got["message"]

    def post(self, message):
        """Posts a message; returns the own copy and the acknowledgement."""
        self.send_json({"type": "message", "message": message})
        copy, ack = self.next(), self.next()
        assert (copy["type"], ack["type"]) == ("message", "ack"), (copy, ack)
        return copy, ack


HELLO = bytes.fromhex("2fdf1d50") + bytes(15) + b"\x01"
OFFER, ACCEPT, CONTENT, FINISH, TERMINATE = range(5)


def mux_frame(code, channel, payload=b""):
    return struct.pack("!BIH", code, channel, len(payload)) + payload


class DotnetBase(Member):
    """A ChatMessage with a Type; `chat` is for all but its author."""

    dialect = "dotnet"
    mark = {"Type": "listUsers"}

    def is_mark(self, message):
        return message["Message"].startswith("Online users: ")

    def send_command(self, kind, message="", **fields):
        self.send_json({"Type": kind, "Message": message} | fields)

    def ask_for(self, kind, message="", **fields):
        self.send_command(kind, message, **fields)
        return self.next()

    def next(self):
        got = super().next()
        assert list(got) == ["Username", "Message", "ToUsername", "ToUsernames", "ChatType",
                             "RoomId", "Type", "Timestamp"], got
        moment = got.pop("Timestamp")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z", moment), moment
        assert is_recent(datetime.fromisoformat(moment[:19]).replace(tzinfo=timezone.utc)
                         .timestamp())
        return got

    def welcomed(self):
        got = self.next()
        self.name = re.fullmatch("Welcome (.*)! You are now connected to the chat.",
                                 got["Message"])[1]
        return got

    def users(self):
        got = self.ask_for("listUsers")
        assert (got["Type"], got["Username"]) == ("system", "system"), got
        return got["Message"].removeprefix("Online users: ").split(", ")


class Dotnet(DotnetBase):
    """Two channels in a stream of binary messages, with an object in each line."""

    def __init__(self, address, target="/ws", offers=("messages", "files"), **headers):
        super().__init__(address, target, **headers)
        self.stream = b""
        self.lines = {}
        self.frames = []  # lines without content
        self.send_stream(HELLO)
        assert self.read_stream(20) == bytes.fromhex("2fdf1d50") + bytes(16)
        self.ids = {}
        self.name = None
        if offers:
            self.offer(*offers)
            self.greeting = self.welcomed()

    def send_stream(self, data):
        self.send_frame(BINARY, data)

    def offer(self, *names):
        """Offers channels, which the server accepts."""
        for n, name in enumerate(names):
            self.ids[name] = 2 * n + 1
            self.send_stream(mux_frame(OFFER, 2 * n + 1, name.encode()))
        for name in names:
            assert self.read_mux() == (ACCEPT, self.ids[name], b"")

    def read_stream(self, count):
        while len(self.stream) < count:
            piece = self.read_message()
            assert isinstance(piece, bytes) and piece, piece
            self.stream += piece
        data, self.stream = self.stream[:count], self.stream[count:]
        return data

    def read_mux(self):
        code, channel, length = struct.unpack("!BIH", self.read_stream(7))
        assert length <= 20480
        return code, channel, self.read_stream(length)

    def send_text(self, text):
        """A line of the channel of messages."""
        self.send_line("messages", text)

    def send_line(self, channel, text):
        data = text.encode() + b"\n"
        for at in range(0, len(data), 20480):
            self.send_stream(mux_frame(CONTENT, self.ids[channel], data[at:at + 20480]))

    def next_line(self, channel):
        """Lines of the other channel wait."""
        lines = self.lines
        while b"\n" not in lines.get(channel, b""):
            code, number, payload = self.read_mux()
            assert code == CONTENT and payload.isascii(), (code, number, payload)
            name = next(name for name in self.ids if self.ids[name] == number)
            lines[name] = lines.get(name, b"") + payload
        line, lines[channel] = lines[channel].split(b"\n", 1)
        return line.decode()

    def next(self):
        message = self.next_line("messages")
        read, self.read_message = self.read_message, lambda: message
        try:
            return super().next()
        finally:
            self.read_message = read


class DotnetText(DotnetBase):
    """Text messages, each a ChatMessage or a line; answers are ChatMessages."""

    def __init__(self, address, target="/ws", first="listUsers", **headers):
        super().__init__(address, target, **headers)
        self.send_text(first)
        self.greeting = self.welcomed()
        self.first = self.next()
