"""The word list and the flood limit, in all dialects."""

import os
import signal
import subprocess

import pytest

from client import Chat
from dialects import Action, Topic, error
from server import DEADLINE, ENVIRONMENT, PARLEYD, eventually


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words"
    path.write_text("# a list\ndarn\n")
    return path


def test_a_message_with_such_a_word_is_refused(start, words):
    server = start("--moderation-words", str(words))
    with Chat(server.address) as a, Chat(server.address) as b:
        a.ask_ok("create", name="x", room="x")
        for text in "darn", "Oh DARN!", "d\u0430rn", "\uff44arn", (
                "\u24d3\u1d43rn"):
            refused = a.refusal("broadcast", room="x", message=text)
            assert refused["code"] == "message_refused", text
        refused = a.refusal("broadcast", room="x", message={"a": ["darn"]})
        assert refused["code"] == "message_refused"
        assert a.refusal("broadcast", message="darn")["code"] == "message_refused"
        assert a.refusal("dm", recipient=b.name, message="darn")["code"] == (
            "message_refused")
        seq = a.post("x", "darned")["seq"]
        refused = a.refusal("edit", room="x", seq=seq, message="darn")
        assert refused["code"] == "message_refused"
        for reaction in "darn", '"Darn"', "d\\darn":
            refused = a.refusal("react", room="x", seq=seq, reaction=reaction)
            assert refused["code"] == "message_refused", reaction
        for reaction in "darned", '"', "\\":
            a.ask_ok("react", room="x", seq=seq, reaction=reaction)


def test_a_word_is_masked(start, words):
    server = start("--moderation-words", str(words),
                   "--moderation-action", "mask",
                   listen=[f"127.0.0.1:0={d}" for d in
                           ("command", "action", "topic")])
    with Chat(server.addresses[0]) as a, \
            Action(server.addresses[1]) as action, \
            Topic(server.addresses[2]) as topic:
        a.ask_ok("create", name="sports", room="sports")
        topic.join("ann", "sports")
        action.join("sports")
        a.pending()
        assert topic.post("darn it")[0]["message"] == "**** it"
        assert action.next()["body"] == "**** it"
        action.post({"text": "Darn!"})
        texts = [e["message"] for e in a.pending() if e["event"] == "broadcast"]
        assert texts == ["**** it", {"text": "****!"}]
        page = a.ask("history", room="sports")["messages"]
        assert [m["message"] for m in page] == texts
        seq = a.post("sports", "fine")["seq"]
        a.ask_ok("edit", room="sports", seq=seq, message="oh darn")
        assert a.pending()[-1]["message"] == "oh ****"
        # Reactions are counted by their text, which stays what it is.
        refused = a.refusal("react", room="sports", seq=seq, reaction="darn")
        assert refused["code"] == "message_refused"


@pytest.mark.parametrize("action", ["reject", "mask"])
def test_other_texts_with_such_a_word_are_refused(start, words, action):
    server = start("--moderation-words", str(words),
                   "--moderation-action", action,
                   listen=[f"127.0.0.1:0={d}" for d in
                           ("command", "action", "topic")])
    with Chat(server.addresses[0]) as a, Chat(server.addresses[0]) as b:
        a.ask_ok("create", name="x", room="x")
        b.ask_ok("join", room="x")
        for field, command, others in (
                ("name", "name", {}),
                ("name", "create", {}),
                ("room", "create", {"name": "fine"}),
                ("room", "join", {"create": True}),
                ("topic", "create", {"name": "fine"}),
                ("topic", "topic", {"room": "x"}),
                ("reason", "kick", {"room": "x", "member": b.name})):
            bad = "darn" if field == "room" else "a Darn, d\u0430rn one"
            refused = a.refusal(command, **others, **{field: bad})
            assert (refused["code"], refused["field"]) == (
                "message_refused", field), (command, refused)
            assert refused["message"] == (
                f"The {field} contains a word that is not allowed")
        assert [r["room"] for r in a.ask("rooms")["rooms"]] == ["x"]
        a.ask_ok("topic", room="x", topic="darned")
        a.ask_ok("name", name="Ann Darned")
    with Action(server.addresses[1]) as action_client:
        assert action_client.answer("create", "Darn") == error(
            "Server error: The name contains a word that is not allowed")
    with Topic(server.addresses[2]) as guest:
        join = {"type": "join", "username": "ann", "topic": "darn"}
        assert guest.refusal(join) == "The room contains a word that is not allowed"


def test_the_list_is_read_again(start, words):
    server = start("--moderation-words", str(words))
    with Chat(server.address) as a:
        assert a.refusal("broadcast", message="darn")["code"] == "message_refused"
        words.write_text("heck\n")
        server.signal(signal.SIGHUP)
        server.wait_for_line("reloaded")
        a.ask_ok("broadcast", message="darn")
        assert a.refusal("broadcast", message="heck")["code"] == "message_refused"
        # A list that is not valid changes nothing.
        words.write_text("two words\n")
        server.signal(signal.SIGHUP)
        server.wait_for_line("the list of words stays: .*line 1 is not one word")
        assert a.refusal("broadcast", message="heck")["code"] == "message_refused"
        # Without a signal, within a second or so.
        fresh = words.with_name("fresh")
        fresh.write_text("fiddlesticks\n")
        os.replace(fresh, words)
        eventually(lambda: a.ask("broadcast", message="fiddlesticks")["event"] == "error")
        a.ask_ok("broadcast", message="heck")


def test_a_bad_list_is_a_configuration_error(words):
    words.write_text("a b\n")
    done = subprocess.run(
        [PARLEYD, "--listen", "127.0.0.1:0", "--moderation-words", str(words)],
        capture_output=True, text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode == 78
    assert "line 1 is not one word" in done.stderr


def test_a_flood_is_muted(start):
    server = start("--moderation-flood", "3", "--moderation-flood-time", "1m",
                   "--moderation-flood-mute", "1m")
    with Chat(server.address) as owner, Chat(server.address) as bob:
        owner.ask_ok("create", name="x", room="x")
        bob.ask_ok("join", room="x")
        for n in range(3):
            bob.post("x", n)
        refused = bob.refusal("broadcast", room="x", message="more")
        assert (refused["code"], refused["right"]) == ("forbidden", "post")
        role = [e for e in owner.pending() if e["event"] == "role"][0]
        assert (role["role"], role["by"], role["reason"]) == (
            "muted", "server", "flood")
        assert "by_id" not in role
        owner.ask_ok("unmute", room="x", member=bob.name)
        bob.post("x", "better")
        for n in range(9):
            owner.post("x", n)
