#!/usr/bin/env python3
"""Measures parleyd next to others and prints one table.

The others are the limit program, the disk itself, and redis-server if it is
installed: what each is for is told in docs/benchmark.md.

Every run has a fresh server on loopback, pinned to one core; the generator
has another. The programs take turns within a round, so that what the machine
does meanwhile meets all of them; a ratio is taken within its round, and the
table shows medians over the rounds.

Exit status: 0; 1 if a server gave a wrong answer or failed; 2 if something is
missing; 3 with --strict if a goal was not reached.
"""

import argparse
import csv
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from goals import CASES, GOALS
from kept import KEPT_CASES
from others import OTHERS, NotInstalled

ROOT = Path(__file__).resolve().parents[2]

# The limits that protect a server from what a benchmark does.
PARLEYD_FLAGS = [
    "--limits-messages", "0", "--limits-bytes", "0",
    "--limits-connections", "20000", "--limits-accept-rate", "0",
]


class Failed(Exception):
    """A run that does not count, and why."""


class Programs:
    def __init__(self, build, parleyd_flags):
        self.build = build
        self.parleyd_flags = parleyd_flags
        self.generator = build / "parley-bench"

    def server(self, case, target, port, directory):
        if target == "parley":
            more = [flag.format(dir=directory) for flag in case.flags]
            return [str(self.build / "parleyd"), "--listen",
                    f"127.0.0.1:{port}", *more, *self.parleyd_flags]
        each = ["--each"] if target == "bare" else []
        return [str(self.build / "limit_server"), *each, str(port)]

    def missing(self, cases):
        needed = {self.generator}
        needed.update(Path(self.server(case, target, 0, "")[0])
                      for case in cases for target in case.targets
                      if target not in OTHERS)
        return sorted(str(path) for path in needed if not path.exists())


def pick_cores():
    """One core for the server, one for the generator; None: do not pin."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[-1]) if len(cores) > 1 else (None, None)


def pinned(core):
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server for the length of one run."""

    def __init__(self, command, core, log, port):
        self.log = log
        self.port = port
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                preexec_fn=pinned(core))

    def __enter__(self):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        raise Failed(f"the server does not listen, see {self.log}")

    def __exit__(self, kind, error, trace):
        """A second signal ends a drain; the limit program needs but one."""
        for _ in range(2):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                time.sleep(0.05)
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"the server does not stop, see {self.log}") from None
        if status not in (0, -signal.SIGTERM):
            raise Failed(f"the server ended with {status}, see {self.log}")


def run_once(programs, cores, case, target, seconds, out):
    with tempfile.TemporaryDirectory(dir=out) as directory:
        if target in OTHERS:
            figures = OTHERS[target](case, seconds * case.stretch, directory)
        else:
            figures = run_server(programs, cores, case, target, seconds, out,
                                 directory)
    return {**figures, "case": case.name, "target": target}


def run_server(programs, cores, case, target, seconds, out, directory):
    log = out / f"{case.name}-{target}.log"

    def start():
        port = free_port()
        command = programs.server(case, target, port, directory)
        # A store has a thread for the disk: they would take turns on a core.
        return Server(command, None if case.flags else cores[0], log, port)

    if case.name in KEPT_CASES:
        return KEPT_CASES[case.name](start, seconds)
    with start() as server:
        command = [
            str(programs.generator), "--json", "--pid",
            str(server.process.pid), "--seconds", str(seconds * case.stretch),
            "--target", "parley" if target == "parley" else "bare",
            case.name, f"127.0.0.1:{server.port}",
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True,
                timeout=120 + 10 * seconds, preexec_fn=pinned(cores[1]))
        except subprocess.TimeoutExpired:
            raise Failed("the generator does not come to an end") from None
        if done.returncode != 0:
            raise Failed(done.stderr.strip() or f"exit {done.returncode}")
    return json.loads(done.stdout)


def run_all(programs, cases, rounds, seconds, out):
    """All runs that count, and the failures as text."""
    cores = pick_cores()
    runs, failures = [], []
    for number in range(rounds):
        for case in cases:
            for target in case.targets:
                progress(f"round {number + 1}/{rounds}: {case.name} {target}")
                try:
                    figures = run_once(programs, cores, case, target, seconds,
                                       out)
                    runs.append({"round": number, **figures})
                except NotInstalled:
                    continue
                except Failed as failure:
                    failures.append(f"{case.name}, {target}: {failure}")
    progress("")
    return runs, failures


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def judge(goal, runs):
    """One row of the table; None: the case was not run."""
    values = {}
    for run in runs:
        if run["case"] == goal.case and goal.figure in run:
            values.setdefault(run["target"], {})[run["round"]] = \
                run[goal.figure]
    ours = values.get("parley", {})
    if not ours:
        return None
    theirs = values.get(goal.against, {})
    ours = {n: value - goal.allowance for n, value in ours.items()}
    if goal.kind == "value":
        results = list(ours.values())
    elif goal.kind == "ratio":
        results = [ours[n] / theirs[n] for n in ours if theirs.get(n)]
    else:
        results = [ours[n] - theirs[n] for n in ours if n in theirs]
    row = {"case": goal.case, "figure": goal.figure, "unit": goal.unit,
           "kind": goal.kind, "against": goal.against or "",
           "goal": (">= " if goal.least else "<= ") + f"{goal.bound:g}"}
    for target in ("parley", "bare", "limit", "disk", "redis"):
        seen = values.get(target, {}).values()
        row[target] = statistics.median(seen) * goal.scale if seen else None
    row["result"] = statistics.median(results) if results else None
    if results:
        row["spread"] = max(results) - min(results)
        row["reached"] = (row["result"] >= goal.bound if goal.least
                          else row["result"] <= goal.bound)
    return row


def number(value):
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f}"


def describe(row):
    against = f" {row['kind']} to {row['against']}" if row["against"] else ""
    return (row["case"], row["figure"].replace("_per_cpu_s", "/cpu-s"),
            row["unit"], number(row["parley"]), number(row["bare"]),
            number(row["limit"]), number(row["disk"]),
            number(row["redis"]), number(row["result"]) + against,
            row["goal"],
            {True: "yes", False: "NO"}.get(row.get("reached"), "-"))


def print_table(rows):
    head = ("case", "figure", "unit", "parley", "bare", "limit", "disk",
            "redis", "result", "goal", "reached")
    lines = [head] + [describe(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(
            cell.rjust(width) if 3 <= i <= 7 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def print_fates(runs):
    for run in runs:
        if run["case"] == "stalled":
            print(f"stalled, round {run['round'] + 1}: of those who stopped "
                  f"reading {run['heard_all']:.0f} heard all, "
                  f"{run['sent_off']:.0f} were closed with 4102, "
                  f"{run['cut_off']:.0f} were cut off; nobody has a hole")


def warn_of_unequal_frames(runs):
    """A ratio is only fair if a delivery has as many bytes everywhere."""
    sizes = {}
    for run in runs:
        if "bytes_per_delivery" in run:
            sizes.setdefault(run["case"], {})[run["target"]] = \
                run["bytes_per_delivery"]
    for case, by_target in sizes.items():
        if max(by_target.values()) > 1.03 * min(by_target.values()):
            print(f"note: {case} delivers frames of different size: "
                  f"{by_target}")


def save(out, runs, rows, failures):
    machine = {"kernel": platform.release(), "cores": os.cpu_count(),
               "machine": platform.machine()}
    with open(out / "results.json", "w") as file:
        json.dump({"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                   "machine": machine, "rows": rows, "failures": failures,
                   "runs": runs}, file, indent=1)
    names = list(dict.fromkeys(name for run in runs for name in run))
    with open(out / "results.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(runs)


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", metavar="NAME",
                        choices=[case.name for case in CASES],
                        help="only this one; may be given again")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1,
                        help="of measuring in a run; some cases take more")
    parser.add_argument("--quick", action="store_true",
                        help="one round of half the length")
    parser.add_argument("--strict", action="store_true",
                        help="exit 3 if a goal is not reached")
    parser.add_argument("--build", type=Path, default=ROOT / "build",
                        help="where the programs are")
    parser.add_argument("--out", type=Path, default=ROOT / "build/bench",
                        help="where results.json and results.csv go")
    parser.add_argument("parleyd_flags", nargs="*", metavar="-- FLAGS",
                        help="more flags for parleyd")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds = 1
        arguments.seconds /= 2
    if arguments.rounds < 1 or arguments.seconds <= 0:
        parser.error("--rounds and --seconds must be above 0")
    return arguments


def main():
    arguments = read_arguments()
    cases = [case for case in CASES
             if not arguments.case or case.name in arguments.case]
    programs = Programs(arguments.build,
                        PARLEYD_FLAGS + arguments.parleyd_flags)
    missing = programs.missing(cases)
    if missing:
        print(f"missing: {', '.join(missing)} (make)", file=sys.stderr)
        return 2
    if pick_cores()[0] is None:
        print("note: with one core the generator disturbs the server")
    arguments.out.mkdir(parents=True, exist_ok=True)
    runs, failures = run_all(programs, cases, arguments.rounds,
                             arguments.seconds, arguments.out)
    rows = [row for row in (judge(goal, runs) for goal in GOALS) if row]
    print_table(rows)
    print_fates(runs)
    warn_of_unequal_frames(runs)
    save(arguments.out, runs, rows, failures)
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    if failures:
        return 1
    missed = [row for row in rows if not row.get("reached")]
    return 3 if missed and arguments.strict else 0


if __name__ == "__main__":
    sys.exit(main())
