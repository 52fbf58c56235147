"""Persistent rooms without members or messages: their end depends on the account of
their creator."""

import pytest

from accounts import Accounts
from client import Chat
from server import eventually


@pytest.fixture
def store(start, tmp_path):
    """Servers on one store, whose empty rooms end after a second."""
    return lambda *options: start("--store-kind", "file", "--store-dir",
                                  str(tmp_path / "data"), "--rooms-empty-for", "1s",
                                  *options)


def rooms_of(member):
    return {room["room"] for room in member.ask_ok("rooms")["rooms"]}


def leave_room(member, room):
    """A persistent room without members."""
    member.ask_ok("create", name=room, room=room, persistent=True)
    member.post(room, "hi")
    member.ask_ok("leave", room=room)


def test_an_empty_room_of_an_anonymous_client_ends(store):
    with Chat(store().address) as ann:
        ann.ask_ok("create", name="kept", room="kept", persistent=True)
        leave_room(ann, "left")
        assert rooms_of(ann) == {"kept", "left"}
        eventually(lambda: rooms_of(ann) == {"kept"})
        assert ann.refusal("join", room="left")["code"] == "room_not_found"
        ann.post("kept", "it has a member")


def test_an_empty_room_ends_after_a_restart(store):
    server = store("--rooms-empty-for", "30d")
    with Chat(server.address) as ann:
        leave_room(ann, "left")
    server.stop()
    server = store()
    with Chat(server.address) as ann:
        eventually(lambda: not rooms_of(ann))
    server.stop()
    with Chat(store().address) as ann:
        assert rooms_of(ann) == set()


def test_a_room_of_a_user_never_ends_by_itself(store, tmp_path):
    """A room of an anonymous client, left later, is gone, and this one is not;
    also after a restart."""
    accounts = Accounts(tmp_path / "key")
    server = store(*accounts.options)
    with accounts.connect(server, "ann") as ann:
        leave_room(ann, "den")
    server.stop()
    for room in "first", "second":
        server = store()
        with Chat(server.address) as guest:
            leave_room(guest, room)
            assert rooms_of(guest) == {"den", room}
            eventually(lambda: rooms_of(guest) == {"den"})
        server.stop()
    with accounts.connect(store(*accounts.options), "ann") as ann:
        assert [m["message"] for m in ann.ask_ok("join", room="den", history=9)[
            "messages"]] == ["hi"]


def test_empty_rooms_of_a_full_server_are_removed(store):
    """One anonymous client creates all rooms that it can; later others can create
    again."""
    server = store("--limits-persistent-rooms", "3")
    with Chat(server.address) as eve:
        for room in "a", "b", "c":
            leave_room(eve, room)
        assert eve.refusal("create", name="d", room="d", persistent=True)["code"] == (
            "too_many_rooms")
        eve.leave()
    with Chat(server.address) as ann:
        eventually(lambda: not rooms_of(ann))
        ann.ask_ok("create", name="d", room="d", persistent=True)
