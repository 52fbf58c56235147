"""Every reason to refuse a command; the connection stays open."""

import json

import pytest

from client import TEXT, Chat, frame

BAD_JSON = [
    ("", 0),
    (" ", 1),
    ("x", 0),
    ("[]", 0),
    ('"text"', 0),
    ("null", 0),
    ("5", 0),
    ("{", 1),
    ('{"command"', 10),
    ('{"command":"list"', 17),
    ('{"command":"list",}', 18),
    ("{'command':'list'}", 1),
    ('{"command":"list"} x', 19),
    ('{"command":"list"}{}', 18),
    ('{"command":list}', 11),
    ('{"a":01}', 6),
    ('{"a":1.}', None),
    ('{"a":+1}', 5),
    ('{"a":' + "7" * 65 + "}", 5),
    ('{"command":"broadcast","room":"r","message":' + "7" * 5000 + "}", 44),
    ('{"a":[1,-1e400]}', 8),
    ('{"a":"\t"}', 6),
    ('{"a":"\\x"}', None),
    ('{"a":"\\ud800"}', None),
    ('{"a":1,"a":2}', None),
    ('{"command":"list","Command":"list"}', None),
    ('{"a":' + "[" * 40 + "]" * 40 + "}", None),
]


@pytest.mark.parametrize("text, offset", BAD_JSON)
def test_what_is_not_an_object_is_bad_json(join, text, offset):
    a = join()
    a.send_text(text)
    refused = a.expect("error", code="bad_json")
    assert isinstance(refused["offset"], int)
    assert 0 <= refused["offset"] <= len(text)
    if offset is not None:
        assert refused["offset"] == offset
    assert a.pending() == []


def test_a_number_may_have_64_bytes(join):
    a = join()
    a.send_text('{"command":"ping","x":[' + "7" * 64 + ",1.7e308]}")
    a.expect("pong")


def test_json_may_be_32_deep(join):
    a = join()
    deep = '{"command":"ping","x":' + "[" * 31 + "]" * 31 + "}"
    a.send_text(deep)
    a.expect("pong")


BAD_FIELDS = [
    ({}, "command"),
    ({"command": 5}, "command"),
    ({"command": None}, "command"),
    ({"command": "broadcast"}, "message"),
    ({"command": "broadcast", "message": ""}, "message"),
    ({"command": "broadcast", "message": None}, "message"),
    ({"command": "broadcast", "message": ["x"]}, "message"),
    ({"command": "broadcast", "message": "x", "room": 5}, "room"),
    ({"command": "broadcast", "message": "", "room": "r"}, "message"),
    ({"command": "broadcast", "room": "r"}, "message"),
    ({"command": "dm", "message": "x"}, "recipient"),
    ({"command": "dm", "message": "x", "recipient": 5}, "recipient"),
    ({"command": "dm", "recipient": "me"}, "message"),
    ({"command": "dm", "recipient": "me", "message": {}}, "message"),
    ({"command": "name"}, "name"),
    ({"command": "name", "name": 5}, "name"),
    ({"command": "create"}, "name"),
    ({"command": "create", "name": "x", "persistent": 1}, "persistent"),
    ({"command": "create", "name": "x", "ttl_ms": -1}, "ttl_ms"),
    ({"command": "create", "name": "x", "max_members": 0}, "max_members"),
    ({"command": "create", "name": "x", "max_members": "9"}, "max_members"),
    ({"command": "join"}, "room"),
    ({"command": "join", "room": "r", "create": "yes"}, "create"),
    ({"command": "join", "room": "r", "history": 1001}, "history"),
    ({"command": "join", "room": "r", "history": -1}, "history"),
    ({"command": "join", "room": "r", "since": 5}, "since"),
    ({"command": "join", "room": "r", "since": {}}, "since.epoch"),
    ({"command": "join", "room": "r", "since": {"epoch": 1, "seq": 1}}, "since.epoch"),
    ({"command": "join", "room": "r", "since": {"epoch": "x"}}, "since.seq"),
    ({"command": "join", "room": "r", "since": {"epoch": "x", "seq": -1}}, "since.seq"),
    ({"command": "leave"}, "room"),
    ({"command": "history"}, "room"),
    ({"command": "history", "room": "r", "before": "x"}, "before"),
    ({"command": "history", "room": "r", "after": 1.5}, "after"),
    ({"command": "typing"}, "room"),
]


@pytest.mark.parametrize("command, field", BAD_FIELDS, ids=json.dumps)
def test_a_bad_field_is_named(join, command, field):
    a = join()
    a.ask_ok("join", room="r", create=True)
    a.send_text(json.dumps({**command, "ref": "x"}))
    refused = a.expect("error", code="bad_field", field=field, ref="x")
    assert refused["message"]
    assert a.pending() == []


@pytest.mark.parametrize("command", ["", "dance", "BROADCAST", "joined", "list "])
def test_an_unknown_command_is_reported(join, command):
    assert join().refusal(command)["code"] == "unknown_command"


IN_ROOM = [
    ("list", {}),
    ("history", {}),
    ("typing", {}),
    ("leave", {}),
    ("broadcast", {"message": "x"}),
]


@pytest.mark.parametrize("command, fields", IN_ROOM)
def test_a_room_must_be_entered_first(join, command, fields):
    a, b = join(), join()
    b.ask_ok("join", room="closed", create=True)
    refused = a.refusal(command, room="closed", **fields)
    assert refused["code"] == "not_in_room"
    refused = a.refusal(command, room="no-such-room", **fields)
    assert refused["code"] == "room_not_found"


def test_a_message_has_a_largest_size(join):
    a = join()
    a.ask_ok("join", room="big", create=True)
    for room in None, "big":
        a.ask_ok("broadcast", room=room, message="x" * (65536 - 2))
        refused = a.refusal("broadcast", room=room, message="x" * (65536 - 1))
        assert (refused["code"], refused["limit"]) == ("message_too_large", 65536)


def test_rooms_per_member_are_limited(start):
    server = start("--limits-rooms-per-member", "3")
    a = Chat(server.address)
    assert a.greeting["limits"]["rooms_per_member"] == 3
    for n in range(3):
        a.ask_ok("join", room=f"r{n}", create=True)
    for command in "join", "create":
        refused = a.refusal(command, room="r3", name="x", create=True)
        assert (refused["code"], refused["limit"]) == ("too_many_rooms", 3)
    a.ask_ok("leave", room="r0")
    a.ask_ok("join", room="r3", create=True)


def test_rooms_are_limited_in_all(start):
    server = start("--limits-rooms", "2")
    a, b = Chat(server.address), Chat(server.address)
    for n in range(2):
        a.ask_ok("create", name=f"r{n}")
    refused = b.refusal("create", name="one too many")
    assert (refused["code"], refused["limit"]) == ("too_many_rooms", 2)


def test_members_of_a_room_are_limited(start):
    server = start("--limits-room-members", "2")
    a, b, c = (Chat(server.address) for _ in range(3))
    for each in a, b:
        each.ask_ok("join", room="r", create=True)
    refused = c.refusal("join", room="r")
    assert (refused["code"], refused["limit"]) == ("room_full", 2)


def test_commands_come_at_a_limited_rate(start):
    server = start("--limits-messages", "5", "--limits-messages-burst", "10",
                   "--limits-patience", "0")
    a = Chat(server.address)
    a.send(b"".join(frame(TEXT, json.dumps({"command": "ping", "ref": n}))
                    for n in range(30)))
    answers = [a.next() for _ in range(30)]
    assert [e["ref"] for e in answers] == list(range(30))
    kinds = [e["event"] for e in answers]
    assert kinds[:10] == ["pong"] * 10
    refused = [e for e in answers if e["event"] == "error"]
    assert len(refused) >= 15
    for each in refused:
        assert each["code"] == "rate_limited"
        assert 0 < each["retry_after_ms"] <= 1000


def test_a_client_that_ignores_refusals_is_closed(start):
    server = start("--limits-messages", "1", "--limits-messages-burst", "1",
                   "--limits-patience", "0")
    a, b = Chat(server.address), Chat(server.address)
    a.send(frame(TEXT, '{"command":"me"}') * 200)
    bye, before = a.expect_bye(4101)
    assert bye["reason"] == "rate_limited" and bye["retry_after_ms"] > 0
    refusals = [e for e in before if e["event"] == "error"]
    assert 99 <= len(refusals) <= 100
    b.ask_ok("list")
