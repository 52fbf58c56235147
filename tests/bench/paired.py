#!/usr/bin/env python3
"""Compares parleyd with that of another build, in turns of 20 ms.

Both servers run at the same time on one core, and both generators on another;
one of the two stands still at any moment. So what the machine does meanwhile, for
seconds or for minutes, affects both, and a ratio varies less than that of
two runs one after the other. A server with a store is not pinned.

The table shows medians over the rounds; a round has fresh servers. paired.json
goes to bench/results.

Exit status: 0; 1 if a server gave a wrong answer or failed; 2 if something is
missing.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import script
from goals import CASES
from servers import Failed, Server, free_port, pick_cores
from tables import plain
from turns import Load, take_turns
from verdict import number

# Cases that run for a CPU time, and have no figure but a speed.
SPEEDS = ("one-", "flight-", "size-", "rooms", "speakers", "echo-", "churn",
          "acks-")
PAIRED = {case.name: case for case in CASES
          if case.name.startswith(SPEEDS) and case.name != "acks-paced"}
FIGURES = {"deliveries_per_cpu_s": "deliveries/CPU-s",
           "deliveries_per_wall_s": "deliveries/s",
           "connections_per_cpu_s": "connections/CPU-s"}


def start(stack, build, arguments, case, cores):
    """The generator of a fresh server; both end with the stack."""
    directory = stack.enter_context(
        tempfile.TemporaryDirectory(dir=arguments.out))
    port = free_port()
    parleyd = build / "parleyd"
    command = [str(parleyd), "--listen", f"127.0.0.1:{port}",
               *script.no_limits(parleyd),
               *(flag.format(dir=directory) for flag in case.flags),
               *arguments.parleyd_flags]
    server = stack.enter_context(
        Server(command, None if case.flags else cores[0],
               arguments.out / f"paired-{case.name}.log", port))
    return stack.enter_context(contextlib.closing(
        Load(arguments.build / "parley-bench", cores[1], server,
             arguments.seconds * case.stretch, case.name)))


def run_pair(arguments, case, builds):
    """The figures of each, in the order of the builds."""
    cores = pick_cores()
    with contextlib.ExitStack() as stack:
        loads = [start(stack, build, arguments, case, cores)
                 for build in builds]
        take_turns(loads)
        return [load.figures() for load in loads]


def run_all(arguments):
    """By case, a list of (before, after)."""
    builds = [arguments.against, arguments.build]
    pairs = {}
    for turn in range(arguments.rounds):
        for name in arguments.case or PAIRED:
            figures = run_pair(arguments, PAIRED[name], builds)
            pairs.setdefault(name, []).append(
                figures if turn % 2 == 0 else figures[::-1])
        builds.reverse()
    return pairs


def table(pairs):
    lines = [("case", "figure", "before", "after", "ratio", "least", "most")]
    for case, runs in pairs.items():
        for figure, title in FIGURES.items():
            if figure not in runs[0][0]:
                continue
            ratios = [after[figure] / before[figure] for before, after in runs]
            lines.append((case, title,
                          *(number(median(run[at][figure] for run in runs))
                            for at in (0, 1)),
                          *(f"{value:.3f}" for value in
                            (median(ratios), min(ratios), max(ratios)))))
    return lines


def read_arguments():
    parser = script.parser_of(__doc__)
    parser.add_argument("--against", type=Path, required=True,
                        metavar="BUILD", help="where the other parleyd is")
    parser.add_argument("--case", action="append", choices=PAIRED,
                        metavar="NAME",
                        help="only this one; may be given again")
    script.add_rounds(parser, "of CPU time of each server", quick_share=1 / 2)
    script.add_programs(parser)
    return script.read(parser)


def main():
    arguments = read_arguments()
    needed = [arguments.against / "parleyd", arguments.build / "parleyd",
              arguments.build / "parley-bench"]
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        print(f"missing: {', '.join(missing)} (make)", file=sys.stderr)
        return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        pairs = run_all(arguments)
    except (Failed, OSError, subprocess.SubprocessError) as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1
    print(plain(table(pairs)), end="")
    with open(arguments.out / "paired.json", "w") as file:
        json.dump(pairs, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
