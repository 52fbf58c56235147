"""Private messages between users: stored, and readable by the two of them."""

import urllib.request

import pytest

from accounts import Further


@pytest.fixture
def store(start, accounts, tmp_path):
    """Starts servers on one store, one after the other."""
    return lambda: start(*accounts.options, "--store-kind", "file",
                         "--store-dir", str(tmp_path / "store"))


@pytest.fixture
def server(start, accounts):
    return start(*accounts.options)


@pytest.fixture
def connect(server, accounts, leave_at_end):
    return lambda *who, **how: leave_at_end(accounts.connect(server, *who, **how))


def talk_of(a, b):
    return "@" + "+".join(sorted((a, b)))


def texts_of(answer):
    return [(m["seq"], m["member_id"], m["message"]) for m in answer["messages"]]


def test_a_talk_reaches_all_connections_of_the_two(connect):
    alice = connect("alice")
    phone = connect("bob")
    tab = connect("bob", kind=Further)
    carol = connect("carol")
    for each in alice, phone, tab, carol:
        each.pending()
    talk = talk_of(alice.id, phone.id)
    sent = tab.ask_ok("dm", recipient="alice", message="psst")
    assert (sent["event"], sent["room"], sent["seq"]) == ("dm_sent", talk, 1)
    assert (sent["member"], sent["member_id"]) == ("alice", alice.id)
    assert "away" not in sent
    for each in alice, phone:
        got = each.expect("dm", room=talk, seq=1, member="bob",
                          member_id=phone.id, message="psst")
        assert got["at"] == sent["at"]
    alice.ask_ok("dm", recipient=phone.id, message="yes?")
    for each in phone, tab:
        each.expect("dm", room=talk, seq=2, member="alice", message="yes?")
    assert [each.pending() for each in (alice, phone, tab, carol)] == [[]] * 4


def test_a_talk_is_read_by_the_two_and_found_by_no_other(connect, server):
    alice, bob, carol = connect("alice"), connect("bob"), connect("carol")
    talk = talk_of(alice.id, bob.id)
    assert alice.ask("history", room=talk)["code"] == "room_not_found"
    alice.ask_ok("dm", recipient="bob", message="one")
    bob.ask_ok("dm", recipient="alice", message="two")
    both = [(1, alice.id, "one"), (2, bob.id, "two")]
    for each in alice, bob:
        joined = each.ask_ok("join", room=talk, history=10)
        assert texts_of(joined) == both and joined["count"] == 2
        assert "members" not in joined
        assert texts_of(each.ask_ok("history", room=talk, limit=1)) == both[1:]
        since = {"epoch": joined["epoch"], "seq": 1}
        again = each.ask_ok("join", room=talk, since=since)
        assert (texts_of(again), again["recovered"]) == (both[1:], True)
        for command in "leave", "typing":
            assert each.ask(command, room=talk)["code"] == "not_in_room"
    for command, fields in (
        ("join", {}), ("join", {"create": True}), ("history", {}), ("list", {}),
        ("leave", {}), ("typing", {}), ("broadcast", {"message": "x"}),
    ):
        assert carol.ask(command, room=talk, **fields)["code"] == (
            "room_not_found"), command
    assert carol.ask("create", room=talk, name="x")["code"] == "bad_field"
    assert carol.ask_ok("rooms")["rooms"] == []
    assert alice.ask_ok("rooms")["rooms"] == []
    url = "http://%s:%d/stats" % server.address[:2]
    assert talk not in urllib.request.urlopen(url).read().decode()


def test_a_message_waits_for_a_user_who_is_away(connect):
    alice = connect("alice")
    bob = connect("bob")
    alice.close()
    assert bob.ask("dm", recipient="alice", message="?")["code"] == (
        "member_not_found")
    sent = bob.ask_ok("dm", recipient=alice.id, message="are you there?")
    assert (sent["away"], sent["member_id"]) == (True, alice.id)
    (talk,) = bob.ask_ok("rooms", mine=True)["rooms"]
    assert talk["members"] == 1
    alice = connect("alice")
    (talk,) = alice.ask_ok("rooms", mine=True)["rooms"]
    assert (talk["room"], talk["unread"]) == (sent["room"], 1)
    assert (talk["name"], talk["members"]) == ("bob", 2)
    assert texts_of(alice.ask_ok("history", room=sent["room"])) == [
        (1, bob.id, "are you there?")]


def test_a_retry_is_stored_once(connect):
    alice, bob = connect("alice"), connect("bob")
    first = alice.ask_ok("dm", recipient="bob", message="hi", key="k")
    again = alice.ask_ok("dm", recipient="bob", message="hi", key="k")
    assert (again["seq"], again["duplicate"]) == (first["seq"], True)
    assert [e["event"] for e in bob.pending()].count("dm") == 1


def test_a_talk_stays_with_its_users_when_names_change_hands(connect):
    alice, bob, carol = connect("alice"), connect("bob"), connect("carol")
    talk = alice.ask_ok("dm", recipient="bob", message="one")["room"]
    bob.ask_ok("name", name="robert")
    assert carol.ask_ok("name", name="bob")["member"] == "bob"
    sent = alice.ask_ok("dm", recipient=bob.id, message="two")
    assert (sent["room"], sent["member"]) == (talk, "robert")
    assert carol.ask("history", room=talk)["code"] == "room_not_found"
    assert [e for e in carol.pending() if e["event"] == "dm"] == []
    # By name it is another's now.
    assert alice.ask_ok("dm", recipient="bob", message="x")["member_id"] == (
        carol.id)


@pytest.mark.parametrize("end", ["term", "kill"])
def test_a_talk_outlives_the_server(store, accounts, end):
    server = store()
    with accounts.connect(server, "alice") as alice, \
            accounts.connect(server, "bob") as bob:
        talk = alice.ask_ok("dm", recipient="bob", message="one")["room"]
        bob.ask_ok("dm", recipient="alice", message="two")
        before = alice.ask_ok("join", room=talk, history=10)
    if end == "term":
        server.stop()
    else:
        server.process.kill()
        server.process.wait()
    server.stop = lambda: None
    server = store()
    with accounts.connect(server, "bob") as bob, \
            accounts.connect(server, "carol") as carol:
        after = bob.ask_ok("join", room=talk, history=10)
        assert texts_of(after) == texts_of(before) == [
            (1, alice.id, "one"), (2, bob.id, "two")]
        assert after["epoch"] == before["epoch"]
        assert bob.ask_ok("dm", recipient=alice.id, message="3")["seq"] == 3
        assert carol.ask("history", room=talk)["code"] == "room_not_found"


def test_messages_to_oneself_and_without_accounts_are_not_kept(connect):
    alice = connect("alice")
    assert "room" not in alice.ask_ok("dm", recipient="alice", message="note")
    assert alice.ask("dm", recipient="alice", message="x", key="k")["field"] == (
        "key")
