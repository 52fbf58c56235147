"""Members of all dialects come, go and move about by chance, and a native
one looks after each step whether everybody is where they should be."""

import random

import pytest

from client import Chat
from dialects import Action, Topic
from server import AT_ONCE, PARLEYD, Server

ROOMS = ["tea", "coffee", "milk"]
STEPS = 400


class Native(Chat):
    def move(self, books, chance):
        self.pending()
        room = chance.choice(ROOMS)
        if room in books.rooms_of(self):
            self.ask_ok("leave", room=room)
            books.leave(self, room)
        else:
            self.ask_ok("join", room=room, create=True)
            books.enter(self, room, self.name)


class OneRoom:
    """Is in one room at a time."""

    def move_to(self, books, room, name):
        for old in books.rooms_of(self):
            books.leave(self, old)
        if room is not None:
            books.enter(self, room, name)


class Actor(OneRoom, Action):
    def move(self, books, chance):
        self.pending()
        room = chance.choice([None, "new", *ROOMS])
        if room is None:
            got = self.answer("leave")
            assert (got["status"] == "success") == bool(books.rooms_of(self))
        elif room == "new":
            room = self.create()
        else:
            got = self.answer("join", {"room_id": room})
            assert (got["status"] == "success") == (room in books.rooms), got
            if room not in books.rooms:
                return
        self.move_to(books, room, self.id)


class Guest(OneRoom, Topic):
    def move(self, books, chance):
        room = chance.choice(ROOMS)
        if books.rooms_of(self):
            assert self.ask({"type": "leave"})["type"] == "left"
            self.move_to(books, None, None)
        else:
            self.join("alice", room)
            assert self.name == books.free_name(room, "alice")
            self.move_to(books, room, self.name)


class Books:
    """Who should be where, and called what."""

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

    def audit(self, auditor):
        """The members of one room can only be asked for from inside."""
        listed = auditor.ask_ok("rooms")["rooms"]
        assert {room["room"]: room["members"] for room in listed} == {
            room: len(members) for room, members in self.rooms.items()}
        for room, members in self.rooms.items():
            got = auditor.ask_ok("join", room=room)
            assert sorted(got["members"]) == sorted([auditor.name, *members.values()])
            auditor.ask_ok("leave", room=room)


@pytest.mark.parametrize("seed", range(3))
def test_everybody_is_where_they_went(seed):
    chance = random.Random(seed)
    listen = [f"127.0.0.1:0{dialect}" for dialect in ("", "=action", "=topic")]
    with Server(PARLEYD, *AT_ONCE, listen=listen) as server:
        auditor, books, members = Chat(server.address), Books(), []
        for step in range(STEPS):
            if len(members) < 3 or chance.random() < 0.15:
                kind, address = chance.choice(
                    list(zip((Native, Actor, Guest), server.addresses)))
                members.append(kind(address))
            elif chance.random() < 0.1:
                member = members.pop(chance.randrange(len(members)))
                for room in books.rooms_of(member):
                    books.leave(member, room)
                member.leave()
            else:
                chance.choice(members).move(books, chance)
            if step % 5 == 0:
                books.audit(auditor)
        for member in [*members, auditor]:
            member.leave()
