"""Messages of a topic: recipients, content rules, rates."""

import json
import uuid

import pytest

from dialects import NO_JSON, Topic, is_recent, seconds_of, without

MEMBER = Topic

BAD_MESSAGE = "Message must be 1-5000 characters"


@pytest.mark.parametrize("frame", [
    {"type": "message", "message": "Hello everyone!"}, {"message": "Hello everyone!"},
    {"type": None, "message": "Hello everyone!"},
], ids=json.dumps)
def test_a_message_reaches_all_and_is_acknowledged(room, meet, frame):
    alice, bob = room
    carol = meet().join("carol")
    alice.send_json(frame)
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


@pytest.mark.parametrize("sent, received", CLEANED, ids=lambda m: ascii(m)[:20])
def test_a_message_is_cleaned(room, sent, received):
    alice, bob = room
    assert alice.post(sent)[0]["message"] == received
    assert bob.next()["message"] == received


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
def test_text_that_looks_harmful_is_delivered(room, message):
    alice, bob = room
    alice.post(message)
    assert bob.next()["message"] == message


def test_after_sixty_messages_there_is_a_pause(room):
    """The limit counts accepted messages; other commands are not limited by it."""
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
    """Whatever the value of limits.messages: this dialect has a limit of its own."""
    server = start("--limits-messages", "1/s", "--limits-messages-burst", "5",
                   listen=["127.0.0.1:0=topic"])
    alice = Topic(server.address).join()
    for n in range(60):
        alice.post(f"message {n}")
    assert alice.refusal({"message": "hi"}) == "Rate limit exceeded, please slow down"
    alice.leave()
