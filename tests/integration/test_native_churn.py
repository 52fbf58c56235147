"""From the events that it gets, a member can always derive the members of a room and
their order; it misses no message and gets none twice."""

import random

import pytest

from client import Chat

ROOMS = ["red", "green", "blue"]
NAMES = ["ann", "bob", "eve"]
MEMBERS, STEPS = 12, 5000


class Room:
    """The state of a room from the events of one member."""

    def __init__(self, joined):
        self.members, self.seq = joined["members"], joined["seq"]

    def on_join(self, event):
        self.members.append(event["member"])

    def on_leave(self, event):
        self.members.remove(event["member"])

    def on_renamed(self, event):
        self.rename(event["was"], event["member"])

    def on_broadcast(self, event):
        assert event["seq"] == self.seq + 1
        assert event["member"] in self.members
        self.seq += 1

    def rename(self, was, name):
        self.members[self.members.index(was)] = name


class Observer(Chat):
    """Derives the members of each room from events."""

    def __init__(self, address):
        super().__init__(address)
        self.rooms = {}

    def observe(self):
        self.send_command("ping", ref="observed")
        while True:
            event = self.next()
            if event.get("ref") == "observed":
                return
            kind, room = event["event"], event.get("room")
            if kind == "joined":
                self.on_joined(room, event)
            elif kind == "left":
                del self.rooms[room]
            elif kind == "named":
                self.on_named(event["member"])
            elif kind not in ("error", "typing") and room:
                getattr(self.rooms[room], f"on_{kind}")(event)

    def on_joined(self, room, event):
        assert event["count"] == len(event["members"])
        if room in self.rooms:  # in it already: the answer must match
            assert self.rooms[room].members == event["members"]
            assert self.rooms[room].seq == event["seq"]
        self.rooms[room] = Room(event)

    def on_named(self, name):
        for room in self.rooms.values():
            room.rename(self.name, name)
        self.name = name

    def verify(self):
        self.observe()
        for name, room in self.rooms.items():
            assert self.ask_ok("list", room=name)["members"] == room.members


def act(chance, member):
    room = chance.choice(ROOMS)
    match chance.randrange(8):
        case 0 | 1:
            member.send_command("join", room=room, create=True)
        case 2:
            member.send_command("leave", room=room)
        case 3 | 4 | 5:
            member.send_command("broadcast", room=room, message="x" * chance.choice([1, 3000]))
        case 6:
            member.send_command("name", name=chance.choice(NAMES))
        case 7:
            member.send_command("typing", room=room)


@pytest.mark.parametrize("seed", range(3))
def test_joins_leaves_and_counts_add_up(parleyd, seed):
    chance = random.Random(seed)
    members = [Observer(parleyd.address) for _ in range(MEMBERS)]
    for step in range(STEPS):
        place = chance.randrange(MEMBERS)
        if step % 30 == 29:  # one member leaves, another joins
            chance.choice([members[place].leave, members[place].reset])()
            members[place] = Observer(parleyd.address)
        elif step % 100 == 50:
            members[place].observe()
        else:
            act(chance, members[place])
    for each in members:
        each.observe()
    for each in members:
        each.verify()
        each.leave()
