#!/usr/bin/env python3
"""The same fan-out beside other servers that are installed here.

One author in a room; the members are on loopback, server and generator have
a core each. The servers take turns within a round; the table shows medians
over the rounds, and how many times as much parleyd does in a second of CPU
time, by how much longer the other's p99 is. Programs that are not installed are named:
`tools/setup compare` installs them.

Exit status: 0; 1 if parleyd gave a wrong answer or failed; 2 if something is
missing.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

import chart
import script
from peers import PEERS
from servers import Failed, Server, OtherServer, free_port, pick_cores
from tables import plain

LOADS = ((100, 1), (100, 64), (1000, 64))
OURS = "parleyd"
GENERATOR = script.ROOT / "build/parley-bench"


def run_once(peer, members, window, arguments):
    server_core, generator_core = pick_cores()
    port = free_port()
    with tempfile.TemporaryDirectory(dir=arguments.out) as directory:
        kind = Server if peer.name == OURS else OtherServer
        with kind(peer.command(port, directory), server_core,
                  arguments.out / f"compare-{peer.name}.log", port,
                  peer.environment) as server:
            sent = script.generate(
                GENERATOR, generator_core,
                "--pid", server.process.pid, "--target", peer.target,
                "--seconds", arguments.seconds, "--members", members,
                "--window", window, "flight-100", f"127.0.0.1:{port}",
                timeout=120)
    return {**sent, "peer": peer.name, "members": members, "window": window}


def run_all(peers, loads, arguments):
    """All runs that count, and the failures: (peer, text)."""
    runs, failures = [], []
    for number in range(arguments.rounds):
        for members, window in loads:
            for peer in peers:
                try:
                    runs.append({"round": number, **run_once(
                        peer, members, window, arguments)})
                except (Failed, OSError, subprocess.SubprocessError) as error:
                    failures.append((peer.name, f"{peer.name}, {members} "
                                     f"members, {window} in flight: {error}"))
    return runs, failures


def median(runs, peer, load, figure):
    values = [run[figure] for run in runs if run["peer"] == peer
              and (run["members"], run["window"]) == load]
    return statistics.median(values) if values else None


def figures(runs, peer, load):
    """(deliveries per CPU second, parleyd's ratio to it, p99 in µs, its ratio
    to parleyd's); None without runs."""
    speed = median(runs, peer, load, "deliveries_per_cpu_s")
    late = median(runs, peer, load, "p99_us")
    our_speed = median(runs, OURS, load, "deliveries_per_cpu_s")
    our_late = median(runs, OURS, load, "p99_us")
    return (speed, our_speed / speed if speed and our_speed else None,
            late, late / our_late if late and our_late else None)


def cell(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def table(runs, versions, loads):
    lines = [("members", "in flight", "server", "thousands/CPU-s",
              "parleyd is × as fast", "p99 ms", "× parleyd's p99")]
    for load in loads:
        for peer in versions:
            speed, faster, late, later = figures(runs, peer, load)
            lines.append((
                str(load[0]), str(load[1]), f"{peer} {versions[peer]}".strip(),
                cell(speed and speed / 1e3, 1), cell(faster, 2),
                cell(late and late / 1e3, 2), cell(later, 2)))
    return lines


def save(arguments, runs, versions, loads):
    out = arguments.out
    (out / "compare.json").write_text(json.dumps(
        {"versions": versions, "runs": runs}, indent=1) + "\n")
    if not runs:
        return
    script.write_csv(out / "compare.csv", runs)
    for members, window in loads:
        values = [(peer, (median(runs, peer, (members, window),
                                 "deliveries_per_cpu_s") or 0) / 1e3)
                  for peer in versions]
        (out / f"compare-{members}-{window}.svg").write_text(chart.bars(
            f"Thousands of deliveries per CPU second: {members} members, "
            f"{window} in flight", values))


def read_arguments():
    parser = script.parser_of(__doc__)
    parser.add_argument("--members", type=int, help="of the room")
    parser.add_argument("--window", type=int, default=64,
                        help="messages in flight, with --members")
    script.add_rounds(parser, "of the server's CPU time in a run",
                      quick_share=1 / 4)
    parser.add_argument("--peer", action="append", metavar="NAME",
                        choices=[peer.name for peer in PEERS],
                        help="only this one beside parleyd; may be given "
                             "again")
    return script.read(parser)


def main():
    arguments = read_arguments()
    loads = (((arguments.members, arguments.window),) if arguments.members
             else LOADS)
    asked = [peer for peer in PEERS if peer.name == OURS
             or not arguments.peer or peer.name in arguments.peer]
    versions = {peer.name: peer.version() for peer in asked}
    absent = [name for name, version in versions.items() if version is None]
    versions = {name: version for name, version in versions.items()
                if version is not None}
    if OURS in absent or not GENERATOR.exists():
        print("missing: build/parleyd, build/parley-bench (make)",
              file=sys.stderr)
        return 2
    if absent:
        print(f"not installed, left out: {', '.join(absent)} "
              "(tools/setup compare)")
    arguments.out.mkdir(parents=True, exist_ok=True)
    calm = os.getloadavg()[0]
    runs, failures = run_all([peer for peer in asked if peer.name in versions],
                             loads, arguments)
    lines = table(runs, versions, loads)
    print(plain(lines), end="")
    save(arguments, runs, versions, loads)
    script.write_page(arguments.markdown, "bench-compare", arguments.rounds,
                      calm, lines)
    for _, failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    return 1 if any(name == OURS for name, _ in failures) else 0


if __name__ == "__main__":
    sys.exit(main())
