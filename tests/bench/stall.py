"""Does the loop stall while the store is busy?

One connection asks for a pong, again and again, while 10 000 messages a second
are kept, over changes of the journal's file and compactions.
The longest answer counts, and how late the loop was by its own account.
"""

import json
import os
import subprocess
import time

from clients import dial, get
from servers import Failed, pinned

LOAD = "acks-paced"
EVERY_S = 0.001
LEAST_SEGMENTS = 3
LEAST_SNAPSHOTS = 1


class Watch:
    """The files of a store that have been there."""

    def __init__(self, directory):
        self.directory = directory
        self.seen = set()

    def look(self):
        self.seen.update(os.listdir(self.directory))

    def count(self, prefix, suffix):
        return sum(name.startswith(prefix) and name.endswith(suffix)
                   for name in self.seen)


def ask_again_and_again(client, load, watch):
    """How long each answer took."""
    times = []
    while load.poll() is None:
        began = time.perf_counter()
        client.ask(b'"event":"pong"', {"command": "ping"})
        times.append(time.perf_counter() - began)
        if len(times) % 64 == 0:
            watch.look()
        time.sleep(EVERY_S)
    return sorted(times)


def quantile_bound(histogram, part):
    """The bound below which so many are; the last one for those beyond."""
    bounds, counts = histogram["bounds"], histogram["counts"]
    rank = part * sum(counts)
    seen = 0
    for bound, count in zip(bounds, counts):
        seen += count
        if seen >= rank:
            return bound
    return bounds[-1]


def lag_figures(stats):
    lag = stats.get("loop_lag_us")
    if lag is None:
        return {}
    return {"lag_p99_ms": quantile_bound(lag, 0.99) / 1e3,
            "lag_max_ms": quantile_bound(lag, 1) / 1e3}


def measure_stall(site):
    watch = Watch(site.directory)
    with site.start() as server:
        client = dial(server.port)
        load = subprocess.Popen(
            [str(site.generator), "--json", "--pid", str(server.process.pid),
             "--seconds", str(site.seconds), LOAD,
             f"127.0.0.1:{server.port}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=pinned(site.core))
        try:
            times = ask_again_and_again(client, load, watch)
        finally:
            load.kill()
            said, why = load.communicate()
        if load.returncode != 0:
            raise Failed(why.strip() or f"exit {load.returncode}")
        figures = lag_figures(json.loads(get(server.port, "/stats")))
        client.close()
    figures.update({
        "max_ms": times[-1] * 1e3,
        "p99_ms": times[len(times) * 99 // 100] * 1e3,
        "p50_ms": times[len(times) // 2] * 1e3,
        "answers": len(times),
        "segments": watch.count("seg-", ".log"),
        "snapshots": watch.count("snap-", ".snap"),
        "kept_per_wall_s": json.loads(said)["deliveries_per_wall_s"]})
    if (figures["segments"] < LEAST_SEGMENTS or
            figures["snapshots"] < LEAST_SNAPSHOTS):
        raise Failed(f"the store was not busy: {sorted(watch.seen)}")
    return figures
