"""Kills a server under load, or cuts its power, again and again. After a restart every
message that was acknowledged or delivered is stored, once, in order, and no other; a
message sent again with the same key is not stored twice."""

import os
import random
import subprocess
import threading
import time
from collections import Counter

import pytest

from client import Chat, Gone
from faulty_disk import FaultyDisk
from server import AT_ONCE, ENVIRONMENT, PARLEYD, Server, eventually

KILLS = int(os.environ.get("KILLS", "10"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1, 1 << 30)
AUTHORS = 3
AT_A_TIME = 16  # messages of one author that are not acknowledged
# A new room after so many kills, and a new store after so many kills, so that the
# messages of a room can be read quickly, and files are compacted more than once.
KILLS_PER_ROOM = 10
KILLS_PER_STORE = 40

OPTIONS = (
    # Small, so that segments are filled and compacted all the time.
    *("--store-segment", "2MiB", "--store-compact-after", "1MiB"),
    *("--store-sync-interval", "50ms"),
    *("--history-messages", "0", "--history-bytes", "0", "--limits-messages", "0"),
    # Python may be slow to read.
    *("--limits-output-soft", "64MiB", "--limits-output-hard", "64MiB"),
)
# Messages with a short lifetime, which compaction removes.
FLEETING_MS = 1000
LENGTHS = (10, 10, 300, 300, 3000)
FLEETING_LENGTHS = (20000,)


class Author(threading.Thread):
    """Posts messages until the connection ends."""

    def __init__(self, address, room, name, lengths):
        super().__init__(daemon=True)
        self.chat = Chat(address)
        self.chat.ask_ok("join", room=room)
        self.room, self.name, self.lengths = room, name, lengths
        self.sent = {}  # by key, in order
        self.acked = {}  # key: seq
        self.received = {}  # seq: the message
        self.trouble = None

    def run(self):
        try:
            while True:
                while len(self.sent) - len(self.acked) < AT_A_TIME:
                    self.send_command()
                self.receive(self.chat.next())
        except Gone:
            pass
        except AssertionError as trouble:
            self.trouble = trouble

    def send_command(self):
        key = f"{self.name}-{len(self.sent)}"
        self.sent[key] = f"{key} " + "x" * next(self.lengths)
        self.chat.send_command(
            "broadcast", room=self.room, message=self.sent[key], key=key, ref=key
        )

    def receive(self, event):
        if event["event"] == "ack":
            self.acked[event["ref"]] = event["seq"]
        elif event["event"] == "broadcast" and "seq" in event:
            assert event["seq"] not in self.received
            self.received[event["seq"]] = event["message"]
        else:
            assert event["event"] != "error", event

    def finish(self):
        self.join()
        if self.trouble:
            raise self.trouble


def some_of(chance, lengths):
    """Yields lengths; some are more than a sector, or a page."""
    own = random.Random(chance.random())
    while True:
        yield own.choice(lengths)


def read(address, room):
    """Returns the epoch, and all messages of the room by their number."""
    sent = {}
    with Chat(address) as chat:
        page = chat.ask_ok("join", room=room, history=1000)
        epoch, last = page["epoch"], page["seq"]
        while True:
            for message in page["messages"]:
                assert message["seq"] not in sent
                sent[message["seq"]] = message["message"]
            if not sent or min(sent) == 1:
                break
            page = chat.ask_ok("history", room=room, before=min(sent), limit=1000)
    assert sorted(sent) == list(range(1, last + 1))
    return epoch, sent


class Room:
    """What was sent to a room and acknowledged since it was created, over all kills."""

    def __init__(self, address, name, **fields):
        self.name = name
        self.author_keys = []  # of each author: keys, in order
        self.sent = {}  # by key
        self.acked = {}  # key: seq
        self.notified = {}  # seq: the message that was acknowledged or delivered
        with Chat(address) as chat:
            chat.ask_ok("create", name=name, room=name, persistent=True, **fields)
            self.epoch = chat.ask_ok("join", room=name)["epoch"]

    def author(self, address, number, lengths):
        name = f"{len(self.author_keys)}-{number}"
        return Author(address, self.name, name, lengths)

    def add_results(self, author):
        """Adds what an author has sent and received until the server ended."""
        self.author_keys.append(list(author.sent))
        self.sent.update(author.sent)
        self.acked.update(author.acked)
        for seq, text in author.received.items():
            self.note_message(seq, text)
        for key, seq in author.acked.items():
            self.note_message(seq, self.sent[key])

    def note_message(self, seq, text):
        assert self.notified.setdefault(seq, text) == text, "one number, two messages"

    def check(self, address, may_lose=False):
        """Compares what is stored with what was sent and acknowledged. Returns
        how much is lost: a suffix, if the policy allows it and the epoch is
        new."""
        epoch, sent = read(address, self.name)
        texts = list(sent.values())
        assert len(texts) == len(set(texts)), "something was stored twice"
        assert set(texts) <= set(self.sent.values()), "stored, but not sent"
        self.check_order({text: seq for seq, text in sent.items()})
        lost = [seq for seq in self.notified if seq > len(sent)]
        assert not lost or may_lose, f"{self.notified[min(lost)]:.20} is lost"
        assert epoch != self.epoch if lost else may_lose or epoch == self.epoch
        self.epoch = epoch
        self.forget(lost)
        for seq, text in self.notified.items():
            assert sent[seq] == text, f"{text:.20} is not at {seq}"
        return len(lost)

    def check_order(self, seqs):
        for keys in self.author_keys:
            own = [seqs[self.sent[key]] for key in keys if self.sent[key] in seqs]
            assert own == sorted(own), "not in the order in which they were sent"

    def forget(self, lost):
        """Lost messages have to be sent again."""
        for seq in lost:
            del self.notified[seq]
        for key in [key for key, seq in self.acked.items() if seq not in self.notified]:
            del self.acked[key]

    def retry(self, address):
        """Sends again, with the same keys, what was not answered, and the last
        of what was. Returns how many were not answered, and how many of these
        had been stored."""
        count, stored = 0, 0
        last = {key for keys in self.author_keys[-AUTHORS:] for key in keys[-40:]}
        with Chat(address) as chat:
            chat.ask_ok("join", room=self.name)
            for key in self.sent:
                if key in self.acked and key not in last:
                    continue
                ack = chat.post(self.name, self.sent[key], key=key)
                if key in self.acked:
                    assert (ack["seq"], ack["duplicate"]) == (self.acked[key], True)
                    continue
                count += 1
                stored += ack.get("duplicate", False)
                self.acked[key] = ack["seq"]
                self.note_message(ack["seq"], self.sent[key])
        return count, stored


class Campaign:
    """A store whose servers are killed, and the rooms in it."""

    def __init__(self, folder, policy, power_cuts, chance, counts):
        self.chance, self.counts = chance, counts
        self.power_cuts = power_cuts
        self.may_lose = power_cuts and policy != "always"
        self.disk = FaultyDisk(folder)
        self.disk.be(hold=int(power_cuts))
        self.options = (
            *(*AT_ONCE, *OPTIONS, "--store-sync", policy),
            *("--store-kind", "file", "--store-dir", str(self.disk.store)),
        )
        self.rooms = []
        self.snapshots = set()
        with self.start() as server:
            self.fleeting = Room(server.address, "fleeting", ttl_ms=FLEETING_MS)

    def start(self):
        return Server(PARLEYD, *self.options, environment=self.disk.environment)

    def make_room(self):
        """The server ends with SIGTERM, so the room is durable under every policy."""
        with self.start() as server:
            if self.rooms:
                self.check(server.address, self.rooms[-1])
            self.rooms.append(Room(server.address, f"room{len(self.rooms)}"))

    def kill(self):
        """Checks what is stored, retries, and posts until the server is killed."""
        if self.chance.random() < 0.2:
            self.kill_early()
        server = self.start()
        try:
            self.check(server.address, self.rooms[-1])
            self.load(server)
        finally:
            server.kill()

    def end_server(self, kill):
        """Ends the process; with power cuts, what was not synced is lost, too."""
        kill()
        self.counts["power cuts" if self.power_cuts else "kills"] += 1
        for snapshot in {each.name for each in self.disk.store.glob("snap-*.snap")}:
            self.counts["snapshots"] += snapshot not in self.snapshots
            self.snapshots.add(snapshot)
        if self.power_cuts:
            share = self.chance.choice((0, 0.5, 1))
            self.disk.boot(lambda: self.chance.random() < share)
            self.disk.be(hold=1, leak=self.chance.choice((0, 0, 10, 50, 90)))

    def kill_early(self):
        """Kills the server while it reads the store and repairs it."""
        process = subprocess.Popen(
            [PARLEYD, "--listen", "127.0.0.1:0", *self.options],
            env={**ENVIRONMENT, **self.disk.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(self.chance.uniform(0, 0.03))

        def kill():
            process.kill()
            process.wait()

        self.counts["early"] += 1
        self.end_server(kill)

    def check(self, address, room):
        """Checks the room before and after retries, which must store nothing twice."""
        self.counts["lost"] += room.check(address, self.may_lose)
        count, stored = room.retry(address)
        self.counts["asked again"] += count
        self.counts["of them stored before"] += stored
        room.check(address)

    def load(self, server):
        room = self.rooms[-1]
        authors = [
            room.author(server.address, n, some_of(self.chance, LENGTHS))
            for n in range(AUTHORS)
        ]
        fleeting = self.fleeting.author(
            server.address, 0, some_of(self.chance, FLEETING_LENGTHS)
        )
        for author in (*authors, fleeting):
            author.start()
        if self.chance.random() < 0.8:
            eventually(lambda: any(author.acked or author.trouble for author in authors))
        time.sleep(self.chance.uniform(0.02, 0.2))
        self.end_server(server.kill)
        fleeting.finish()
        self.fleeting.author_keys.append([])
        for author in authors:
            author.finish()
            room.add_results(author)
            self.counts["acknowledged"] += len(author.acked)

    def finish(self):
        """Checks the earlier rooms, too."""
        with self.start() as server:
            self.check(server.address, self.rooms[-1])
            for room in self.rooms:
                assert room.check(server.address, self.may_lose) == 0


@pytest.mark.parametrize("power_cuts", [False, True], ids=["kills", "power_cuts"])
@pytest.mark.parametrize("policy", ["always", "interval"])
def test_nothing_is_lost_or_doubled_by(tmp_path, policy, power_cuts):
    """A power cut takes all that was not synced, or what chance has it take."""
    print("SEED", SEED)
    chance, counts, campaign = random.Random(SEED), Counter(), None
    for kill in range(KILLS):
        if kill % KILLS_PER_STORE == 0:
            if campaign:
                campaign.finish()
            folder = tmp_path / str(kill)
            folder.mkdir()
            campaign = Campaign(folder, policy, power_cuts, chance, counts)
        if kill % KILLS_PER_ROOM == 0:
            campaign.make_room()
        campaign.kill()
    campaign.finish()
    print(f"{policy}:", ", ".join(f"{counts[of]} {of}" for of in sorted(counts)))
    assert counts["acknowledged"] > KILLS
