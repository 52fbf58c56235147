"""Users with several connections: one member."""

import pytest

from accounts import Further
from dialects import Action, Topic


@pytest.fixture
def server(start, accounts):
    return start(*accounts.options)


@pytest.fixture
def connect(server, accounts, see_off):
    return lambda *who, **how: see_off(accounts.connect(server, *who, **how))


def test_connections_of_one_user_are_one_member(connect):
    phone = connect("alice@example.com", "--name", "alice")
    tab = connect("alice@example.com", "--name", "alice", kind=Further)
    bob = connect("bob")
    assert phone.id == tab.id != bob.id
    assert len(phone.id) == 27 and phone.id[0] == "u"
    assert "example" not in phone.id
    assert phone.name == tab.name == "alice"
    assert bob.ask_ok("list")["members"] == ["alice", "bob"]
    assert phone.pending() == tab.pending() == [
        {"event": "broadcast", "message": "bob has joined!"}]


def test_the_id_of_a_user_stays(connect):
    first = connect("alice")
    first.close()
    assert connect("alice").id == first.id
    assert connect("Alice").id != first.id


def test_presence_begins_with_the_first_and_ends_with_the_last(connect):
    bob = connect("bob")
    bob.ask_ok("create", name="Tea", room="tea")
    phone = connect("alice")
    bob.expect("broadcast", message="alice has joined!")
    phone.ask_ok("join", room="tea")
    bob.expect("join", room="tea", member="alice", member_id=phone.id)
    tab = connect("alice", kind=Further)
    joined = tab.ask_ok("join", room="tea")
    assert (joined["members"], joined["count"]) == (["bob", "alice"], 2)
    phone.close()
    assert bob.pending() == []
    assert bob.post("tea", "hi")["recipients"] == 2
    tab.expect("broadcast", room="tea", message="hi")
    tab.close()
    bob.expect("leave", room="tea", member="alice", member_id=phone.id)
    assert bob.ask_ok("list", room="tea")["members"] == ["bob"]


def test_all_connections_receive_and_only_the_asker_is_answered(connect):
    phone = connect("alice")
    phone.ask_ok("create", name="Tea", room="tea")
    tab = connect("alice", kind=Further)
    bob = connect("bob")
    joined = bob.ask_ok("join", room="tea")
    assert joined["count"] == 2
    for each in phone, tab:
        each.expect("broadcast", message="bob has joined!")
        each.expect("join", room="tea", member="bob")
    assert tab.post("tea", "from the tab")["recipients"] == 2
    bob.expect("broadcast", message="from the tab", member_id=phone.id)
    phone.expect("broadcast", message="from the tab", member_id=phone.id)
    bob.ask_ok("dm", recipient="alice", message="psst")
    for each in phone, tab:
        each.expect("dm", member="bob", message="psst")
    assert phone.ask("history", room="nope")["code"] == "room_not_found"
    assert phone.pending() == tab.pending() == []


def test_rooms_are_joined_and_left_for_all(connect):
    phone = connect("alice")
    tab = connect("alice", kind=Further)
    me = {"member": "alice", "member_id": phone.id}
    phone.ask_ok("create", name="Tea", room="tea")
    tab.expect("join", room="tea", **me)
    assert tab.post("tea", "hi")["recipients"] == 1
    phone.expect("broadcast", message="hi")
    tab.ask_ok("leave", room="tea")
    phone.expect("leave", room="tea", **me)
    assert phone.ask("broadcast", room="tea", message="x")["code"] == (
        "room_not_found")
    assert phone.pending() == tab.pending() == []


def test_a_new_name_is_the_name_on_all_connections(connect):
    phone = connect("alice")
    tab = connect("alice", kind=Further)
    bob = connect("bob")
    phone.pending(), tab.pending()
    bob.ask_ok("create", name="Tea", room="tea")
    phone.ask_ok("join", room="tea")
    tab.expect("join", room="tea")
    bob.expect("join", room="tea")
    assert phone.ask_ok("name", name="al")["member"] == "al"
    changed = {"was": "alice", "member": "al", "member_id": phone.id}
    assert "room" not in tab.expect("renamed", **changed)
    tab.expect("renamed", room="tea", **changed)
    bob.expect("renamed", room="tea", **changed)
    assert phone.pending() == []
    assert tab.ask_ok("me")["member"] == "al"
    # The freed name is another's from now on; the user keeps its own.
    assert bob.ask_ok("name", name="alice")["member"] == "alice"


def test_a_taken_name_gets_a_number(connect):
    connect("alice")
    other = connect("u2", "--name", "alice")
    assert other.name == "alice#2"
    assert other.ask_ok("name", name="Alice")["member"] == "Alice#2"


def test_rights_are_those_of_each_token(connect):
    full = connect("alice")
    limited = connect("alice", "--can", "read", kind=Further)
    full.ask_ok("create", name="Tea", room="tea")
    limited.expect("join", room="tea")
    assert limited.ask("broadcast", room="tea", message="x")["code"] == (
        "forbidden")
    full.post("tea", "hi")


def test_connections_of_a_user_are_limited(start, accounts, see_off):
    server = start(*accounts.options, "--limits-connections-per-user", "2")
    see_off(accounts.connect(server, "alice"))
    second = see_off(accounts.connect(server, "alice", kind=Further))
    with pytest.raises(AssertionError, match="unavailable"):
        accounts.connect(server, "alice", kind=Further)
    assert second.ask_ok("list")["members"] == ["alice"]


def test_a_slow_connection_does_not_slow_the_others(connect):
    """It lags and catches up, while the other one gets everything at once."""
    phone = connect("alice")
    phone.ask_ok("create", name="Tea", room="tea")
    tab = connect("alice", kind=Further)
    bob = connect("bob")
    bob.ask_ok("join", room="tea")
    phone.pending()
    for number in range(150):
        bob.post("tea", f"{number} " + "x" * 20000)
        phone.expect("broadcast", seq=number + 1)
    seqs = [event["seq"] for event in tab.pending()
            if event["event"] == "broadcast" and "seq" in event]
    assert seqs == list(range(1, 151))


def test_connections_of_other_dialects_are_members_of_their_own(connect):
    alice = connect("alice")
    action = connect("alice", kind=Action, target="/ws/action")
    topic = connect("alice", kind=Topic, target="/ws/topic")
    assert len(action.id) == 8
    assert action.id != alice.id
    assert connect("bob").ask_ok("list")["members"] == ["alice", "bob"]
    alice.pending()
    room = action.create("Tea")
    joined = alice.ask_ok("join", room=room)
    assert joined["members"] == ["alice#2", "alice"]
    topic.close()
