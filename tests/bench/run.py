#!/usr/bin/env python3
"""Measures parleyd next to others and prints one table.

The others are the limit program, the disk itself, and uWebSockets and
redis-server if they are there: docs/benchmark.md explains their purpose.

Every run has a fresh server on loopback, pinned to one core; the generator
has another. The programs take turns within a round, so that what the machine does
meanwhile affects all of them; a ratio is taken within its round, and the
table shows medians over the rounds.

Exit status: 0; 1 if a server gave a wrong answer or failed; 2 if something is
missing; 3 with --strict if a goal was not reached.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import chart
import script
from compact import measure_garbage, measure_live
from expiry import measure_expiry
from goals import CASES, GOALS, LONG, without
from identity import measure_kinds, measure_tokens, measure_users
from kept import measure_pages, measure_replay
from others import OTHERS, NotInstalled
from peers import UWEBSOCKETS, uwebsockets_command
from secure import measure_tls
from servers import Failed, Server, Site, free_port, pick_cores
from stall import measure_calm, measure_slow_sync, measure_stall
from tables import plain
from transfers import measure_transfers
from verdict import goals_table, judge, page_table
from workers import measure_workers

# Cases that need more than the generator.
SCRIPTS = {"replay": measure_replay, "pages": measure_pages, "tokens": measure_tokens,
           "users": measure_users, "kinds": measure_kinds,
           "tls": measure_tls, "workers": measure_workers,
           "expiry": measure_expiry, "calm": measure_calm, "stall": measure_stall, "slow-sync": measure_slow_sync,
           "transfers": measure_transfers, "compact": measure_garbage, "compact-live": measure_live}


class Programs:
    def __init__(self, build, parleyd_flags):
        self.build = build
        self.parleyd_flags = parleyd_flags
        self.generator = build / "parley-bench"
        self.faulty_disk = build / "release/faulty_disk.so"

    def server(self, case, target, port, directory):
        if target == "parley":
            more = [flag.format(dir=directory) for flag in case.flags]
            return [str(self.build / "parleyd"), "--listen",
                    f"127.0.0.1:{port}", *more, *self.parleyd_flags]
        if target == "uws":
            return uwebsockets_command(port, directory)
        each = ["--each"] if target == "bare" else []
        return [str(self.build / "limit_server"), *each, str(port)]

    def missing(self, cases):
        needed = {self.generator}
        needed.update(self.faulty_disk for case in cases
                      if case.name == "slow-sync")
        needed.update(Path(self.server(case, target, 0, "")[0])
                      for case in cases for target in case.targets
                      if target not in OTHERS)
        return sorted(str(path) for path in needed if not path.exists())


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
    log.unlink(missing_ok=True)

    def start(environment=None, paths=()):
        port = free_port()
        command = programs.server(case, target, port, directory)
        # A store has a thread for the disk: they would take turns on a core.
        return Server(command, None if case.flags else cores[0], log, port,
                      {**os.environ, **(environment or {})}, paths=paths)

    if case.name in SCRIPTS:
        return SCRIPTS[case.name](
            Site(start, seconds * case.stretch, programs.generator,
                 programs.faulty_disk, directory, cores[1]))
    with start() as server:
        return script.generate(
            programs.generator, cores[1], "--pid", server.process.pid,
            "--seconds", seconds * case.stretch,
            "--target", "parley" if target == "parley" else "bare",
            case.name, f"127.0.0.1:{server.port}", timeout=120 + 10 * seconds)


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
                except (Failed, OSError,
                        subprocess.SubprocessError) as failure:
                    failures.append(f"{case.name}, {target}: {failure}")
    progress("")
    return runs, failures


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def longest(run, prefix=""):
    return (f"the longest answer took {run[prefix + 'max_ms']:.1f} ms, of "
            f"which {run[prefix + 'queued_ms']:.1f} for want of a core; at "
            f"most {run[prefix + 'ours_max_ms']:.1f} were the server's own")


def print_stalls(runs):
    for run in runs:
        where = f"{run['case']}, round {run['round'] + 1}"
        if "ours_max_ms" in run:
            print(f"{where}: {longest(run)}")
        if "journal_mib" in run:
            print(f"{where}: before that {longest(run, 'before_')}")
            print(f"{where}: {run['journal_mib']:.0f} MiB in "
                  f"{run['seconds']:.1f} s, {run['compactor_cpu_s']:.1f} s of "
                  f"CPU time; {run['resident_mib']:.0f} MiB resident, "
                  f"{run['grown_mib']:.1f} more at most; the slowest ack took "
                  f"{run['ack_max_ms']:.0f} ms, {run['before_ack_max_ms']:.0f} "
                  f"before (p99 {run['ack_p99_ms']:.0f}, "
                  f"{run['before_ack_p99_ms']:.0f})")


def print_fates(runs):
    for run in runs:
        if run["case"] == "stalled":
            print(f"stalled, round {run['round'] + 1}: of those who stopped "
                  f"reading {run['complete']:.0f} complete, "
                  f"{run['closed_4102']:.0f} were closed with 4102, "
                  f"{run['closed_abruptly']:.0f} closed without a close frame; no reader has a gap")


def print_transfers(runs):
    for run in runs:
        if run["case"] == "transfers":
            print(f"transfers, round {run['round'] + 1}: messages took "
                  f"{run['p99_alone_us'] / 1e3:.2f} ms (p99) alone, "
                  f"{run['p99_line_us'] / 1e3:.2f} beside {run['line_mib']:.0f} MiB, "
                  f"{run['p99_full_us'] / 1e3:.2f} beside {run['full_mib']:.0f} MiB"
                  + ("" if run["goes_first"] else
                     "; without CAP_SYS_NICE they wait for other processes, too"))


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
    ratios = [(f"{row['case']} / {row['against']}", row["result"])
              for row in rows
              if row["kind"] == "ratio" and row["result"] is not None]
    if ratios:
        (out / "ratios.svg").write_text(chart.bars(
            "parleyd, beside others in the same round", ratios, 1))
    script.write_csv(out / "results.csv", runs)


def read_arguments():
    parser = script.parser_of(__doc__)
    parser.add_argument("--case", action="append", metavar="NAME",
                        choices=[case.name for case in CASES],
                        help="only this one; may be given again")
    script.add_rounds(parser, "of measuring in a run; some cases take more",
                      quick_share=1 / 2)
    parser.add_argument("--strict", action="store_true",
                        help="exit 3 if a goal is not reached")
    script.add_programs(parser)
    return script.read(parser)


def main():
    arguments = read_arguments()
    cases = [case for case in CASES
             if (case.name in arguments.case if arguments.case else
                 not arguments.quick or case.name not in LONG)]
    goals = GOALS
    if not UWEBSOCKETS.exists():
        print("not built, left out: uWebSockets (tools/setup compare)")
        cases, goals = without("uws", cases, goals)
    programs = Programs(arguments.build, arguments.parleyd_flags)
    missing = programs.missing(cases)
    if missing:
        print(f"missing: {', '.join(missing)} (make)", file=sys.stderr)
        return 2
    programs.parleyd_flags[:0] = script.no_limits(arguments.build / "parleyd")
    if pick_cores()[0] is None:
        print("note: with one core the generator disturbs the server")
    arguments.out.mkdir(parents=True, exist_ok=True)
    calm = os.getloadavg()[0]
    runs, failures = run_all(programs, cases, arguments.rounds,
                             arguments.seconds, arguments.out)
    rows = [row for row in (judge(goal, runs) for goal in goals) if row]
    print(plain(goals_table(rows)), end="")
    print_fates(runs)
    print_stalls(runs)
    print_transfers(runs)
    warn_of_unequal_frames(runs)
    save(arguments.out, runs, rows, failures)
    script.write_page(arguments.markdown, "bench", arguments.rounds, calm,
                      page_table(rows))
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    if failures:
        return 1
    missed = [row for row in rows if not row.get("reached")]
    return 3 if missed and arguments.strict else 0


if __name__ == "__main__":
    sys.exit(main())
