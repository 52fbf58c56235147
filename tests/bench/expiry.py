"""Messages with a lifetime of a second or two, whose memory must be released."""

import json
import time

from clients import BODY, dial, frame, get, resident

ROOMS = 50  # of one client: at most 64
CLIENTS = 2
MESSAGES = 800  # in each room
SHORTEST_MS, LONGEST_MS = 1000, 2000
PATIENCE_S = 10  # beyond the longest lifetime


class Memory:
    """The memory of a server: by its own statistics, and by the system's."""

    def __init__(self, server):
        self.server = server
        self.held = self.resident = 0

    def look(self):
        state = json.loads(get(self.server.port, "/readyz?verbose=1"))
        self.held = state["memory"]
        self.resident = resident(self.server.process.pid)
        return self

    def raise_to(self, other):
        self.held = max(self.held, other.held)
        self.resident = max(self.resident, other.resident)


def lifetimes(count):
    """Spread evenly from the shortest to the longest."""
    step = (LONGEST_MS - SHORTEST_MS) / (count - 1)
    return [round(SHORTEST_MS + step * n) for n in range(count)]


def create_rooms(client, names):
    for name, ttl_ms in zip(names, lifetimes(len(names))):
        client.ask(b'"event":"created"', {
            "command": "create", "room": name, "name": "bench",
            "persistent": True, "ttl_ms": ttl_ms})


def post_messages(client, names, peak, memory):
    for name in names:
        client.socket.sendall(frame({
            "command": "broadcast", "room": name, "ref": 1,
            "message": BODY}) * MESSAGES)
        client.await_(b'"event":"ack"', MESSAGES)
        peak.raise_to(memory.look())


def wait_for(memory, held):
    """Returns the seconds until no more is held, at most the time limit."""
    began = time.monotonic()
    end = began + LONGEST_MS / 1000 + PATIENCE_S
    while memory.look().held > held and time.monotonic() < end:
        time.sleep(0.05)
    return time.monotonic() - began


def wave(server, rooms):
    """All members post; returns the peak, the rest, and the time until then."""
    memory, peak = Memory(server), Memory(server)
    before = memory.look().held
    for client, names in rooms:
        post_messages(client, names, peak, memory)
    seconds = wait_for(memory, before + (peak.held - before) // 100)
    return peak, memory, seconds


def measure_expiry(site):
    mib = 1 / (1024 * 1024)
    with site.start() as server:
        rooms = [(dial(server.port),
                  [f"bench_{n}_{m}" for m in range(ROOMS)])
                 for n in range(CLIENTS)]
        for client, names in rooms:
            create_rooms(client, names)
        before = Memory(server).look()
        peak, left, seconds = wave(server, rooms)
        again = wave(server, rooms)[1]
        for client, _ in rooms:
            client.close()
    return {"messages": CLIENTS * ROOMS * MESSAGES,
            "peak_held_mib": (peak.held - before.held) * mib,
            "peak_resident_mib": (peak.resident - before.resident) * mib,
            "held_left": ((left.held - before.held) /
                          (peak.held - before.held)),
            "resident_left": ((left.resident - before.resident) /
                              (peak.resident - before.resident)),
            "grown_again_mib": (again.resident - left.resident) * mib,
            "seconds": seconds}
