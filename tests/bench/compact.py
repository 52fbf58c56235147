"""A gigabyte of journal is compacted while members post.

A store is filled until it is about to be compacted; none of the messages are live then,
or half of them. Then a thousand messages a second are stored, one client sends pings,
and the journal grows over the bound. The times before and during the compaction are
compared.
"""

import multiprocessing
import os
import select
import time
from collections import deque

from clients import dial, frame
from kept import fill
from servers import Failed
from stall import inner
from waits import Asker, figures

MIB = 1024 * 1024
ROOMS, MESSAGES, BODY = 120, 8000, "." * 1000
RATE = 1000  # messages a second …
BODY = "." * 4000  # … of this
BEFORE_S = 3
PATIENCE_S = 180
EDGE_S = 0.25


class Author(multiprocessing.Process):
    """Posts messages, each at its time, and notes how long its acknowledgement took."""

    def __init__(self, port, core):
        super().__init__(daemon=True)
        self.port, self.core = port, core
        self.goes_on = multiprocessing.Event()
        self.goes_on.set()
        self.ours, self.theirs = multiprocessing.Pipe()

    def run(self):
        if self.core is not None:
            os.sched_setaffinity(0, {self.core})
        client = dial(self.port)
        client.ask(b'"event":"created"', {
            "command": "create", "room": "load", "name": "load",
            "persistent": True})
        self.theirs.send(self.post_messages(client))

    def post_messages(self, client):
        """(when it was acknowledged, how long after it was due), each."""
        sent = frame({"command": "broadcast", "room": "load", "ref": 1,
                      "message": BODY})
        due, waiting, acks = time.perf_counter(), deque(), []
        while self.goes_on.is_set():
            while due <= time.perf_counter():
                client.socket.sendall(sent)
                waiting.append(due)
                due += 1 / RATE
            wait = max(due - time.perf_counter(), 0)
            if select.select([client.socket], [], [], wait)[0]:
                count = client.read(b'"event":"ack"')
                now = time.perf_counter()
                acks += [(now, now - waiting.popleft()) for _ in range(count)]
        return acks

    def finish(self):
        self.goes_on.clear()
        if not self.ours.poll(10):
            raise Failed("the load does not come to an end")
        acks = self.ours.recv()
        self.join()
        return acks


class Memory:
    """The peak resident memory of a process since the last reset()."""

    def __init__(self, pid):
        self.pid = pid

    def _field(self, name):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError(f"no {name}")

    def now(self):
        return self._field("VmRSS")

    def reset(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as control:
            control.write("5")

    def most(self):
        return self._field("VmHWM")


class Compaction:
    """The begin and the end of a compaction, from the files of the store."""

    def __init__(self, directory, thread):
        self.directory, self.thread = directory, thread
        self.idle_s = thread.look()[0]
        self.journal = 0  # bytes, when it began
        self.began = self.ended = None

    def bytes(self, prefix, suffix):
        total = 0
        for name in os.listdir(self.directory):
            if name.startswith(prefix) and name.endswith(suffix):
                try:
                    total += os.stat(os.path.join(self.directory,
                                                  name)).st_size
                except FileNotFoundError:  # it has just been removed
                    pass
        return total

    def cpu_s(self):
        return self.thread.look()[0] - self.idle_s

    def look(self):
        if self.began is None:
            if self.cpu_s() > 0.002:
                self.began = time.perf_counter()
                self.journal = self.bytes("seg-", ".log")
        elif (self.ended is None and self.bytes("snap-", ".snap") and
              self.bytes("seg-", ".log") < self.journal / 2):
            self.ended = time.perf_counter()


def acks_within(acks, begin, end, prefix):
    took = sorted(took for at, took in acks if begin <= at < end)
    if not took:
        raise Failed("nothing was acknowledged")
    return {prefix + "ack_p99_ms": took[len(took) * 99 // 100] * 1e3,
            prefix + "ack_max_ms": took[-1] * 1e3}


def meet(site, server, asker):
    """Sends pings until the store is compacted; returns the measurements."""
    pid = server.process.pid
    compaction = Compaction(site.directory, asker.background())
    memory = Memory(pid)
    author = Author(server.port, site.core)
    author.start()
    memory.reset()
    resident = memory.now()
    begin = time.perf_counter()

    def goes_on():
        compaction.look()
        now = time.perf_counter()
        if now - begin > PATIENCE_S:
            raise Failed("nothing was compacted in time")
        return compaction.ended is None or now < compaction.ended + EDGE_S

    try:
        asker.ask_while(goes_on)
    finally:
        acks = author.finish()
    if compaction.began - begin < BEFORE_S:
        raise Failed("it was compacted before anything could be compared")
    seconds = compaction.ended - compaction.began
    before = inner([each for each in asker.answers
                    if each.at < compaction.began], EDGE_S)
    return {
        **figures(before, "before_"),
        **figures([each for each in asker.answers
                   if each.at >= compaction.began]),
        **acks_within(acks, begin + EDGE_S, compaction.began, "before_"),
        **acks_within(acks, compaction.began, compaction.ended, ""),
        "seconds": seconds, "journal_mib": compaction.journal / MIB,
        "mib_per_s": compaction.journal / MIB / seconds,
        "snapshot_mib": compaction.bytes("snap-", ".snap") / MIB,
        "compactor_cpu_s": compaction.cpu_s(),
        "resident_mib": resident / MIB,
        "grown_mib": (memory.most() - resident) / MIB}


def measure(site):
    with site.start() as server:
        fill(server.port, ROOMS, MESSAGES, BODY)
        client = dial(server.port)
        asker = Asker(client, server.process.pid)
        found = meet(site, server, asker)
        asker.close()
        client.close()
    return found


def measure_garbage(site):
    """Almost no messages are live."""
    return measure(site)


def measure_live(site):
    """About half of the messages are live."""
    found = measure(site)
    if found["snapshot_mib"] < found["journal_mib"] / 4:
        raise Failed("too little was alive")
    return found
