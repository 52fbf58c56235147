"""Messages that are redacted, edited and reacted to."""

import pytest

from dialects import Action
from server import eventually
from test_store_restart import killed, meet, store  # noqa: F401


@pytest.fixture
def talk(join):
    """Two members of a room in which three messages were sent."""
    alice, bob = join("/ws?name=alice"), join("/ws?name=bob")
    room = alice.ask_ok("create", name="Tea")["room"]
    bob.ask_ok("join", room=room)
    for text in "one", "two", "three":
        alice.post(room, text)
        bob.inbox.clear()
    alice.pending()
    bob.pending()
    return alice, bob, room


def texts(answer):
    """Returns the text of each message of a page."""
    return [
        {name: message[name]
         for name in ("seq", "message", "redacted", "reactions")
         if name in message}
        for message in answer["messages"]
    ]


def test_a_redacted_message_stays_without_its_text(talk):
    alice, bob, room = talk
    assert bob.refusal("redact", room=room, seq=2)["code"] == "forbidden"
    alice.ask_ok("redact", room=room, seq=2, reason="a slip")
    for each in alice, bob:
        each.expect("redact", room=room, seq=2, by=alice.name,
                    by_id=alice.id, reason="a slip")
    assert texts(bob.ask_ok("history", room=room)) == [
        {"seq": 1, "message": "one"},
        {"seq": 2, "redacted": True},
        {"seq": 3, "message": "three"},
    ]


def test_an_author_edits(talk):
    alice, bob, room = talk
    alice.ask_ok("edit", room=room, seq=1, message={"dice": [6]})
    event = bob.expect("edit", room=room, seq=1, message={"dice": [6]},
                       member=alice.name, member_id=alice.id)
    first = bob.ask_ok("history", room=room)["messages"][0]
    assert (first["message"], first["edited"]) == ({"dice": [6]}, event["at"])
    assert bob.refusal("edit", room=room, seq=1,
                       message="x")["code"] == "forbidden"
    assert alice.refusal("edit", room=room, seq=9,
                         message="x")["code"] == "message_not_found"


def test_an_edit_comes_too_late(start):
    server = start("--limits-edit-age", "1s")
    alice = meet(server)
    alice.ask_ok("create", name="Tea", room="tea")
    alice.post("tea", "one")
    eventually(lambda: alice.ask("edit", room="tea", seq=1, message="two")["event"]
               != "done")
    refusal = alice.refusal("edit", room="tea", seq=1, message="two")
    assert (refusal["code"], refusal["limit"]) == ("forbidden", 1000)


def test_members_react(talk):
    alice, bob, room = talk
    alice.ask_ok("react", room=room, seq=3, reaction="👍")
    bob.expect("react", room=room, seq=3, reaction="👍", member=alice.name,
               member_id=alice.id, count=1)
    bob.ask_ok("react", room=room, seq=3, reaction="👍")
    bob.ask_ok("react", room=room, seq=3, reaction="🎉")
    bob.inbox.clear()
    bob.ask_ok("react", room=room, seq=3, reaction="🎉")
    assert bob.pending() == []
    assert texts(bob.ask_ok("history", room=room))[2] == {
        "seq": 3, "message": "three", "reactions": {"👍": 2, "🎉": 1}}
    bob.ask_ok("react", room=room, seq=3, reaction="🎉", remove=True)
    bob.expect("react", room=room, reaction="🎉", count=0, removed=True)


def test_a_client_that_was_away_learns_of_changes(talk):
    alice, bob, room = talk
    state = bob.ask_ok("join", room=room)
    since = {"epoch": state["epoch"], "seq": state["seq"]}
    bob.ask_ok("leave", room=room)
    alice.ask_ok("redact", room=room, seq=1)
    alice.ask_ok("edit", room=room, seq=2, message="deux")
    alice.post(room, "four")
    joined = bob.ask_ok("join", room=room, since=since)
    assert joined["recovered"]
    assert texts(joined) == [{"seq": 4, "message": "four"}]
    assert texts({"messages": joined["changes"]}) == [
        {"seq": 1, "redacted": True}, {"seq": 2, "message": "deux"}]


def test_other_dialects_get_no_changes(start, leave_at_end):
    server = start(listen=["127.0.0.1:0", "127.0.0.1:0=action"])
    alice = meet(server)
    alice.ask_ok("create", name="Tea", room="tea")
    other = leave_at_end(Action(server.addresses[1]))
    other.join("tea")
    alice.post("tea", "one")
    alice.ask_ok("react", room="tea", seq=1, reaction="+1")
    alice.ask_ok("edit", room="tea", seq=1, message="uno")
    alice.ask_ok("redact", room="tea", seq=1)
    alice.post("tea", "two")
    assert [other.next()["body"] for _ in range(2)] == ["one", "two"]


@pytest.mark.parametrize("end", ["term", "kill"])
def test_a_restart_keeps_changes(store, end):  # noqa: F811
    server = store()
    alice = meet(server)
    alice.ask_ok("create", name="Tea", room="tea", persistent=True)
    for text in "one", "two", "three":
        alice.post("tea", text)
    alice.ask_ok("edit", room="tea", seq=1, message="uno")
    alice.ask_ok("react", room="tea", seq=1, reaction="👍")
    alice.ask_ok("redact", room="tea", seq=2)
    before = alice.ask_ok("history", room="tea")["messages"]
    assert before[0].pop("reacted") == ["👍"]  # the next reader has not
    server.stop() if end == "term" else killed(server)
    with meet(store()) as bob:
        after = bob.ask_ok("join", room="tea", history=10)
        assert after["messages"] == before
        assert texts(after) == [
            {"seq": 1, "message": "uno", "reactions": {"👍": 1}},
            {"seq": 2, "redacted": True},
            {"seq": 3, "message": "three"},
        ]
        assert bob.refusal("react", room="tea", seq=2,
                           reaction="x")["code"] == "message_not_found"


def test_two_users_change_messages_of_their_talk(start, accounts, leave_at_end):
    server = start(*accounts.options)
    alice = leave_at_end(accounts.connect(server, "alice"))
    bob = leave_at_end(accounts.connect(server, "bob"))
    talk = alice.ask_ok("dm", recipient=bob.id, message="psst")["room"]
    alice.ask_ok("dm", recipient=bob.id, message="a slip")
    alice.pending()
    bob.pending()
    bob.ask_ok("react", room=talk, seq=1, reaction="👍")
    alice.ask_ok("edit", room=talk, seq=1, message="pssst")
    alice.ask_ok("redact", room=talk, seq=2)
    bob.ask_ok("read", room=talk, seq=2)
    for each in alice, bob:
        each.expect("react", room=talk, seq=1, member="bob", count=1)
        each.expect("edit", room=talk, seq=1, message="pssst")
        each.expect("redact", room=talk, seq=2, by="alice")
        assert texts(each.ask_ok("history", room=talk)) == [
            {"seq": 1, "message": "pssst", "reactions": {"👍": 1}},
            {"seq": 2, "redacted": True},
        ]
    carol = leave_at_end(accounts.connect(server, "carol"))
    assert carol.refusal("redact", room=talk, seq=1)["code"] == "room_not_found"


def test_a_moderator_redacts(start, accounts, leave_at_end):
    server = start(*accounts.options)
    alice = leave_at_end(accounts.connect(server, "alice"))
    alice.ask_ok("create", name="Tea", room="tea")
    alice.post("tea", "spam")
    carol = leave_at_end(accounts.connect(server, "carol"))
    carol.ask_ok("join", room="tea")
    refusal = carol.refusal("redact", room="tea", seq=1)
    assert (refusal["code"], refusal["right"]) == ("forbidden", "moderate")
    carol = leave_at_end(accounts.connect(
        server, "mod", "--can", "read,post,list,join,moderate"))
    carol.ask_ok("join", room="tea")
    carol.ask_ok("redact", room="tea", seq=1)
