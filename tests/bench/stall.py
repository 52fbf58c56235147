"""Does the loop stall while the store is busy?

One connection sends pings, one after the other, while 10 000 messages a second are
stored, during changes of the journal's segment and compactions, or on a disk with slow
syncs.
Measured are the longest answer time, how much of it was waiting for a core, and the lag
of the loop by the server's statistics.
"""

import json
import os
import subprocess
import tempfile

from clients import dial, get
from servers import Failed, pinned
from waits import Asker, figures

LOAD = "acks-paced"
# The load's 100 connections come and go, all at once.
EDGE_S = 0.5
SLOW_SYNC_MS = 400


class Watch:
    """The names of all files that a store has had."""

    def __init__(self, directory):
        self.directory = directory
        self.seen = set()

    def look(self):
        self.seen.update(os.listdir(self.directory))

    def count(self, prefix, suffix):
        return sum(name.startswith(prefix) and name.endswith(suffix)
                   for name in self.seen)


def inner(answers, edge_s=EDGE_S):
    """Without the connections that were still opening or closing."""
    first, last = answers[0].at + edge_s, answers[-1].at - edge_s
    kept = [each for each in answers if first <= each.at <= last]
    if not kept:
        raise Failed("the load was over too soon")
    return kept


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


def measure(site, server):
    watch = Watch(site.directory)
    client = dial(server.port)
    asker = Asker(client, server.process.pid)
    load = subprocess.Popen(
        [str(site.generator), "--json", "--pid", str(server.process.pid),
         "--seconds", str(site.seconds), LOAD, f"127.0.0.1:{server.port}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=pinned(site.core))

    def goes_on():
        if len(asker.answers) % 64 == 0:
            watch.look()
        return load.poll() is None

    try:
        asker.ask_while(goes_on)
    finally:
        load.kill()
        sent, why = load.communicate()
    if load.returncode != 0:
        raise Failed(why.strip() or f"exit {load.returncode}")
    lag = lag_figures(json.loads(get(server.port, "/stats")))
    asker.close()
    client.close()
    return {**figures(inner(asker.answers)), **lag,
            "segments": watch.count("seg-", ".log"),
            "snapshots": watch.count("snap-", ".snap"),
            "kept_per_wall_s": json.loads(sent)["deliveries_per_wall_s"]}


def was_busy(found, segments, snapshots):
    """Whether segments and compactions occurred; a run without them does not count."""
    if found["segments"] < segments or found["snapshots"] < snapshots:
        raise Failed(f"the store was not busy: {found['segments']} segments, "
                     f"{found['snapshots']} snapshots")
    return found


def measure_calm(site):
    """The same load, on a fast disk."""
    with site.start() as server:
        return measure(site, server)


def measure_stall(site):
    with site.start() as server:
        return was_busy(measure(site, server), 3, 1)


def measure_slow_sync(site):
    """Each sync takes so long: see tests/preload/faulty_disk.c."""
    with tempfile.NamedTemporaryFile("w") as control:
        control.write(f"stall_ms {SLOW_SYNC_MS}\n")
        control.flush()
        with site.start({"LD_PRELOAD": str(site.faulty_disk),
                         "FAULTY_DISK_DIR": site.directory,
                         "FAULTY_DISK_CONTROL": control.name}) as server:
            return was_busy(measure(site, server), 2, 0)
