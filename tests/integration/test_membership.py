"""The membership of users in persistent rooms, and their read positions."""

import pytest

from accounts import Further
from client import Chat
from test_store_restart import killed, store  # noqa: F401


@pytest.fixture
def opened(store, accounts):  # noqa: F811
    """Starts servers with accounts on one store, one after the other."""
    return lambda: store(*accounts.options)


def own_rooms(member):
    return {room["room"]: (room["seq"], room["read"], room["unread"])
            for room in member.ask_ok("rooms", mine=True)["rooms"]}


@pytest.mark.parametrize("private", [False, True])
def test_a_user_that_is_away_can_be_kicked(opened, accounts, private):
    server = opened()
    bob = accounts.connect(server, "bob")
    bob.ask_ok("create", name="Tea", room="tea", persistent=True, private=private)
    alice = accounts.connect(server, "alice")
    if private:
        bob.ask_ok("invite", room="tea", member=alice.id)
    alice.ask_ok("join", room="tea")
    user = alice.id
    alice.leave()
    bob.ask_ok("kick", room="tea", member=user)
    assert bob.refusal("kick", room="tea", member=user)["code"] == "member_not_found"
    killed(server)
    alice = accounts.connect(opened(), "alice")
    assert own_rooms(alice) == {}
    if private:
        assert alice.refusal("join", room="tea")["code"] == "room_not_found"
    else:
        alice.ask_ok("join", room="tea")


def test_an_invitation_can_be_taken_back(opened, accounts):
    server = opened()
    bob, alice = accounts.connect(server, "bob"), accounts.connect(server, "alice")
    bob.ask_ok("create", name="Tea", room="tea", persistent=True, private=True)
    bob.ask_ok("invite", room="tea", member=alice.id)
    bob.ask_ok("kick", room="tea", member=alice.id)
    assert alice.refusal("join", room="tea")["code"] == "room_not_found"


@pytest.mark.parametrize("end", ["term", "kill"])
def test_a_user_is_in_its_rooms_again(opened, accounts, end):
    server = opened()
    bob = accounts.connect(server, "bob")
    bob.ask_ok("create", name="Tea", room="tea", persistent=True)
    bob.ask_ok("create", name="Cake", room="cake", persistent=True)
    alice = accounts.connect(server, "alice")
    alice.ask_ok("join", room="tea")
    alice.ask_ok("join", room="cake")
    alice.ask_ok("leave", room="cake")
    for text in "one", "two", "three":
        bob.post("tea", text)
    alice.ask_ok("read", room="tea", seq=2)
    before = alice.id
    server.stop() if end == "term" else killed(server)
    server = opened()
    bob = accounts.connect(server, "bob")
    alice = accounts.connect(server, "alice")
    assert alice.id == before
    bob.expect("broadcast", message="alice has joined!")
    bob.expect("join", room="tea", member="alice", member_id=alice.id)
    assert own_rooms(alice) == {"tea": (3, 2, 1)}
    assert own_rooms(bob) == {"cake": (0, 0, 0), "tea": (3, 0, 3)}
    assert alice.post("tea", "four")["recipients"] == 2
    bob.expect("broadcast", room="tea", message="four")


def test_membership_lasts_from_device_to_device(opened, accounts):
    server = opened()
    phone = accounts.connect(server, "alice")
    phone.ask_ok("create", name="Tea", room="tea", persistent=True)
    phone.ask_ok("create", name="Now", room="now")
    phone.close()
    tab = accounts.connect(server, "alice")
    assert own_rooms(tab) == {"tea": (0, 0, 0)}
    tab.ask_ok("leave", room="tea")
    tab.close()
    assert own_rooms(accounts.connect(server, "alice")) == {}


def test_other_connections_learn_what_was_read(opened, accounts):
    server = opened()
    phone = accounts.connect(server, "alice")
    tab = accounts.connect(server, "alice", kind=Further)
    phone.ask_ok("create", name="Tea", room="tea", persistent=True)
    phone.post("tea", "one")
    tab.pending()
    tab.ask_ok("read", room="tea", seq=1)
    phone.expect("read", room="tea", seq=1)
    assert phone.pending() == tab.pending() == []
    assert own_rooms(phone) == {"tea": (1, 1, 0)}
    assert tab.refusal("read", room="tea", seq=2)["field"] == "seq"


def test_those_without_an_account_are_not_remembered(start):
    server = start()
    with Chat(server.address) as alice:
        alice.ask_ok("create", name="Tea", room="tea", persistent=True)
        alice.post("tea", "one")
        assert alice.refusal("read", room="tea", seq=1)["code"] == "unauthorized"
        assert own_rooms(alice) == {"tea": (1, 0, 1)}
