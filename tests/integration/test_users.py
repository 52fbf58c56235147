"""Users with several connections: one member."""

import json
import time

import pytest

from accounts import Further
from client import WebSocket
from dialects import Action, Topic
from test_auth import make_token


@pytest.fixture
def server(start, accounts):
    return start(*accounts.options)


@pytest.fixture
def connect(server, accounts, leave_at_end):
    return lambda *who, **how: leave_at_end(accounts.connect(server, *who, **how))


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
    # Another member has the freed name from now on; the user keeps its own.
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


def test_a_connection_gets_messages_of_the_rooms_of_its_token_only(connect):
    bob = connect("bob")
    limited = connect("alice", "--rooms", "tea")
    full = connect("alice", kind=Further)
    for room in "tea", "den":
        full.ask_ok("create", name=room, room=room, persistent=True)
        bob.ask_ok("join", room=room)
    later = connect("alice", "--rooms", "tea", kind=Further)
    for member in full, limited, later:
        member.pending()
    assert bob.post("den", "not for it")["recipients"] == 2
    assert bob.post("tea", "for all")["recipients"] == 2
    for member, rooms in (full, ["den", "tea"]), (limited, ["tea"]), (later, ["tea"]):
        assert [e["room"] for e in member.pending()] == rooms
    # A private talk is no room that a token could name.
    talk = bob.ask_ok("dm", recipient=full.id, message="psst")["room"]
    for member in full, limited, later:
        assert [e["message"] for e in member.pending() if e["event"] == "dm"] == ["psst"]
    for member, rooms in (full, [talk, "den", "tea"]), (limited, [talk, "tea"]):
        for shown, mine in (rooms, True), (rooms[1:], False):
            listed = member.ask_ok("rooms", mine=mine)["rooms"]
            assert sorted(room["room"] for room in listed) == shown
    full.leave()
    bob.pending()
    assert bob.post("den", "for one")["recipients"] == 1
    assert bob.post("tea", "for both")["recipients"] == 2
    assert [e["room"] for e in limited.pending()] == ["tea"]
    again = connect("alice", kind=Further)
    assert bob.post("den", "for both")["recipients"] == 2
    assert [e["room"] for e in again.pending()] == ["den"]


def test_a_new_token_may_name_other_rooms(connect, accounts):
    bob, alice = connect("bob"), connect("alice", "--rooms", "tea")
    full = connect("alice", kind=Further)
    for room in "tea", "den":
        full.ask_ok("create", name=room, room=room)
        bob.ask_ok("join", room=room)

    def renewed_for(*rooms):
        alice.ask_ok("auth", token=accounts.token(
            "alice", *(("--rooms", ",".join(rooms)) if rooms else ())))
        alice.pending()
        assert bob.post("den", "x")["recipients"] == 2
        assert bob.post("tea", "x")["recipients"] == 2
        return [e["room"] for e in alice.pending()]

    assert renewed_for("tea") == ["tea"]
    assert renewed_for("den") == ["den"]
    assert renewed_for() == ["den", "tea"]
    assert renewed_for("den", "tea") == ["den", "tea"]
    assert renewed_for("no") == []


def test_connections_of_a_user_are_limited(start, accounts, leave_at_end):
    server = start(*accounts.options, "--limits-connections-per-user", "2")
    leave_at_end(accounts.connect(server, "alice"))
    second = leave_at_end(accounts.connect(server, "alice", kind=Further))
    with pytest.raises(AssertionError, match="4103.*too_many_connections"):
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
    # With any name.
    assert topic.join("mallory", "sports").name == "alice"
    other = connect("alice", kind=Topic, target="/ws/topic")
    assert other.join("alice", "sports").name == "alice#2"


@pytest.mark.parametrize("rule, names", [
    ("usual", ["alice", "al1ce", "\u0430lice#2", "adm1n"]),
    ("strict", ["alice", "al1ce#2", "\u0430lice#3", "member4"]),
])
def test_names_that_look_alike_get_a_number(start, accounts, leave_at_end, rule, names):
    server = start(*accounts.options, "--auth-names", rule)
    got = [leave_at_end(accounts.connect(server, f"u{n}", "--name", name)).name
           for n, name in enumerate(["alice", "al1ce", "\u0430lice", "adm1n"])]
    assert got == names


# --- tokens -------------------------------------------------------------------


def test_a_token_is_renewed_by_its_user(server, connect, accounts):
    """The end comes within the last 30 s, so the notice comes at once."""
    others, limited = accounts.token("bob"), accounts.token("alice", "--can", "read")
    alice = connect("alice", "--ttl", "5s")
    notice = alice.expect("token_expiring")
    assert abs(notice["at"] / 1000 - time.time()) < 30
    assert alice.ask("auth", token="x")["code"] == "unauthorized"
    assert alice.ask("auth", token=others)["code"] == "forbidden"
    assert alice.ask_ok("auth", token=limited) == {
        "event": "done", "ref": f"r{alice.refs}", "command": "auth"}
    assert alice.ask("broadcast", message="x")["code"] == "forbidden"
    # Beyond the end of the first token.
    alice.ask_ok("auth", token=make_token(exp=notice["at"] // 1000 + 32))
    alice.expect("token_expiring")
    assert time.time() > notice["at"] / 1000 - 2
    alice.ask_ok("broadcast", message="still here")


def test_a_connection_without_a_new_token_ends(connect):
    alice = connect("alice", "--ttl", "5s")
    alice.expect("token_expiring")
    alice.expect("bye", code=4202, reason="token_expired")
    alice.expect_close(4202)


def test_the_token_may_be_the_first_command(start, accounts, leave_at_end):
    server = start(*accounts.options, "--auth-in-band", "on")
    late = leave_at_end(WebSocket(server.address))

    def ask(**command):
        late.send_text(json.dumps(command))
        return json.loads(late.read_message())

    assert ask(command="list", ref=1)["code"] == "unauthorized"
    assert ask(command="auth", token="x", ref=2)["code"] == "unauthorized"
    me = ask(command="auth", token=accounts.token("alice"), ref=3)
    assert (me["event"], me["member"]) == ("me", "alice")
    assert "joined" in json.loads(late.read_message())["message"]
    assert json.loads(late.read_message()) == {
        "event": "done", "ref": 3, "command": "auth"}
    # One more connection of the same member.
    phone = leave_at_end(accounts.connect(server, "alice", kind=Further))
    assert phone.id == me["id"]
    # Clients of the other dialects cannot send it later.
    for dialect in "action", "topic":
        with pytest.raises(AssertionError, match="401"):
            WebSocket(server.address, f"/ws/{dialect}")


def test_a_client_that_does_not_authenticate_is_closed(start, accounts):
    server = start(*accounts.options, "--auth-in-band", "on",
                   "--limits-handshake-timeout", "1s")
    with WebSocket(server.address) as late:
        bye = json.loads(late.read_message())
        assert (bye["code"], bye["reason"]) == (4001, "auth_required")
        late.expect_close(4001)


def test_without_in_band_a_token_is_part_of_the_handshake(server):
    with pytest.raises(AssertionError, match="Token required"):
        WebSocket(server.address)
