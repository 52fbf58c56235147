"""Common parts of the benchmark programs: their arguments, how they run the generator,
and their output files."""

import argparse
import csv
import json
import subprocess
from pathlib import Path

from servers import Failed, conditions, pinned
from tables import markdown, write_part

ROOT = Path(__file__).resolve().parents[2]

# The limits that protect a server from what a benchmark does. A text of 64 KiB
# takes more as JSON.
NO_LIMITS = ("--limits-messages", "0", "--limits-bytes", "0",
             "--limits-connections", "20000", "--limits-accept-rate", "0",
             "--limits-message-bytes", "128KiB", "--limits-fanout", "0")


def no_limits(parleyd):
    """NO_LIMITS without what an older program does not know."""
    known = subprocess.run([str(parleyd), "--help"], capture_output=True,
                           text=True, check=True).stdout.split()
    return [word for flag, value in zip(NO_LIMITS[::2], NO_LIMITS[1::2])
            if flag in known for word in (flag, value)]


def parser_of(doc):
    """A parser with the options for programs and output files."""
    parser = argparse.ArgumentParser(
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results",
                        help="where the results go")
    parser.add_argument("--markdown", type=Path, metavar="PAGE",
                        help="write the table into this page, too")
    return parser


def add_programs(parser):
    parser.add_argument("--build", type=Path, default=ROOT / "build",
                        help="where the programs are")
    parser.add_argument("parleyd_flags", nargs="*", metavar="-- FLAGS",
                        help="more flags for parleyd")


def add_rounds(parser, seconds_help, quick_share):
    """How often and how long; --quick is for a share of the length."""
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1, help=seconds_help)
    parser.add_argument("--quick", action="store_const", const=quick_share,
                        help=f"one round of {quick_share} of the length")


def read(parser):
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds = 1
        arguments.seconds *= arguments.quick
    if arguments.rounds < 1 or arguments.seconds <= 0:
        parser.error("--rounds and --seconds must be above 0")
    return arguments


def generate(generator, core, *words, timeout):
    """The figures of a run."""
    try:
        done = subprocess.run(
            [str(generator), "--json", *map(str, words)], capture_output=True,
            text=True, timeout=timeout, preexec_fn=pinned(core))
    except subprocess.TimeoutExpired:
        raise Failed("the generator does not come to an end") from None
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or f"exit {done.returncode}")
    return json.loads(done.stdout)


def write_csv(path, rows, but=()):
    """Writes a column for each key of any row, in the order of their first use."""
    names = list(dict.fromkeys(name for row in rows for name in row
                               if name not in but))
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def write_page(path, name, rounds, calm, lines):
    """The part of a page of that name; nothing if no page was asked for."""
    if path:
        write_part(path, name, conditions(rounds, calm) + markdown(lines))
