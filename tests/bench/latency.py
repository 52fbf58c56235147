#!/usr/bin/env python3
"""The latency of messages in a small room, in each dialect.

Four clients, 30 messages a second each, every message received by the three
others: from the moment a message is due to its reception (one way), and to
its author's answer (round trip). Nothing may be dropped, doubled or out of
order. latency.json, latency.csv and latency.svg go to bench/results.

Exit status: 0; 1 if something was lost or a server failed; 2 if something is
missing.
"""

import json
import os
import subprocess
import sys

import chart
import script
from servers import Failed, Server, free_port, pick_cores, pinned
from tables import plain

DIALECTS = ("action", "command", "topic")
DISTRIBUTIONS = ("one_way", "round_trip")

# `topic` limits each sender, so there are more of them.
TOPIC_MESSAGES = 60
TOPIC_CLIENTS = 20


def load(dialect, clients, rate, duration):
    """Clients, messages a second of each, and for how many seconds."""
    if dialect != "topic" or rate * duration <= TOPIC_MESSAGES:
        return clients, rate, duration
    return max(clients, TOPIC_CLIENTS), 1, min(duration, TOPIC_MESSAGES)


def run(arguments, dialect):
    server_core, generator_core = pick_cores()
    clients, rate, duration = load(dialect, arguments.clients, arguments.rate,
                                   arguments.duration)
    port = free_port()
    command = [str(arguments.build / "parleyd"), "--listen",
               f"127.0.0.1:{port}", "--limits-messages", "0",
               *arguments.parleyd_flags]
    with Server(command, server_core, arguments.out / f"latency-{dialect}.log",
                port):
        done = subprocess.run(
            [str(arguments.build / "parley-bench"), "--json", "--dialect",
             dialect, "--clients", str(clients), "--rate", str(rate),
             "--duration", str(duration), "latency", f"127.0.0.1:{port}"],
            stdout=subprocess.PIPE, text=True, timeout=duration + 60,
            preexec_fn=pinned(generator_core))
    if not done.stdout:
        raise Failed(f"{dialect}: exit {done.returncode}")
    return {"dialect": dialect, "wrong": done.returncode != 0,
            **json.loads(done.stdout)}


def table(runs):
    lines = [("dialect", "clients", "received/s", "dropped", "doubled",
              "out of order", "way", "p50 us", "p90 us", "p99 us",
              "p99.9 us", "max us")]
    for run in runs:
        for way in DISTRIBUTIONS:
            lines.append((
                run["dialect"], f"{run['clients']:.0f}",
                f"{run['received_per_s']:.0f}", f"{run['dropped']:.0f}",
                f"{run['duplicates']:.0f}", f"{run['reorderings']:.0f}",
                way.replace("_", " "),
                *(f"{run[f'{way}_{part}_us']:.0f}"
                  for part in ("p50", "p90", "p99", "p999", "max"))))
    return lines


def save(out, runs):
    (out / "latency.json").write_text(json.dumps({"runs": runs}) + "\n")
    script.write_csv(out / "latency.csv", runs, but=DISTRIBUTIONS)
    (out / "latency.svg").write_text(chart.curves(
        "Latency: what share is not above", "microseconds",
        [(f"{run['dialect']}, {way.replace('_', ' ')}", run[way])
         for run in runs for way in DISTRIBUTIONS]))


def read_arguments():
    parser = script.parser_of(__doc__)
    parser.add_argument("--dialect", action="append", choices=DIALECTS,
                        help="only this one; may be given again")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rate", type=int, default=30,
                        help="messages a second that each client sends")
    parser.add_argument("--duration", type=float, default=60,
                        help="seconds for each dialect")
    script.add_programs(parser)
    return parser.parse_args()


def main():
    arguments = read_arguments()
    for name in ("parleyd", "parley-bench"):
        if not (arguments.build / name).exists():
            print(f"missing: {arguments.build / name} (make)", file=sys.stderr)
            return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    calm = os.getloadavg()[0]
    try:
        runs = [run(arguments, dialect)
                for dialect in arguments.dialect or DIALECTS]
    except (Failed, OSError, subprocess.SubprocessError) as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1
    print(plain(table(runs)), end="")
    save(arguments.out, runs)
    script.write_page(arguments.markdown, "bench-latency", 1, calm,
                      table(runs))
    print(f"{arguments.out}/latency.json, .csv and .svg")
    return 1 if any(run["wrong"] for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
