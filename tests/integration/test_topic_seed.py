"""What clients of the dialect `topic` rely on, byte for byte. The client sends the
first frame; the first one that it gets is `joined` or `error`: test_topic_join.py.
"""

import json
import time

import pytest

from client import BINARY, CLOSE, PING, PONG, Connection, get, head
from dialects import NO_JSON, NOTHING, Topic, is_recent, seconds_of, without

MEMBER = Topic

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
    bob.close(), alice.send_json({"type": "leave"}), alice.next()
    _, stats = ask_json(server, "/stats")
    assert stats["connections"]["total_clients"] == 1
    assert stats["connections"]["total_topics"] == 1
    assert stats["messages"]["total_messages"] == 1


def test_a_connection_without_a_join_is_no_client(server, meet):
    meet()
    _, stats = ask_json(server, "/stats")
    assert stats["connections"]["total_clients"] == 0


@pytest.mark.parametrize("path", ["/ws", "/ws/", "/nowhere", "/Health", "/health/"])
def test_other_paths_are_not_found(server, path):
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


def test_outside_a_topic_nothing_can_be_posted(room):
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


@pytest.mark.parametrize("extra", [{}, {"event_type": "x", "details": {"a": 1}, "room_id": None}])
def test_a_demo_log_is_not_answered(room, extra):
    alice, _ = room
    alice.send_json({"type": "demo_log"} | extra)
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
def test_json_that_is_no_object_is_reported(room, text):
    alice, _ = room
    alice.send_text(text)
    got = alice.next()
    assert (got["type"], got["message"]) == ("error", NO_JSON)
    alice.post("still here")


def test_other_keys_are_ignored(room):
    alice, bob = room
    alice.send_json({"type": "message", "message": "hi", "timestamp": {}, "id": [1],
                "username": "eve", "topic": "music", "z": None})
    got = bob.next()
    assert (got["username"], got["topic"]) == ("alice", "sports")


def test_binary_json_is_json_and_answers_are_text(room):
    alice, bob = room
    alice.send_frame(BINARY, b'{"type":"message","message":"hi"}')
    assert isinstance(bob.read_message(), str)


# --- the list of topics -------------------------------------------------------


@pytest.mark.parametrize("ask", ['{"type":"list"}', "/list"])
def test_topics_are_listed_in_order_of_creation(start, ask):
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


def test_no_join_is_announced(room, meet):
    alice, bob = room
    carol = meet().join("carol")
    carol.ask({"type": "leave"})
    meet().join("dave").close()
    eve = meet().join("eve")
    eve.reset()
    assert alice.pending() == bob.pending() == []


def test_new_members_get_no_old_messages(room, meet):
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
    alice.expect_close(1009)
