"""Attacks a server beside clients that behave, and measures what those notice.

    run.py [--server [NAME=]PATH]... [--only NAME]... [--seconds N] [--markdown]

Several servers are attacked in turn, for a comparison. Exit status 1: the last
server failed one: a client that behaves was closed, or did not get a message or an
answer. Only times far beyond the goals fail: the machine may have other work. "own"
is without the time that the server's thread and the witness waited for a core.
"""

import argparse
import os
import resource
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import attacks  # noqa: E402
from testbed import Testbed  # noqa: E402


def number(value):
    return "-" if value is None else f"{value:.1f}"


class Row(NamedTuple):
    """The result of one attack on one server."""

    costs: str
    ping: str
    closed: str
    growth: str
    result: str
    good: bool

    def verdict(self):
        return "ok" if self.good else "FAILED"


COLUMNS = ("attack", "server", "costs", "ping p50 / p99 / max, own p99 ms",
           "closed", "RSS +MiB", "result", "")


def judge(bed, result, good):
    found = bed.found
    ping = found["ping"]
    closed = ping["closed"] + found.get("readers", {}).get("closed", 0)
    codes = found.get("readers", {}).get("codes") or ""
    return Row(f"{size(bed.sent)}, {bed.connections} connections, "
               f"{found['cpu']:.1f} s CPU",
               " / ".join(number(ping["ping"][each])
                          for each in ("p50", "p99", "max"))
               + f", {number(ping['own']['p99'])}",
               f"{closed} {codes}".strip(), f"{found['rss'] / 2**20:.1f}",
               result, good and closed == 0)


def size(count):
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def run(attack, program, seconds):
    try:
        with Testbed(program, seconds) as bed:
            result = attack(bed)
            if "rss" not in bed.found:
                bed.finish()
            if callable(result):
                result = result(bed.found)
            return judge(bed, *result)
    except Exception as error:  # one row, not the table
        return Row("-", "-", "-", "-", f"{type(error).__name__}: {error}", False)


def show(cells):
    print("  ".join(cells), flush=True)


def show_markdown(cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def markdown_cell(row):
    felt, _, own = row.ping.partition(", ")
    p99 = felt.split(" / ")[1] if " / " in felt else "-"
    return "; ".join(each for each in (
        f"ping {p99} ms (own {own})", f"{row.closed} closed",
        f"+{row.growth} MiB", row.result) if each)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--server", action="append", metavar="[NAME=]PATH")
    parser.add_argument("--only", action="append", metavar="NAME",
                        choices=[each.__name__ for each in attacks.ALL])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        for each in attacks.ALL:
            print(f"{each.__name__:20} {each.__doc__}")
        return 0
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.nice(5)  # the server goes first
    servers = [each.rpartition("=")[::2]
               for each in options.server or ["build/release/parleyd"]]
    if options.markdown:
        show_markdown(["attack", "costs", *(name or program
                                            for name, program in servers)])
        show_markdown(["---"] * (2 + len(servers)))
    else:
        show(COLUMNS)
    failed = 0
    for attack in attacks.ALL:
        if options.only and attack.__name__ not in options.only:
            continue
        rows = []
        for name, program in servers:
            row = run(attack, program, options.seconds)
            rows.append(row)
            if not options.markdown:
                show((attack.__name__, name, *row[:-1], row.verdict()))
        if options.markdown:
            show_markdown([attack.__doc__, rows[-1].costs,
                           *map(markdown_cell, rows)])
        failed += not rows[-1].good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
