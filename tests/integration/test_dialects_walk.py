"""Members of all dialects connect, disconnect and change rooms at random; after each
step a native member checks the member lists of all rooms."""

import random

import pytest

from client import Chat
from dialects import Action, Topic
from server import AT_ONCE, PARLEYD, Server

ROOMS = ["tea", "coffee", "milk"]
STEPS = 400


class Native(Chat):
    def move(self, expected, chance):
        self.pending()
        room = chance.choice(ROOMS)
        if room in expected.rooms_of(self):
            self.ask_ok("leave", room=room)
            expected.leave(self, room)
        else:
            self.ask_ok("join", room=room, create=True)
            expected.enter(self, room, self.name)


class OneRoom:
    """A member that is in one room at a time."""

    def move_to(self, expected, room, name):
        for old in expected.rooms_of(self):
            expected.leave(self, old)
        if room is not None:
            expected.enter(self, room, name)


class Actor(OneRoom, Action):
    def move(self, expected, chance):
        self.pending()
        room = chance.choice([None, "new", *ROOMS])
        if room is None:
            got = self.answer("leave")
            assert (got["status"] == "success") == bool(expected.rooms_of(self))
        elif room == "new":
            room = self.create()
        else:
            got = self.answer("join", {"room_id": room})
            assert (got["status"] == "success") == (room in expected.rooms), got
            if room not in expected.rooms:
                return
        self.move_to(expected, room, self.id)


class Guest(OneRoom, Topic):
    def move(self, expected, chance):
        room = chance.choice(ROOMS)
        if expected.rooms_of(self):
            assert self.ask({"type": "leave"})["type"] == "left"
            self.move_to(expected, None, None)
        else:
            self.join("alice", room)
            assert self.name == expected.free_name(room, "alice")
            self.move_to(expected, room, self.name)


class ExpectedMembers:
    """The expected members of each room, with their names."""

    def __init__(self):
        self.rooms = {}

    def rooms_of(self, member):
        return [room for room in self.rooms if member in self.rooms[room]]

    def enter(self, member, room, name):
        self.rooms.setdefault(room, {})[member] = name

    def leave(self, member, room):
        del self.rooms[room][member]
        if not self.rooms[room]:
            del self.rooms[room]

    def free_name(self, room, wish):
        taken = self.rooms.get(room, {}).values()
        wishes = [wish, *(f"{wish}#{n}" for n in range(2, len(taken) + 3))]
        return next(name for name in wishes if name not in taken)

    def check(self, observer):
        """Joins each room, since only a member may list it."""
        listed = observer.ask_ok("rooms")["rooms"]
        assert {room["room"]: room["members"] for room in listed} == {
            room: len(members) for room, members in self.rooms.items()}
        for room, members in self.rooms.items():
            got = observer.ask_ok("join", room=room)
            assert sorted(got["members"]) == sorted([observer.name, *members.values()])
            observer.ask_ok("leave", room=room)


@pytest.mark.parametrize("seed", range(3))
def test_all_lists_match_the_moves(seed):
    chance = random.Random(seed)
    listen = [f"127.0.0.1:0{dialect}" for dialect in ("", "=action", "=topic")]
    with Server(PARLEYD, *AT_ONCE, listen=listen) as server:
        observer, expected, members = Chat(server.address), ExpectedMembers(), []
        for step in range(STEPS):
            if len(members) < 3 or chance.random() < 0.15:
                kind, address = chance.choice(
                    list(zip((Native, Actor, Guest), server.addresses)))
                members.append(kind(address))
            elif chance.random() < 0.1:
                member = members.pop(chance.randrange(len(members)))
                for room in expected.rooms_of(member):
                    expected.leave(member, room)
                member.leave()
            else:
                chance.choice(members).move(expected, chance)
            if step % 5 == 0:
                expected.check(observer)
        for member in [*members, observer]:
            member.leave()
