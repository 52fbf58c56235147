"""Joining a topic: the first frame that a client sends, and what it and its
topic may be called."""

import json

import pytest

from dialects import BAD_NAME, NO_JSON, NOTHING, Topic, is_now, is_recent, without

MEMBER = Topic

BAD_TOPIC = "Topic must be 1-50 alphanumeric characters"

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
def test_no_event_comes_before_an_answer(meet, query):
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
def test_invalid_names_are_refused(meet, username, topic, why):
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


@pytest.mark.parametrize("username, topic, why", REFUSED[::5], ids=ascii)
def test_a_later_join_may_be_refused_and_tried_again(room, username, topic, why):
    alice, _ = room
    alice.ask({"type": "leave"})
    assert alice.refusal(joining(username, topic)) == why
    assert alice.join("alice").name == "alice"
