#!/usr/bin/env python3
"""The cost of a chat of several nodes, over a real redis-server.

Cost: members of a room are spread over one, two or three nodes; deliveries per
second of CPU time of a node, relative to one node with a broker in the same
round, and to one without. Messages, and what redis-server has carried out
meanwhile, are counted from outside.

Idle: what redis-server carries out for three nodes with members that do
nothing.

Publications: members of many rooms post; how many redis-server carries out
in a second of its CPU time, also beside Centrifugo if it is installed.

cluster.json and cluster.csv go to bench/results. Exit status: 0; 1 if a server
gave a wrong answer or failed; 2 if something is missing.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import centrifugo
import redis_stats
import script
from clients import BODY, dial, frame
from servers import Failed, Server, free_port, pick_cores
from tables import plain


IDLE_NODES, IDLE_MEMBERS = 3, 1000

PUBLISHING_NODES = 3
PUBLISHING = {"rooms": "100 rooms of 10, all post",
              "flight-100": "a room of 100, one posts, 64 in flight"}

CALLS_MEMBERS, CALLS_BURSTS = 99, 200


class Load(NamedTuple):
    members: int  # of the room, or of each node
    of_each: bool
    window: int

    def label(self):
        where = " at each" if self.of_each else ""
        return f"{self.members}{where}, {self.window} in flight"

    def room(self, nodes):
        return self.members * (nodes if self.of_each else 1)


LOADS = (Load(100, False, 1), Load(100, False, 64), Load(100, True, 64),
         Load(1000, False, 1), Load(1000, False, 64))

# Nodes; 0: one, without a broker.
COUNTS = (0, 1, 2, 3)


class Nodes:
    """Nodes that are one chat, as a rule on one core, and their redis-server."""

    def __init__(self, arguments, count, directory, is_pinned=True,
                 target="parley"):
        self.arguments = arguments
        self.count = count
        self.directory = directory
        self.target = target
        self.core, self.other = pick_cores() if is_pinned else (None, None)
        self.servers = []
        self.redis = None
        self.stack = None  # ends them all

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.stack = stack
            if self.count > 0:
                self.redis = stack.enter_context(
                    redis_stats.Redis(self.other, self.directory))
            for _ in range(max(self.count, 1)):
                self.start()
            self.stack = stack.pop_all()
        return self

    def start(self):
        """Starts one more node."""
        port = free_port()
        log = self.arguments.out / f"{self.target}-{len(self.servers)}.log"
        if self.target == "centrifugo":
            node = centrifugo.node(port, self.redis.url, self.core, log)
        else:
            broker = ["--broker-url", self.redis.url] if self.redis else []
            program = self.arguments.build / "parleyd"
            node = Server(
                [str(program), "--listen", f"127.0.0.1:{port}",
                 *script.no_limits(program), *broker,
                 *self.arguments.parleyd_flags], self.core, log, port)
        self.servers.append(self.stack.enter_context(node))
        if self.target == "parley":
            dial(port).close()  # until the chat is loaded

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def generate(self, *words):
        return script.generate(
            self.arguments.build / "parley-bench", pick_cores()[1], "--target",
            self.target, "--pid",
            ",".join(str(server.process.pid) for server in self.servers),
            *words,
            ",".join(f"127.0.0.1:{server.port}" for server in self.servers),
            timeout=120)


def measure_cost(arguments, load, count):
    with (tempfile.TemporaryDirectory(dir=arguments.out) as directory,
          Nodes(arguments, count, directory) as nodes):
        interval = redis_stats.Interval(nodes.redis) if nodes.redis else None
        figures = nodes.generate(
            "--seconds", arguments.seconds, "--members",
            load.room(max(count, 1)), "--window", load.window, "flight-100")
        if interval:
            calls, cpu_s, _ = interval.end()
            # Joins and the warm-up are in both.
            figures["redis_us_per_entry"] = cpu_s * 1e6 / calls["xadd"]
    return {**figures, "load": load.label(), "nodes": count}


def measure_publications(arguments, target, case):
    """Members of many rooms post at all nodes."""
    with (tempfile.TemporaryDirectory(dir=arguments.out) as directory,
          Nodes(arguments, PUBLISHING_NODES, directory, target=target) as nodes):
        interval = redis_stats.Interval(nodes.redis)
        figures = nodes.generate("--seconds", arguments.seconds, case)
        calls, cpu_s, _ = interval.end()
    return {**figures, "target": target, "case": case,
            "publications_per_redis_s": calls["xadd"] / cpu_s}


# --- what redis-server is asked for -------------------------------------------

def members_join(nodes, count, room):
    """Connects so many members of one room, in turn at each node."""
    members = []
    for number in range(count):
        members.append(dial(nodes.servers[number % nodes.count].port))
        members[-1].ask(b'"event":"joined"', {
            "command": "join", "room": room, "create": True})
    return members


def measure_calls(arguments, burst):
    """Calls of scripts for messages that one node reads in one turn."""
    message = {"command": "broadcast", "room": "calls", "message": BODY}
    with (tempfile.TemporaryDirectory(dir=arguments.out) as directory,
          Nodes(arguments, IDLE_NODES, directory) as nodes):
        members = members_join(nodes, CALLS_MEMBERS, "calls")
        interval = redis_stats.Interval(nodes.redis)
        for _ in range(CALLS_BURSTS):
            members[0].socket.sendall(frame(message) * burst)
            for member in members:
                member.await_(b'"event":"broadcast"', burst)
        calls, _, seconds = interval.end()
    return {"burst": burst, "seconds": seconds,
            "calls_per_turn": calls["evalsha"] / CALLS_BURSTS}


def measure_idle(arguments, count):
    """Commands a second that redis-server carries out for idle members."""
    with (tempfile.TemporaryDirectory(dir=arguments.out) as directory,
          Nodes(arguments, IDLE_NODES, directory) as nodes):
        members = members_join(nodes, count, "idle")
        time.sleep(4)  # logs that something was appended to are compared
        interval = redis_stats.Interval(nodes.redis)
        time.sleep(10 * arguments.seconds)
        calls, cpu_s, seconds = interval.end()
        for member in members:
            member.close()
    return {"members": count, "calls_per_s": sum(calls.values()) / seconds,
            "cpu_per_s": cpu_s / seconds}


# --- the table ----------------------------------------------------------------

def median(runs, figure):
    values = [run[figure] for run in runs if figure in run]
    return statistics.median(values) if values else None


def ratio(runs, load, count, base):
    """The ratio of the speeds of a node, in the rounds that have both."""
    speeds = {(run["round"], run["nodes"]): run["deliveries_per_cpu_s"]
              for run in runs if run["load"] == load}
    values = [speed / speeds[number, base]
              for (number, nodes), speed in speeds.items()
              if nodes == count and (number, base) in speeds]
    return statistics.median(values) if values else None


def cell(value, digits=2):
    return "-" if value is None else f"{value:,.{digits}f}"


def cost_table(runs):
    lines = [("members of the room", "nodes", "thousands/CPU-s of a node",
              "of one node", "of one without a broker",
              "Redis: us/message", "p50 ms", "p99 ms")]
    for load in dict.fromkeys(run["load"] for run in runs):
        for count in COUNTS:
            mine = [run for run in runs
                    if (run["load"], run["nodes"]) == (load, count)]
            if not mine:
                continue
            lines.append((
                load, str(count) if count else "1, no broker",
                cell(median(mine, "deliveries_per_cpu_s") / 1e3, 0),
                cell(ratio(runs, load, count, 1) if count else None),
                cell(ratio(runs, load, count, 0)),
                cell(median(mine, "redis_us_per_entry"), 1),
                cell(median(mine, "p50_us") / 1e3),
                cell(median(mine, "p99_us") / 1e3)))
    return lines


def publication_table(runs):
    lines = [("load", "server", "publications/s of Redis' CPU time",
              "deliveries/CPU-s of a node", "p50 ms")]
    for case, label in PUBLISHING.items():
        for target in dict.fromkeys(run["target"] for run in runs):
            mine = [run for run in runs
                    if (run["case"], run["target"]) == (case, target)]
            if mine:
                lines.append((
                    label, target,
                    cell(median(mine, "publications_per_redis_s"), 0),
                    cell(median(mine, "deliveries_per_cpu_s"), 0),
                    cell(median(mine, "p50_us") / 1e3)))
    return lines


def calls_lines(calls, idle):
    lines = [f"{each['burst']} message{'s' if each['burst'] > 1 else ''} that a "
             f"node reads in one turn, {CALLS_MEMBERS} members at {IDLE_NODES} "
             f"nodes: {each['calls_per_turn']:.2f} calls of a script"
             for each in calls]
    lines += [f"{each['members']} idle members at {IDLE_NODES} nodes: "
              f"{each['calls_per_s']:.1f} commands a second"
              for each in idle]
    return lines


def missing(arguments, *programs):
    """Whether something is missing, which is printed."""
    absent = [str(arguments.build / name) for name in programs
              if not (arguments.build / name).exists()]
    if not redis_stats.is_installed():
        absent.append("redis-server")
    if absent:
        print(f"missing: {', '.join(absent)}", file=sys.stderr)
    return bool(absent)


def run_all(arguments, loads):
    """All runs that count, and the failures as text."""
    runs, failures = [], []
    for number in range(arguments.rounds):
        for load in loads:
            for count in COUNTS:
                try:
                    runs.append({"round": number,
                                 **measure_cost(arguments, load, count)})
                except (Failed, OSError, subprocess.SubprocessError) as failure:
                    failures.append(f"{load.label()}, {count} nodes: {failure}")
    return runs, failures


def run_publications(arguments):
    targets = ["parley"]
    if centrifugo.program():
        targets.append("centrifugo")
    else:
        print("not installed, left out: Centrifugo")
    runs, failures = [], []
    for number in range(arguments.rounds):
        for case in PUBLISHING:
            for target in targets:
                try:
                    runs.append({"round": number, **measure_publications(
                        arguments, target, case)})
                except (Failed, OSError, subprocess.SubprocessError) as failure:
                    failures.append(f"{target}, {case}: {failure}")
    return runs, failures


def read_arguments():
    parser = script.parser_of(__doc__)
    script.add_rounds(parser, "of the nodes' CPU time in a run",
                      quick_share=1 / 2)
    parser.add_argument("--load", type=int, action="append", metavar="N",
                        help=f"only the Nth of {len(LOADS)}; may be given again")
    script.add_programs(parser)
    return script.read(parser)


def main():
    arguments = read_arguments()
    if missing(arguments, "parleyd", "parley-bench"):
        return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    calm = os.getloadavg()[0]
    loads = [LOADS[n - 1] for n in arguments.load] if arguments.load else LOADS
    runs, failures = run_all(arguments, loads)
    lines = cost_table(runs)
    print(plain(lines), end="", flush=True)
    publications, more = run_publications(arguments)
    failures += more
    print()
    print(plain(publication_table(publications)), end="", flush=True)
    calls = [measure_calls(arguments, burst) for burst in (1, 64)]
    idle = [measure_idle(arguments, count) for count in (0, IDLE_MEMBERS)]
    print("\n".join(calls_lines(calls, idle)))
    (arguments.out / "cluster.json").write_text(json.dumps(
        {"runs": runs, "publications": publications, "calls": calls, "idle": idle}, indent=1) + "\n")
    script.write_csv(arguments.out / "cluster.csv", runs)
    script.write_page(arguments.markdown, "bench-cluster", arguments.rounds,
                      calm, lines)
    script.write_page(arguments.markdown, "bench-publications",
                      arguments.rounds, calm, publication_table(publications))
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
