"""The references for a store: the disk itself, and redis-server."""

import csv
import os
import shutil
import subprocess
import time
from typing import NamedTuple

from servers import Failed, connects, free_port

RECORD = 256  # bytes: about what a message of 128 takes


class Load(NamedTuple):
    clients: int
    in_flight: int  # of each
    rate: int  # a guess, so that a run takes about as long as it is to


LOADS = {
    "acks-1": Load(1, 1, 4_000),
    "acks-16": Load(16, 1, 30_000),
    "acks-256": Load(256, 1, 60_000),
    "acks-1000": Load(1000, 1, 60_000),
    "acks-flight": Load(16, 64, 300_000),
}


class NotInstalled(Exception):
    """The program is not installed."""


def measure_disk(case, seconds, directory):
    """Writes one record after the other and syncs each: the rate without batches."""
    path = os.path.join(directory, "syncs")
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    times = []
    try:
        os.posix_fallocate(file, 0, 64 << 20)
        os.fsync(file)
        end = time.perf_counter() + seconds
        at = 0
        while not times or time.perf_counter() < end:
            began = time.perf_counter()
            os.pwrite(file, b"." * RECORD, at % (64 << 20))
            os.fdatasync(file)
            times.append(time.perf_counter() - began)
            at += RECORD
    finally:
        os.close(file)
    return disk_figures(times)


def disk_figures(times):
    times = sorted(times)
    return {"deliveries_per_wall_s": len(times) / sum(times),
            "p50_us": times[len(times) // 2] * 1e6,
            "p99_us": times[len(times) * 99 // 100] * 1e6}


def await_port(port):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if connects(port):
            return
        time.sleep(0.01)
    raise Failed("redis-server does not listen")


def redis_rate(report):
    """The rate in the output of `redis-benchmark --csv`, with or without a line of
    names."""
    lines = list(csv.reader(report.splitlines()))
    try:
        return float(lines[-1][1])
    except (IndexError, ValueError):
        raise Failed(f"redis-benchmark printed {report!r}") from None


def redis_command(load, seconds, port):
    requests = max(1000, int(load.rate * seconds))
    return ["redis-benchmark", "-p", str(port), "-c", str(load.clients),
            "-P", str(load.in_flight), "-n", str(requests), "-d", "128",
            "--csv", "-t", "rpush"]


def measure_redis(case, seconds, directory):
    """redis-benchmark appends to lists, every append synced to the disk."""
    if not (shutil.which("redis-server") and shutil.which("redis-benchmark")):
        raise NotInstalled
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--dir", directory,
         "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        await_port(port)
        done = subprocess.run(
            redis_command(LOADS[case.name], seconds, port),
            capture_output=True, text=True, timeout=120, check=True)
    finally:
        server.terminate()
        server.wait(10)
    return {"deliveries_per_wall_s": redis_rate(done.stdout)}


OTHERS = {"disk": measure_disk, "redis": measure_redis}
