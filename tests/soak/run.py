"""Many connections for a long time, which post, leave, vanish, stall and attack; with
SIGHUP and compaction. Fails if a client that behaves lost or doubled a message or was
closed, if memory grows without a bound, if the log has an error, or if the
server does not end with status 0.

    run.py [--minutes 30] [--connections 2000] [--seed 1] [--nodes 3]

The server is PARLEYD, else build/parleyd. Nodes are one chat over a Redis of
their own, and connections are spread over them.
"""

import argparse
import asyncio
import contextlib
import random
import re
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import clients  # noqa: E402
from client import Chat, get  # noqa: E402
from redis_server import Redis  # noqa: E402
from server import PARLEYD, Server  # noqa: E402

# Of a hundred connections.
CROWD = ((clients.Reader, 55), (clients.Author, 10), (clients.Leaver, 10),
         (clients.Aborter, 10), (clients.Staller, 5), (clients.Abuser, 10))
WATCH_EVERY_S = 5
SIGHUP_EVERY_S = 20
WARM_UP = 0.3  # of the time: histories fill
RESIDENT_SPARE = 64 << 20
COMPACTS_WITHIN = 10


class Soak:
    def __init__(self, servers, options):
        self.servers = servers
        self.random = random.Random(options.seed)
        self.rooms = [f"{kind}{n}" for kind in ("kept", "once")
                      for n in range(max(1, options.connections // 100))]
        self.is_over = False
        self.sent = self.acked = 0
        self.problems = []
        self.last_acked = {}

    @property
    def address(self):
        """The address of any node."""
        return self.random.choice(self.servers).address

    def wrong(self, text):
        if len(self.problems) < 20:
            print("WRONG:", text, flush=True)
        self.problems.append(text)

    def remember(self, room, seq):
        self.last_acked[room] = max(seq, self.last_acked.get(room, 0))


async def soak(soak, options):
    crowd = [kind(soak, number)
             for number, kind in enumerate(
                 kind for kind, share in CROWD
                 for _ in range(options.connections * share // 100))]
    tasks = [asyncio.create_task(each.run()) for each in crowd]
    began = time.monotonic()
    warm = most = 0
    hups = 0
    while time.monotonic() < began + options.minutes * 60:
        await asyncio.sleep(WATCH_EVERY_S)
        elapsed = time.monotonic() - began
        resident = max(server.memory() for server in soak.servers)
        if elapsed < WARM_UP * options.minutes * 60:
            warm = max(warm, resident)
        most = max(most, resident)
        if elapsed // SIGHUP_EVERY_S > hups:
            hups += 1
            for server in soak.servers:
                server.signal(signal.SIGHUP)
        print(f"{elapsed:6.0f} s  sent {soak.sent}  acked {soak.acked}  "
              f"resident {resident / 2**20:.1f} MiB  "
              f"wrong {len(soak.problems)}", flush=True)
    if most > warm + RESIDENT_SPARE:
        soak.wrong(f"resident {most >> 20} MiB, {warm >> 20} at first")
    soak.is_over = True
    messages = sum(getattr(each, "messages", 0) for each in crowd)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(f"received {messages}, SIGHUP {hups} times, "
          f"resident at most {most / 2**20:.1f} MiB")


def check_rooms(soak, server):
    """Checks that acknowledged messages of persistent rooms are stored."""
    with Chat(server.address) as reader:
        for room, seq in soak.last_acked.items():
            if room.startswith("kept"):
                joined = reader.ask_ok("join", room=room, history=1)
                if joined["seq"] < seq:
                    soak.wrong(f"{server.address}: {room} ends at {joined['seq']}, not {seq}")


def check_compactions(soak, minutes):
    (server,) = soak.servers
    metrics = get(server.address, "/metrics").body.decode()
    count = int(re.search(r"^parley_store_compactions_total (\d+)", metrics,
                          re.M)[1])
    print(f"{count} compactions")
    if minutes >= COMPACTS_WITHIN and count == 0:
        soak.wrong("nothing was compacted")


def start(options, directory, stack):
    """The server, or the nodes."""
    flags = (
        # One process is all clients: it may be late.
        "--limits-handshake-timeout", "2m", "--limits-pong-timeout", "2m",
        "--drain-delay", "0s", "--drain-window", "1s")
    if options.nodes == 1:
        return [Server(PARLEYD, "--store-kind", "file",
                       "--store-dir", f"{directory}/store",
                       "--store-segment", "2MiB",
                       "--store-compact-after", "1MiB", *flags)]
    redis = stack.enter_context(Redis("--appendonly", "yes"))
    servers = [Server(PARLEYD, "--broker-url", redis.url,
                      "--broker-timeout", "10s", "--broker-give-up", "30s", *flags)
               for _ in range(options.nodes)]
    for server in servers:
        server.wait_for_line("the broker is ready")
    return servers


def work(run, options):
    try:
        asyncio.run(soak(run, options))
        for server in run.servers:
            check_rooms(run, server)
        if options.nodes == 1:
            check_compactions(run, options.minutes)
    except BaseException:
        for server in run.servers:
            server.kill()
        raise
    for server in run.servers:
        server.signal()
        status = server.wait(60)
        errors = [line for line in server.lines if " error " in line]
        if errors or status != 0:
            run.wrong(f"status {status}, {errors[:5]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=1)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with (tempfile.TemporaryDirectory() as directory,
          contextlib.ExitStack() as stack):
        run = Soak(start(options, directory, stack), options)
        work(run, options)
    if not run.acked:
        run.wrong("nothing was acknowledged")
    for server in run.servers:
        print(*[line for line in server.lines
                if " info " not in line][-20:], sep="\n")
    print(f"soak: {len(run.problems)} problems")
    return 1 if run.problems else 0


if __name__ == "__main__":
    sys.exit(main())
