"""Kills a server under load, again and again: whatever was acknowledged or
heard is there when it is back, once, in order, and nothing else."""

import os
import random
import threading
import time

import pytest

from client import Chat, Gone
from faulty_disk import FaultyDisk
from server import AT_ONCE, PARLEYD, Server

KILLS = int(os.environ.get("KILLS", "10"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1, 1 << 30)
SPEAKERS = 3
AT_A_TIME = 16  # messages of one speaker that are not acknowledged
# New rooms after so many kills, so that they can be read in no time.
KILLS_PER_ROOM = 10

OPTIONS = (
    # Files are filled, and rewritten, all the time.
    *("--store-segment", "2MiB", "--store-compact-after", "1MiB"),
    *("--history-messages", "0", "--history-bytes", "0", "--limits-messages", "0"),
)


class Speaker(threading.Thread):
    """Says one thing after the other until the server is gone."""

    def __init__(self, address, room, name, chance):
        super().__init__(daemon=True)
        self.chat = Chat(address)
        self.chat.ask_ok("join", room=room)
        self.room, self.name, self.chance = room, name, chance
        self.sent = {}  # by key, in order
        self.acked = {}  # key: seq
        self.heard = {}  # seq: what it said

    def run(self):
        try:
            while True:
                while len(self.sent) - len(self.acked) < AT_A_TIME:
                    self.say()
                self.hear(self.chat.next())
        except Gone:
            pass

    def say(self):
        key = f"{self.name}-{len(self.sent)}"
        self.sent[key] = f"{key} " + "x" * self.chance.choice((10, 300, 3000))
        self.chat.say(
            "broadcast", room=self.room, message=self.sent[key], key=key, ref=key
        )

    def hear(self, event):
        if event["event"] == "ack":
            self.acked[event["ref"]] = event["seq"]
        elif event["event"] == "broadcast" and "seq" in event:
            assert event["seq"] not in self.heard
            self.heard[event["seq"]] = event["message"]
        else:
            assert event["event"] != "error", event


def read(address, room):
    """All that was ever said there, by its number."""
    said = {}
    with Chat(address) as chat:
        page = chat.ask_ok("join", room=room, history=1000)
        last = page["seq"]
        while True:
            for message in page["messages"]:
                assert message["seq"] not in said
                said[message["seq"]] = message["message"]
            if not said or min(said) == 1:
                break
            page = chat.ask_ok("history", room=room, before=min(said), limit=1000)
    assert sorted(said) == list(range(1, last + 1))
    return said


class Room:
    """What was done in a room since it was made, over all kills."""

    def __init__(self, address, name):
        self.name = name
        self.sent, self.acked = {}, {}
        with Chat(address) as chat:
            chat.ask_ok("create", name=name, room=name, persistent=True)

    def load(self, address, chance, kill):
        """Speakers until the server is killed."""
        speakers = [
            Speaker(address, self.name, f"{len(self.sent)}-{n}", chance)
            for n in range(SPEAKERS)
        ]
        for speaker in speakers:
            speaker.start()
        time.sleep(chance.uniform(0.02, 0.2))
        kill()
        heard = {}
        for speaker in speakers:
            speaker.join()
            self.sent.update(speaker.sent)
            self.acked.update(speaker.acked)
            heard.update(speaker.heard)
        return heard

    def check(self, said, heard=()):
        """What is read against what was said, told and heard."""
        texts = list(said.values())
        assert len(texts) == len(set(texts)), "something was stored twice"
        assert set(texts) <= set(self.sent.values()), "nobody has said that"
        for key, seq in self.acked.items():
            assert said.get(seq) == self.sent[key], f"{key} at {seq} is lost"
        for seq in heard:
            assert said.get(seq) == heard[seq], f"{seq} was heard and is lost"

    def retry(self, address):
        """Whoever was not answered asks again, with the same key."""
        with Chat(address) as chat:
            chat.ask_ok("join", room=self.name)
            for key, message in self.sent.items():
                if key not in self.acked:
                    ack = chat.post(self.name, message, key=key)
                    self.acked[key] = ack["seq"]


@pytest.mark.parametrize(
    "policy, power_cuts", [("always", True), ("always", False), ("interval", False)]
)
def test_nothing_is_lost_or_doubled_by_kills(tmp_path, policy, power_cuts):
    """With power cuts, all that is not synced goes with the process."""
    print("SEED", SEED)
    chance = random.Random(SEED)
    disk = FaultyDisk(tmp_path)
    disk.be(hold=int(power_cuts))
    store = ("--store-kind", "file", "--store-dir", str(disk.store))
    options = (*AT_ONCE, *OPTIONS, *store, "--store-sync", policy)
    room, heard = None, {}
    for kill in range(KILLS):
        if power_cuts:
            disk.boot()
        server = Server(PARLEYD, *options, environment=disk.environment)
        if room:
            room.check(read(server.address, room.name), heard)
            room.retry(server.address)
            room.check(read(server.address, room.name))
        if kill % KILLS_PER_ROOM == 0:
            room = Room(server.address, f"room{kill}")
        heard = room.load(server.address, chance, server.kill)
    with Server(PARLEYD, *options, environment=disk.environment) as server:
        room.check(read(server.address, room.name), heard)
        room.retry(server.address)
        room.check(read(server.address, room.name))
        assert len(room.acked) == len(room.sent) > KILLS
