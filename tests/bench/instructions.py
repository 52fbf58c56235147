#!/usr/bin/env python3
"""How many instructions of parleyd a message costs, by function; in the case
churn, a connection.

Each case runs twice under callgrind, with few and with more messages; the
difference, by the number of messages between the two, is what one costs, all
deliveries included. The kernel's part is not counted. Unlike times, the result
does not depend on what else the machine does: runs differ by about 1 %.

With --against, another parleyd is measured, too, and functions are sorted by
what changed. instructions.json and callgrind's files go to bench/results.

Exit status: 0; 1 if a run failed; 2 if something is missing.
"""

import collections
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import script
from servers import Failed, Server, free_port
from tables import plain

# Messages of the shorter run, and of the longer one; of churn connections.
CASES = {"echo-1": (500, 2500), "echo-100": (1000, 5000),
         "one-100": (200, 1000), "flight-100": (1000, 5000),
         "rooms": (2000, 6000), "acks-1": (300, 1500),
         "acks-flight": (2000, 10000), "churn": (200, 1200)}
UNITS = {"churn": "a connection"}
KEPT = "acks-"  # their messages are stored

# "   1,234  ./domain/base/id_map.c:id_map_find [/usr/bin/parleyd]"
LINE = re.compile(r"\s*([\d,]+)\s+[^:]*:([\w.@]+)")


def total_of(path):
    for line in path.read_text().splitlines():
        if line.startswith(("summary:", "totals:")):
            return int(line.split()[1])
    raise Failed(f"{path} has no total")


def functions_of(path):
    """The instructions of each function, without those that it calls."""
    done = subprocess.run(
        ["callgrind_annotate", "--auto=no", "--threshold=100",
         "--show-percs=no", str(path)],
        capture_output=True, text=True, check=True)
    counts = collections.Counter()
    for line in done.stdout.splitlines():
        found = LINE.match(line)
        if found:
            counts[found[2].split(".")[0]] += int(found[1].replace(",", ""))
    return counts


def run(arguments, parleyd, case, messages, out):
    port = free_port()
    directory = out.with_suffix(".store")
    kept = (["--store-kind", "file", "--store-dir", str(directory)]
            if case.startswith(KEPT) else [])
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
               str(parleyd), "--listen", f"127.0.0.1:{port}",
               *script.no_limits(parleyd), *kept, *arguments.parleyd_flags]
    with Server(command, None, out.with_suffix(".log"), port,
                patience_s=60) as server:
        script.generate(arguments.build / "parley-bench", None, "--pid",
                        server.process.pid, "--messages", messages, case,
                        f"127.0.0.1:{port}", timeout=300)
    shutil.rmtree(directory, ignore_errors=True)
    return total_of(out), functions_of(out)


def measure(arguments, parleyd, name, case):
    few, many = CASES[case]
    runs = [run(arguments, parleyd, case, messages,
                arguments.out / f"callgrind-{name}-{case}-{messages}.out")
            for messages in (few, many)]
    (before, before_by), (after, after_by) = runs
    return {"case": case, "parleyd": str(parleyd),
            "instructions": (after - before) / (many - few),
            "functions": {function: (after_by[function] - before_by[function])
                          / (many - few) for function in after_by}}


def difference(mine, other):
    """Functions, those that changed most first."""
    names = {**mine["functions"], **other["functions"]}
    rows = [(name, mine["functions"].get(name, 0),
             other["functions"].get(name, 0)) for name in names]
    return sorted(rows, key=lambda row: -abs(row[1] - row[2]))


def most(mine):
    return sorted(mine["functions"].items(), key=lambda row: -row[1])


def show(mine, other, count):
    unit = UNITS.get(mine["case"], "a message")
    if other is None:
        print(f"{mine['case']}: {mine['instructions']:,.0f} {unit}")
        lines = [(name, f"{own:,.0f}") for name, own in most(mine)[:count]]
        head = ("function", "itself")
    else:
        print(f"{mine['case']}: {mine['instructions']:,.0f} {unit}, "
              f"{mine['instructions'] / other['instructions']:.2f} of "
              f"{other['instructions']:,.0f}")
        lines = [(name, f"{own:,.0f}", f"{before:,.0f}")
                 for name, own, before in difference(mine, other)[:count]]
        head = ("function", "itself", "before")
    if count > 0:
        print(plain([head, *lines]))


def read_arguments():
    parser = script.parser_of(__doc__)
    parser.add_argument("--case", action="append", choices=CASES,
                        metavar="NAME",
                        help="only this one; may be given again")
    parser.add_argument("--against", type=Path, metavar="PARLEYD",
                        help="compare with this program")
    parser.add_argument("--functions", type=int, default=20, metavar="N",
                        help="how many to show (default 20)")
    script.add_programs(parser)
    return parser.parse_args()


def main():
    arguments = read_arguments()
    missing = [name for name in ("valgrind", "callgrind_annotate")
               if shutil.which(name) is None]
    if missing:
        print(f"missing: {', '.join(missing)} (tools/setup test)",
              file=sys.stderr)
        return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = []
    try:
        for case in arguments.case or CASES:
            mine = measure(arguments, arguments.build / "parleyd", "new", case)
            other = (measure(arguments, arguments.against, "old", case)
                     if arguments.against else None)
            results += [mine, other] if other else [mine]
            show(mine, other, arguments.functions)
    except (Failed, OSError, subprocess.SubprocessError) as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1
    finally:
        (arguments.out / "instructions.json").write_text(
            json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
