"""What clients of the dialect `topic` rely on, to the word. They speak first;
the first frame that they ever get is `joined` or `error`."""

import asyncio
import json
import re
import time
import uuid
from datetime import datetime, timezone

import pytest
import websockets

from client import BINARY, CLOSE, PING, PONG, Connection, get, head
from dialects import NOTHING, Topic, is_now
from server import AT_ONCE, DEADLINE, PARLEYD, Server

BAD_NAME = "Username must be 1-20 alphanumeric characters"
BAD_TOPIC = "Topic must be 1-50 alphanumeric characters"
BAD_MESSAGE = "Message must be 1-5000 characters"
NO_JSON = "Invalid JSON format"
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}"


@pytest.fixture(scope="module")
def server():
    with Server(PARLEYD, *AT_ONCE, listen=["127.0.0.1:0=topic"]) as server:
        yield server


@pytest.fixture
def meet(server):
    members = []

    def meet(target="/ws"):
        members.append(Topic(server.address, target))
        return members[-1]

    yield meet
    for member in members:
        member.leave()


@pytest.fixture
def room(meet):
    """Alice and bob talk about sports."""
    return meet().join("alice"), meet().join("bob")


def is_recent(timestamp):
    return abs(time.time() - timestamp) < 20


def seconds_of(iso):
    assert re.fullmatch(ISO, iso), iso
    return datetime.fromisoformat(iso).replace(tzinfo=timezone.utc).timestamp()


def without(frame, *names):
    return {name: value for name, value in frame.items() if name not in names}


# --- plain HTTP ---------------------------------------------------------------


def ask_json(server, path, method="GET", **headers):
    got = get(server.address, path, method, **headers)
    assert got.headers["content-type"] == "application/json"
    return got, json.loads(got.body) if got.body else None


def test_health_counts_what_is_going_on(server, meet):
    alice, bob = meet().join("alice"), meet().join("bob")
    meet().join("carol", "music").post("hi")
    alice.post("one"), alice.post("two")
    got, health = ask_json(server, "/health")
    assert got.status == 200
    assert isinstance(health["timestamp"], float)
    assert without(health, "timestamp") == {
        "status": "healthy",
        "connections": {
            "total_clients": 3,
            "total_topics": 2,
            "max_topics": 1000,
            "max_connections_per_topic": 100,
        },
        "messages": {
            "total_messages": 3,
            "expiration_seconds": 30,
            "rate_limit_per_minute": 60,
        },
    }
    got, stats = ask_json(server, "/stats")
    assert got.status == 200
    assert stats["server"] == "Secure WebSocket Chat Server"
    assert stats["timestamp"] >= health["timestamp"]
    for part in "connections", "messages":
        assert stats[part] == health[part]
    bob.close(), alice.tell({"type": "leave"}), alice.next()
    _, stats = ask_json(server, "/stats")
    assert stats["connections"]["total_clients"] == 1
    assert stats["connections"]["total_topics"] == 1
    assert stats["messages"]["total_messages"] == 1


def test_who_has_not_joined_is_no_client(server, meet):
    meet()
    _, stats = ask_json(server, "/stats")
    assert stats["connections"]["total_clients"] == 0


@pytest.mark.parametrize("path", ["/ws", "/ws/", "/nowhere", "/Health", "/health/"])
def test_there_is_nothing_else(server, path):
    got, body = ask_json(server, path)
    assert (got.status, body) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("path", ["/health", "/stats"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_not_allowed(server, path, method):
    got = get(server.address, path, method)
    assert (got.status, got.headers["allow"]) == (405, "GET")
    if method != "HEAD":
        assert json.loads(got.body) == {"detail": "Method Not Allowed"}


@pytest.mark.parametrize("path", ["/health", "/stats", "/nowhere"])
def test_pages_of_others_may_ask(server, path):
    got = get(server.address, path, Origin="http://localhost:3000")
    assert got.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in get(server.address, path).headers


@pytest.mark.parametrize("path", ["/other", "/health", "/stats"])
def test_a_websocket_elsewhere_is_forbidden(server, path):
    with Connection(server.address) as connection:
        connection.send(head(path))
        assert connection.read_response().status == 403


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_are_answered_here_as_well(server, path):
    assert get(server.address, path).status == 200


# --- the first frame ----------------------------------------------------------

FIRST = [
    {"type": "join", "username": "alice", "topic": "sports"},
    {"username": "alice", "topic": "sports"},
    {"id": 7, "type": "join", "timestamp": [], "topic": "sports", "username": "alice"},
    {"type": None, "username": "alice", "topic": "sports"},
]


@pytest.mark.parametrize("first", FIRST, ids=json.dumps)
def test_joining_is_answered_first_of_all(meet, first):
    a = meet()
    got = a.ask(first)
    assert without(got, "timestamp") == {"type": "joined", "username": "alice", "topic": "sports"}
    assert isinstance(got["timestamp"], int) and is_recent(got["timestamp"])
    assert a.pending() == []


@pytest.mark.parametrize("query", ["?name=system", "?name=bob", "?x"])
def test_nothing_is_said_before_whatever_was_asked_for(meet, query):
    assert meet("/ws" + query).join("carol").name == "carol"


def refuse_first(member, text, why, code, reason):
    """An error, then the end."""
    member.send_text(text)
    got = member.next()
    assert without(got, "timestamp") == {"type": "error", "message": why}
    assert is_now(got["timestamp"])
    close = member.read_close(answer=True)
    assert (close.code, close.reason) == (code, reason)


@pytest.mark.parametrize("text", ["", "hello", "{", "/list", '{"type":"join",}'])
def test_what_is_no_json_ends_the_connection(meet, text):
    refuse_first(meet(), text, NO_JSON, 1003, "Invalid JSON")


@pytest.mark.parametrize("text", [
    '{"type":"message","message":"hi"}', '{"type":"list"}', '{"type":"heartbeat"}',
    '{"type":"Join","username":"alice","topic":"sports"}', '{"type":5,"username":"a","topic":"b"}',
    '{"message":"hi"}', '{"type":"leave"}', "{}", "[]", "5", "null", '"join"', "[{}]",
    '{"type":["join"],"username":"a","topic":"b"}',
])
def test_the_first_frame_must_be_a_join(meet, text):
    refuse_first(meet(), text, "First message must be join request", 1002, "Protocol error")


# --- names --------------------------------------------------------------------

REFUSED = [
    # username, topic, text
    ("", "sports", BAD_NAME),
    ("a" * 21, "sports", BAD_NAME),
    ("al ice", "sports", BAD_NAME),
    (" alice", "sports", BAD_NAME),
    ("alice#2", "sports", BAD_NAME),
    ("al-ice", "sports", BAD_NAME),
    ("alic\u00e9", "sports", BAD_NAME),
    ("\uff11", "sports", BAD_NAME),
    ("alice\n", "sports", BAD_NAME),
    ("alice\0", "sports", BAD_NAME),
    (5, "sports", BAD_NAME),
    (None, "sports", BAD_NAME),
    (True, "sports", BAD_NAME),
    (["alice"], "sports", BAD_NAME),
    ({}, "sports", BAD_NAME),
    (NOTHING, "sports", BAD_NAME),
    ("alice", "", BAD_TOPIC),
    ("alice", "t" * 51, BAD_TOPIC),
    ("alice", "two words", BAD_TOPIC),
    ("alice", "sp\u00f6rts", BAD_TOPIC),
    ("alice", "sports\n", BAD_TOPIC),
    ("alice", 5, BAD_TOPIC),
    ("alice", None, BAD_TOPIC),
    ("alice", False, BAD_TOPIC),
    ("alice", [], BAD_TOPIC),
    ("alice", {"a": 1}, BAD_TOPIC),
    ("alice", NOTHING, BAD_TOPIC),
    ("", "", BAD_NAME),
    *((word, "sports", BAD_NAME) for word in
      ("admin", "root", "system", "null", "undefined", "Admin", "ROOT", "uNdEfInEd")),
    *(("alice", word, BAD_TOPIC) for word in
      ("admin", "root", "system", "null", "undefined", "SYSTEM", "Null")),
    ("admin", "two words", BAD_TOPIC),
    ("admin", "root", BAD_NAME),
]


def joining(username, topic):
    named = {"type": "join", "username": username, "topic": topic}
    return {name: value for name, value in named.items() if value is not NOTHING}


@pytest.mark.parametrize("username, topic, why", REFUSED, ids=ascii)
def test_who_or_what_may_not_be_called_so_is_refused(meet, username, topic, why):
    refuse_first(meet(), json.dumps(joining(username, topic)), why, 1008, "Join failed")


TAKEN = ["a", "a" * 20, "_", "0", "A_b_9", "administrator", "roots"]


@pytest.mark.parametrize("name", TAKEN)
def test_plain_names_are_taken_in_lower_case(meet, name):
    a = meet().join(name, name)
    assert (a.name, a.topic) == (name.lower(), name.lower())
    copy, _ = a.post("hi")
    assert (copy["username"], copy["topic"]) == (name.lower(), name.lower())


def test_a_topic_has_fifty_characters_at_most(meet):
    assert meet().join("alice", "T" * 50).topic == "t" * 50


def test_letter_case_makes_no_other_topic_and_no_other_name(meet):
    a, b = meet().join("Alice", "Sports"), meet().join("ALICE", "SPORTS")
    assert (a.name, b.name) == ("alice", "alice#2")
    a.post("hi")
    assert b.next()["message"] == "hi"


def test_a_taken_name_gets_the_first_free_number(meet):
    names = [meet().join("alice") for _ in range(4)]
    assert [each.name for each in names] == ["alice", "alice#2", "alice#3", "alice#4"]
    names[1].close()
    assert meet().join("alice").name == "alice#2"
    names[0].ask({"type": "leave"})
    assert meet().join("alice").name == "alice"
    assert meet().join("bob").name == "bob"


def test_a_number_may_go_beyond_twenty_characters(meet):
    meet().join("n" * 20)
    assert meet().join("n" * 20).name == "n" * 20 + "#2"


def test_names_hold_within_their_topic_only(meet):
    assert [meet().join("alice", topic).name for topic in "abc"] == ["alice"] * 3


def test_a_topic_has_a_hundred_members_at_most(meet):
    for n in range(100):
        meet().join(f"m{n}", "crowd")
    text = json.dumps(joining("late", "crowd"))
    refuse_first(meet(), text, "Topic is full, please try another", 1008, "Join failed")
    meet().join("late", "elsewhere")


def test_there_are_a_thousand_topics_at_most(start):
    server = start(listen=["127.0.0.1:0=topic"])
    members = [Topic(server.address).join("alice", f"t{n}") for n in range(1000)]
    text = json.dumps(joining("alice", "one_more"))
    refuse_first(Topic(server.address), text, "Server at maximum topic capacity", 1008, "Join failed")
    late = Topic(server.address).join("alice", "T999")
    assert (late.name, late.topic) == ("alice#2", "t999")
    members[0].close()
    assert Topic(server.address).join("alice", "one_more").topic == "one_more"


# --- after the join -----------------------------------------------------------


@pytest.mark.parametrize("timestamp", [1795241305.5, 5, "now", None, [1], {}, NOTHING], ids=ascii)
def test_a_heartbeat_is_received(room, timestamp):
    alice, _ = room
    beat = {"type": "heartbeat"} | ({} if timestamp is NOTHING else {"timestamp": timestamp})
    got = alice.ask(beat)
    assert without(got, "timestamp") == {"type": "heartbeat", "status": "received"}
    assert isinstance(got["timestamp"], float) and is_recent(got["timestamp"])


@pytest.mark.parametrize("again", [
    {"username": "alice", "topic": "sports"}, {"username": "eve", "topic": "music"},
    {"username": "", "topic": 5}, {},
], ids=json.dumps)
def test_joining_again_changes_nothing(room, again):
    alice, bob = room
    got = alice.ask({"type": "join"} | again)
    assert without(got, "timestamp") == {"type": "joined", "username": "alice", "topic": "sports"}
    assert bob.pending() == []
    alice.post("still here")
    assert bob.next()["username"] == "alice"


def test_leaving_keeps_the_connection(room):
    alice, bob = room
    got = alice.ask({"type": "leave"})
    assert without(got, "timestamp") == {"type": "left", "username": "alice", "topic": "sports"}
    assert isinstance(got["timestamp"], float)
    assert bob.pending() == []
    copy, ack = bob.post("not for alice")
    assert ack["recipients"] == 1
    assert alice.pending() == []


def test_outside_a_topic_nothing_can_be_said(room):
    alice, bob = room
    alice.ask({"type": "leave"})
    for frame in {"type": "message", "message": "hi"}, {"message": "hi"}:
        assert alice.refusal(frame) == "You must join a topic first"
    assert bob.pending() == []


def test_after_leaving_a_join_is_a_new_one(room):
    alice, bob = room
    alice.ask({"type": "leave"})
    assert alice.join("Carol", "Music").name == "carol"
    alice.post("new topic")
    assert bob.pending() == []
    alice.ask({"type": "leave"})
    assert alice.join("bob").name == "bob#2"
    alice.post("back")
    assert bob.next()["username"] == "bob#2"


@pytest.mark.parametrize("username, topic, why", REFUSED[::5], ids=ascii)
def test_a_later_join_may_be_refused_and_tried_again(room, username, topic, why):
    alice, _ = room
    alice.ask({"type": "leave"})
    assert alice.refusal(joining(username, topic)) == why
    assert alice.join("alice").name == "alice"


@pytest.mark.parametrize("extra", [{}, {"event_type": "x", "details": {"a": 1}, "room_id": None}])
def test_a_demo_log_is_not_answered(room, extra):
    alice, _ = room
    alice.tell({"type": "demo_log"} | extra)
    assert alice.pending() == []


UNKNOWN = [
    ("bogus", "bogus"), ("Message", "Message"), ("", ""), (5, "5"), (1.5, "1.5"), (True, "true"),
    (None, "None"), (NOTHING, "None"), ([1], "[1]"), ("\u00e9\"\\", "\u00e9\"\\"),
    ("x" * 200, "x" * 160),
]


@pytest.mark.parametrize("kind, named", UNKNOWN, ids=ascii)
def test_an_unknown_type_is_named(room, kind, named):
    alice, _ = room
    frame = {"id": 1} | ({} if kind is NOTHING else {"type": kind})
    assert alice.refusal(frame) == f"Unknown message type: {named}"


@pytest.mark.parametrize("text", ["", "hello", "{", "[]", "5", "null", '"x"', "/lists", '[{"type":"list"}]'])
def test_what_is_no_object_is_called_so(room, text):
    alice, _ = room
    alice.send_text(text)
    got = alice.next()
    assert (got["type"], got["message"]) == ("error", NO_JSON)
    alice.post("still here")


def test_other_keys_are_ignored(room):
    alice, bob = room
    alice.tell({"type": "message", "message": "hi", "timestamp": {}, "id": [1],
                "username": "eve", "topic": "music", "z": None})
    got = bob.next()
    assert (got["username"], got["topic"]) == ("alice", "sports")


def test_binary_json_is_json_and_answers_are_text(room):
    alice, bob = room
    alice.send_frame(BINARY, b'{"type":"message","message":"hi"}')
    assert isinstance(bob.read_message(), str)


# --- messages -----------------------------------------------------------------


@pytest.mark.parametrize("frame", [
    {"type": "message", "message": "Hello everyone!"}, {"message": "Hello everyone!"},
    {"type": None, "message": "Hello everyone!"},
], ids=json.dumps)
def test_a_message_reaches_all_and_is_acknowledged(room, meet, frame):
    alice, bob = room
    carol = meet().join("carol")
    alice.tell(frame)
    copies = [each.next() for each in (alice, bob, carol)]
    assert copies == [copies[0]] * 3
    copy, ack = copies[0], alice.next()
    assert without(copy, "timestamp", "message_id", "expires_at") == {
        "type": "message",
        "username": "alice",
        "message": "Hello everyone!",
        "topic": "sports",
    }
    assert isinstance(copy["timestamp"], int) and is_recent(copy["timestamp"])
    assert 29 <= seconds_of(copy["expires_at"]) - copy["timestamp"] <= 31
    made = uuid.UUID(copy["message_id"])
    assert (made.version, str(made)) == (4, copy["message_id"])
    assert ack == {
        "type": "ack",
        "message_id": copy["message_id"],
        "recipients": 3,
        "timestamp": copy["timestamp"],
    }
    assert alice.pending() == bob.pending() == carol.pending() == []


def test_no_two_messages_have_one_id(room, meet):
    alice, bob = room
    ids = {alice.post("same")[0]["message_id"] for _ in range(20)}
    ids |= {meet().join("carol", "music").post("same")[0]["message_id"]}
    assert len(ids) == 21


@pytest.mark.parametrize("frame", [{"type": "message"}, {"type": "message", "text": "hi"}])
def test_without_a_message_it_is_no_message(room, frame):
    alice, _ = room
    assert alice.refusal(frame) == NO_JSON


@pytest.mark.parametrize("message", ["", 5, None, True, ["hi"], {"a": "b"}, "x" * 5001,
                                     "\U0001f600" * 5001, " " * 5001], ids=lambda m: ascii(m)[:20])
def test_a_message_is_a_text_of_a_certain_length(room, message):
    alice, bob = room
    assert alice.refusal({"type": "message", "message": message}) == BAD_MESSAGE
    assert bob.pending() == []


@pytest.mark.parametrize("message", ["x", "x" * 5000, "\U0001f600" * 5000, "\u00e9" * 5000],
                         ids=lambda m: ascii(m)[:20])
def test_characters_are_counted_not_bytes(room, message):
    alice, bob = room
    alice.post(message)
    assert bob.next()["message"] == message


CLEANED = [
    ("  hi \n", "hi"),
    ("a\0b\x08c\x0bd\x0ce\x0ef\x1fg\x7fh", "abcdefgh"),
    ("a\tb\nc\rd", "a\tb\nc\rd"),
    ("\x85\u00a0\u2003hi\u2028\u3000", "hi"),
    (" ", ""),
    ("\0", ""),
    (" " * 5000, ""),
    ("\u200bhi\u200b", "\u200bhi\u200b"),
    ("\x00 hi \x00", "hi"),
    ("\"quoted\" \\ \u00e9\U0001f600<&>", "\"quoted\" \\ \u00e9\U0001f600<&>"),
]


@pytest.mark.parametrize("said, heard", CLEANED, ids=lambda m: ascii(m)[:20])
def test_a_message_is_cleaned(room, said, heard):
    alice, bob = room
    assert alice.post(said)[0]["message"] == heard
    assert bob.next()["message"] == heard


FORBIDDEN = [
    "<script>alert(1)</script>", "x<SCRIPT src=y>z</sCrIpT>", "<script></script>", "<scripted></script>",
    "javascript:alert(1)", "see JavaScript:", "onclick=1", "ONLOAD  = x", "configuration = 5",
    "on_=", "once\t=", "expression(1)", "Expression  (", "@import x", "@IMPORT",
    "on\u00e9=", "on\u0661\n=", "java\u017fcript:", "<\u017fcript></\u017fcript>", "@\u0131mport",
]

ALLOWED = [
    "<script>", "</script>", "<script>\n</script>", "< script></script>", "javascript", "java script:",
    "on=", "on =", "upon =", "o n1=", "o=n", "expression", "expression x(", "import", "@ import", "on-a=", "2 + 2 = 4",
    "on click now", "<b>bold</b>",
]


@pytest.mark.parametrize("message", FORBIDDEN, ids=ascii)
def test_what_may_do_harm_is_refused(room, message):
    alice, bob = room
    assert alice.refusal({"type": "message", "message": message}) == BAD_MESSAGE
    assert bob.pending() == []


@pytest.mark.parametrize("message", ALLOWED, ids=ascii)
def test_what_looks_like_harm_is_heard(room, message):
    alice, bob = room
    alice.post(message)
    assert bob.next()["message"] == message


def test_after_sixty_messages_there_is_a_pause(room):
    """The limit counts what was said; nothing else runs into it."""
    alice, bob = room
    alice.refusal({"type": "message", "message": ""})
    for n in range(60):
        alice.post(f"message {n}")
    too_fast = "Rate limit exceeded, please slow down"
    for message in "message 60", "", 5, "x" * 5001, "javascript:":
        assert alice.refusal({"type": "message", "message": message}) == too_fast
    assert alice.refusal({"type": "message"}) == NO_JSON
    assert alice.ask({"type": "heartbeat"})["status"] == "received"
    assert [got["message"] for got in bob.pending()] == [f"message {n}" for n in range(60)]
    bob.post("bob has a count of his own")
    assert alice.next()["type"] == "message"


def test_joining_anew_begins_no_new_count(room):
    alice, _ = room
    for n in range(60):
        alice.post(f"message {n}")
    alice.ask({"type": "leave"})
    alice.join("carol", "music")
    assert alice.refusal({"message": "hi"}) == "Rate limit exceeded, please slow down"


def test_sixty_messages_may_come_at_once(start):
    """Whatever limits.messages says: this dialect has a rule of its own."""
    server = start("--limits-messages", "1/s", "--limits-messages-burst", "5",
                   listen=["127.0.0.1:0=topic"])
    alice = Topic(server.address).join()
    for n in range(60):
        alice.post(f"message {n}")
    assert alice.refusal({"message": "hi"}) == "Rate limit exceeded, please slow down"
    alice.leave()


# --- the list of topics -------------------------------------------------------


@pytest.mark.parametrize("ask", ['{"type":"list"}', "/list"])
def test_topics_are_listed_as_they_began(start, ask):
    server = start(listen=["127.0.0.1:0=topic"])
    alice, bob, carol = (Topic(server.address) for _ in range(3))
    alice.join("alice", "zoo"), bob.join("bob", "art"), carol.join("carol", "zoo")
    bob.post("one"), bob.post("two")
    carol.send_text(ask)
    got = carol.next()
    assert got.keys() == {"type", "topics", "timestamp"} and got["type"] == "list"
    assert isinstance(got["timestamp"], int) and is_recent(got["timestamp"])
    zoo, art = got["topics"]
    assert without(zoo, "created_at", "last_activity") == {
        "topic": "zoo", "user_count": 2, "message_count": 0}
    assert without(art, "created_at", "last_activity") == {
        "topic": "art", "user_count": 1, "message_count": 2}
    for topic in zoo, art:
        began, active = seconds_of(topic["created_at"]), seconds_of(topic["last_activity"])
        assert began <= active <= time.time() + 1 and is_recent(began)
    assert seconds_of(zoo["created_at"]) <= seconds_of(art["created_at"])
    for each in alice, bob, carol:
        each.leave()


def test_a_topic_ends_with_its_last_member(room):
    alice, bob = room
    bob.ask({"type": "leave"})
    alice.close()
    bob.join("bob", "music")
    assert [each["topic"] for each in bob.ask({"type": "list"})["topics"]] == ["music"]


# --- coming and going ---------------------------------------------------------


def test_nobody_is_announced(room, meet):
    alice, bob = room
    carol = meet().join("carol")
    carol.ask({"type": "leave"})
    meet().join("dave").close()
    eve = meet().join("eve")
    eve.reset()
    assert alice.pending() == bob.pending() == []


def test_newcomers_hear_nothing_of_what_was_said(room, meet):
    alice, _ = room
    alice.post("before")
    assert meet().join("carol").pending() == []


def test_a_member_is_gone_when_its_close_is_echoed(room, meet):
    alice, bob = room
    for _ in range(10):
        carol = meet().join("carol")
        assert carol.name == "carol"
        carol.send_frame(CLOSE, b"\x03\xe8")
        assert carol.read_frame().opcode == CLOSE
        assert alice.post("hi")[1]["recipients"] == 2
        bob.next()
        carol.socket.close()


def test_a_ping_is_answered_with_its_payload(meet):
    a = meet()
    a.send_frame(PING, b"1234")
    got = a.read_frame()
    assert (got.opcode, got.payload) == (PONG, b"1234")


def test_above_a_mebibyte_the_connection_is_closed(room):
    alice, _ = room
    alice.send_text("x" * ((1 << 20) + 1))
    assert alice.read_close().code == 1009


# --- a client like the first ones ---------------------------------------------


class ChatClient:
    """As the example does it: join, look at the first frame, then listen."""

    @classmethod
    async def connect(cls, url, username, topic):
        self = cls()
        self.socket = await websockets.connect(url, ping_interval=0.05)
        await self.send(username=username, topic=topic)
        first = await self.receive()
        if first["type"] != "joined":
            raise PermissionError(first["message"])
        self.name = first["username"]
        return self

    async def send(self, **frame):
        await self.socket.send(json.dumps(frame))

    async def receive(self):
        return json.loads(await self.socket.recv())

    async def hear(self, count):
        return [await self.receive() for _ in range(count)]


async def converse(url):
    alice, bob = [await ChatClient.connect(url, "Alice", "Sports") for _ in range(2)]
    assert (alice.name, bob.name) == ("alice", "alice#2")
    talk = "one two three" * 20
    for client in alice, bob:
        await client.send(message=talk)
        await client.send(type="heartbeat", timestamp=time.time())
    for client in alice, bob:
        kinds = [frame["type"] for frame in await client.hear(4)]
        assert sorted(kinds) == ["ack", "heartbeat", "message", "message"]
    await alice.socket.send("/list")
    assert (await alice.receive())["topics"][0]["user_count"] == 2
    with pytest.raises(PermissionError, match=BAD_NAME):
        await ChatClient.connect(url, "root", "Sports")
    lost = await websockets.connect(url)
    await lost.send("hello")
    assert json.loads(await lost.recv())["message"] == NO_JSON
    with pytest.raises(websockets.ConnectionClosed):
        await lost.recv()
    assert (lost.close_code, lost.close_reason) == (1003, "Invalid JSON")
    for client in alice, bob:
        await client.socket.close()
        assert client.socket.close_code == 1000


@pytest.mark.parametrize("deflate", ["off", "on"])
def test_a_client_of_the_library_gets_along(start, deflate):
    server = start("--deflate-enabled", deflate, listen=["127.0.0.1:0=topic"])
    url = "ws://%s:%d/ws" % server.address
    asyncio.run(asyncio.wait_for(converse(url), DEADLINE))
