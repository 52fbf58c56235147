"""Creating, joining and leaving rooms in the dialect `action`."""

import re

import pytest

from dialects import NOTHING, SENT, Action, error

MEMBER = Action

# --- create -------------------------------------------------------------------

NAMES = [
    ("Game Night", "Game Night"),
    ({"room_name": "Test Room"}, "Test Room"),
    ({"name": "Test Room"}, "Test Room"),
    ({"room_name": "one", "name": "two"}, "one"),
    ({"room_name": None, "name": "two"}, "two"),
    ({"room_name": 5}, "5"),
    ({"other": 1}, '{"other": 1}'),
    ({}, "{}"),
    (5, "5"),
    (True, "true"),
    ([1, "x"], '[1, "x"]'),
    (None, "None"),
    (NOTHING, "None"),
    ("it's \"quoted\" \\ \u00e9\u20ac\U0001f600", "it's \"quoted\" \\ \u00e9\u20ac\U0001f600"),
    ("  trimmed\t", "trimmed"),
    ("x\u0000y\u202ez\u200b", "xyz"),
    ("n" * 100, "n" * 64),
]


@pytest.mark.parametrize("body, name", NAMES, ids=ascii)
def test_a_room_is_created_with_any_name(meet, body, name):
    a, b = meet(), meet()
    got = a.answer("create", body)
    room = got["room_id"]
    assert got == {
        "status": "success",
        "room_id": room,
        "message": f"Room '{name}' created",
    }
    assert re.fullmatch("[0-9a-f]{8}", room)
    assert b.answer("join", {"room_id": room}) == {
        "status": "success",
        "message": f"Joined room '{name}'",
        "room_id": room,
    }


@pytest.mark.parametrize("body", ["", "   ", "\u200b"], ids=ascii)
def test_a_room_without_a_name_is_called_by_its_id(meet, body):
    got = meet().answer("create", body)
    assert got["message"] == f"Room '{got['room_id']}' created"


def test_names_need_not_be_unique(meet):
    assert meet().create("twin") != meet().create("twin")


def test_the_creator_of_a_room_is_in_it(meet):
    a = meet()
    a.create()
    assert a.answer("message", "anybody here?") == SENT


def test_creating_leaves_the_room_before(room, meet):
    made, a, b = room
    other = a.create("elsewhere")
    assert a.answer("message", "not for b") == SENT
    assert b.pending() == []
    b.post("not for a")
    assert a.pending() == []
    b.join(other)
    assert meet().answer("join", {"room_id": made}) == error(f"Room {made} does not exist")


# --- join ---------------------------------------------------------------------


@pytest.mark.parametrize("spell", [lambda room: {"room_id": room}, lambda room: room])
def test_a_room_is_joined_by_its_id(meet, spell):
    a, b = meet(), meet()
    made = a.create("Test Room")
    assert b.answer("join", spell(made)) == {
        "status": "success",
        "message": "Joined room 'Test Room'",
        "room_id": made,
    }
    assert a.pending() == []


UNKNOWN = [
    ({"room_id": "nope"}, "nope"),
    ("nope", "nope"),
    ({"room_id": "no/pe \u00e9"}, "no/pe \u00e9"),
    ({"room_id": "x" * 65}, "x" * 65),
    ({"room_id": ""}, ""),
    ({"room_id": 5}, "5"),
    ({"room_id": False}, "false"),
    ({"room_id": [1]}, "[1]"),
    ({"room_id": {"a": 1}}, '{"a": 1}'),
    ({"room_id": None}, "None"),
    ({"room": "x"}, "None"),
    ({}, "None"),
    ([], "None"),
    ("", "None"),
    (0, "None"),
    (0.0, "None"),
    (False, "None"),
    (None, "None"),
    (NOTHING, "None"),
]


@pytest.mark.parametrize("body, named", UNKNOWN, ids=ascii)
def test_an_unknown_room_cannot_be_joined(meet, body, named):
    a = meet()
    assert a.answer("join", body) == error(f"Room {named} does not exist")
    assert a.answer("leave") == error("Not in any room")


@pytest.mark.parametrize("body", [5, -0.5, True, [1], [[]]], ids=ascii)
def test_what_names_no_room_is_a_server_error(meet, body):
    got = meet().answer("join", body)
    assert got["status"] == "error"
    assert got["message"].startswith("Server error: ")


def test_joining_leaves_the_room_before_without_an_event(room, meet):
    made, a, b = room
    c = meet()
    other = c.create("elsewhere")
    b.join(other)
    assert a.pending() == c.pending() == []
    a.post("not for b")
    assert b.pending() == []
    c.post("for b")
    b.expect(**{"from": c.id, "body": "for b"})


def test_joining_the_room_one_is_in_changes_nothing(room):
    made, a, b = room
    for each in a, b:
        assert each.answer("join", {"room_id": made}) == {
            "status": "success",
            "message": "Joined room 'Game Night'",
            "room_id": made,
        }
    assert a.post("still here") == []
    b.expect(**{"from": a.id, "body": "still here"})


def test_the_only_member_may_join_its_room_again(meet):
    a = meet()
    made = a.create()
    a.join(made)
    assert a.answer("message", "x") == SENT


def test_a_refused_join_leaves_one_where_one_is(room):
    made, a, b = room
    assert b.answer("join", "nope") == error("Room nope does not exist")
    a.post("still here?")
    b.expect(**{"from": a.id, "body": "still here?"})


def test_the_answer_to_a_join_comes_before_messages(room, meet):
    """Traffic in either room never comes between a request and its answer."""
    made, a, b = room
    c = meet()
    other = c.create("elsewhere")
    for n in range(50):
        a.send_command("message", f"here {n}")
        c.send_command("message", f"there {n}")
        b.send_command("join", {"room_id": other if n % 2 == 0 else made})
    answers = 0
    while answers < 50:
        got = b.next()
        if "status" in got:
            assert got["status"] == "success", got
            answers += 1
    c.pending(), a.pending()


# --- leave, and the end of rooms ----------------------------------------------


@pytest.mark.parametrize("body", [NOTHING, {}, None, "x", 5, [1]], ids=ascii)
def test_leaving_ignores_its_body(room, body):
    made, a, b = room
    assert b.answer("leave", body) == {"status": "success", "message": "Left room"}
    assert a.pending() == []
    a.post("not for b")
    assert b.pending() == []
    assert b.answer("leave") == error("Not in any room")


def test_a_room_ends_with_its_last_member(room, meet):
    made, a, b = room
    c = meet()
    a.answer("leave")
    b.answer("leave")
    assert c.answer("join", made) == error(f"Room {made} does not exist")


def test_a_room_ends_when_its_last_member_disconnects(meet):
    a, c = meet(), meet()
    made = a.create()
    a.close()
    assert c.answer("join", made) == error(f"Room {made} does not exist")


def test_a_disconnect_is_not_announced(room):
    made, a, b = room
    b.close()
    assert a.pending() == []
    assert a.answer("message", "alone") == SENT
