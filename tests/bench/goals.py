"""The cases, what each is compared with, and the goals."""

from typing import NamedTuple, Optional


class Goal(NamedTuple):
    """One row of the table: a figure of a case, and its bound.

    `kind` is what is compared with the bound: "value", or, with the figure of
    `against` (the paired run of another program), "ratio" or "difference".
    A bound is a floor if `least`, else a ceiling.
    """

    case: str
    figure: str
    unit: str
    scale: float
    kind: str
    against: Optional[str]
    least: bool
    bound: float
    allowance: float = 0  # taken from ours before it is compared


class Case(NamedTuple):
    name: str
    targets: tuple
    stretch: float  # of the seconds asked for
    flags: tuple = ()  # more of them for parleyd; {dir} is a fresh directory


# They take minutes, so --quick omits them.
LONG = ("in-room", "compact", "compact-live", "transfers")

ALL = ("parley", "bare", "limit", "uws")
EACH = ("parley", "bare", "uws")
UNBOUNDED = ("--history-messages", "0", "--history-bytes", "0",
             "--history-total-bytes", "0")
KEPT = ("--store-kind", "file", "--store-dir", "{dir}")
# The journal goes to a new file every second or so, and is compacted.
BUSY = ("--store-segment", "2MiB", "--store-compact-after", "8MiB",
        "--history-messages", "100")
CALM = ("--store-segment", "256MiB", "--store-compact-after", "4GiB",
        "--history-messages", "100")
# A gigabyte, then a compaction; what is alive then is little, or half.
GIB = ("--store-compact-after", "1GiB", "--history-total-bytes", "0",
       "--limits-memory", "0")
LITTLE = ("--history-messages", "10")
HALF = ("--history-messages", "0", "--history-bytes", "4MiB")

# Files of one address without an account.
FILES = ("--files-quota-user", "0", "--files-quota", "0")

# For all cores.
THREADS = ("--limits-fanout", "0")
# A client of `tls` needs no port, and finds plain text, too.
SECURE = ("--listen", "unix:{dir}/plain,unix:{dir}/secure,tls")

CASES = (
    Case("one-10", ALL, 1),
    Case("one-100", ALL, 1),
    Case("one-1000", ALL, 1),
    Case("one-5000", ALL, 1.5),
    Case("flight-100", ALL, 1),
    Case("flight-1000", ALL, 1),
    Case("flight-5000", ALL, 1.5),
    Case("size-1k", EACH, 1),
    Case("size-8k", EACH, 1),
    Case("size-64k", EACH, 1),
    Case("rooms", ALL, 1),
    Case("speakers", ALL, 1),
    Case("echo-1", EACH, 1),
    Case("echo-100", EACH, 1),
    Case("echo-1000", EACH, 1),
    Case("paced", ("parley", "bare"), 5),
    Case("mixed", ("parley",), 1),
    Case("stalled", ("parley",), 3),
    Case("idle", EACH, 1),
    Case("in-room", ("parley", "uws"), 1),
    Case("churn", EACH, 1),
    Case("tokens", ("parley",), 1),
    Case("kinds", ("parley",), 1),
    Case("users", ("parley",), 1),
    Case("tls", ("parley",), 4, SECURE),
    Case("workers", ("parley",), 4, THREADS),
    Case("acks-1", ("parley", "disk", "redis"), 1, KEPT),
    Case("acks-16", ("parley", "disk", "redis"), 1, KEPT),
    Case("acks-256", ("parley", "disk", "redis"), 1, KEPT),
    Case("acks-1000", ("parley", "disk", "redis"), 1, KEPT),
    Case("acks-flight", ("parley", "disk", "redis"), 1, KEPT),
    Case("acks-paced", ("parley", "disk"), 5, KEPT),
    Case("replay", ("parley",), 1, KEPT),
    Case("pages", ("parley",), 1, KEPT + UNBOUNDED),
    Case("expiry", ("parley",), 1, KEPT),
    Case("calm", ("parley",), 4, KEPT + CALM),
    Case("stall", ("parley",), 12, KEPT + BUSY),
    Case("slow-sync", ("parley",), 4, KEPT + BUSY),
    Case("transfers", ("parley",), 3, KEPT + FILES),
    Case("compact", ("parley",), 1, KEPT + GIB + LITTLE),
    Case("compact-live", ("parley",), 1, KEPT + GIB + HALF),
)


def _speed(case, against, bound):
    return Goal(case, "deliveries_per_cpu_s", "k/s", 1e-3, "ratio", against,
                True, bound)


def _memory(case, against, bound):
    return Goal(case, "kib_per_connection", "KiB", 1,
                "ratio" if against else "value", against, False, bound)


def _acks(case, against, bound):
    return Goal(case, "deliveries_per_wall_s", "k/s", 1e-3, "ratio", against,
                True, bound)


def _stall(case):
    return Goal(case, "ours_max_ms", "ms", 1, "value", None, False, 5)


GOALS = (
    _speed("one-10", "bare", 0.95),
    _speed("one-10", "uws", 0.95),
    _speed("one-100", "bare", 0.95),
    _speed("one-100", "uws", 0.95),
    _speed("one-1000", "bare", 0.95),
    _speed("one-1000", "uws", 0.95),
    _speed("one-5000", "bare", 0.95),
    _speed("one-5000", "uws", 0.95),
    _speed("flight-100", "limit", 0.70),
    _speed("flight-100", "uws", 1.5),
    _speed("flight-1000", "limit", 0.70),
    _speed("flight-1000", "uws", 1.5),
    Goal("flight-1000", "p99_us", "ms", 1e-3, "ratio", "limit", False, 1.3),
    _speed("flight-5000", "limit", 0.70),
    _speed("flight-5000", "uws", 1.5),
    _speed("size-1k", "bare", 0.95),
    _speed("size-1k", "uws", 0.95),
    _speed("size-8k", "bare", 0.95),
    _speed("size-8k", "uws", 0.95),
    _speed("size-64k", "bare", 0.95),
    _speed("size-64k", "uws", 0.95),
    _speed("rooms", "limit", 0.95),
    _speed("rooms", "uws", 1.0),
    _speed("speakers", "limit", 1.7),
    _speed("speakers", "uws", 1.5),
    Goal("speakers", "p50_us", "ms", 1e-3, "ratio", "limit", False, 1.0),
    _speed("echo-1", "bare", 0.90),
    _speed("echo-1", "uws", 0.95),
    _speed("echo-100", "bare", 0.90),
    _speed("echo-100", "uws", 0.95),
    _speed("echo-1000", "bare", 0.90),
    _speed("echo-1000", "uws", 0.95),
    Goal("paced", "p99_us", "us", 1, "difference", "bare", False, 150),
    Goal("stalled", "kept_speed", "", 1, "value", None, True, 0.95),
    Goal("stalled", "grown_mib", "MiB", 1, "value", None, False, 8),
    _memory("idle", None, 1.5),
    _memory("idle", "uws", 1),
    Goal("mixed", "kept_speed", "", 1, "value", None, True, 0.90),
    # An allocator lays things out anew once; a leak would be far above.
    Goal("idle", "kib_per_connection_again", "KiB", 1, "value", None, False,
         0.05),
    _memory("in-room", None, 0.5),
    _memory("in-room", "uws", 1),
    Goal("in-room", "us_per_connection_s", "us", 1, "value", None, False, 0.3),
    Goal("in-room", "us_per_connection_s", "us", 1, "ratio", "uws", False, 1),
    Goal("churn", "connections_per_cpu_s", "k/s", 1e-3, "ratio", "bare", True,
         0.90),
    Goal("churn", "connections_per_cpu_s", "k/s", 1e-3, "ratio", "uws", True,
         1.0),
    Goal("tokens", "hs256_us", "us", 1, "value", None, False, 5),
    Goal("tokens", "rs256_us", "us", 1, "value", None, False, 150),
    Goal("tokens", "es256_us", "us", 1, "value", None, False, 150),
    Goal("tokens", "eddsa_us", "us", 1, "value", None, False, 150),
    Goal("kinds", "proxy_us", "us", 1, "value", None, False, 5),
    Goal("kinds", "session_us", "us", 1, "value", None, False, 5),
    Goal("kinds", "hook_us", "us", 1, "value", None, False, 150),
    Goal("users", "kib_per_connection", "KiB", 1, "value", None, False, 1.0),
    Goal("tls", "kib_per_connection", "KiB", 1, "value", None, False, 16),
    Goal("tls", "handshakes_per_cpu_s", "k/s", 1e-3, "value", None, True,
         1000),
    Goal("tls", "resumed_per_cpu_s", "k/s", 1e-3, "value", None, True, 1500),
    Goal("tls", "kept_speed", "", 1, "value", None, True, 0.3),
    Goal("workers", "room_per_wall_s_ratio", "", 1, "value", None, True, 1.5),
    Goal("workers", "room_per_cpu_s_ratio", "", 1, "value", None, True, 0.9),
    Goal("workers", "rooms_per_wall_s_ratio", "", 1, "value", None, True, 1.5),
    Goal("workers", "rooms_per_cpu_s_ratio", "", 1, "value", None, True, 0.9),
    _acks("acks-1", "redis", 1),
    _acks("acks-16", "redis", 1),
    _acks("acks-256", "redis", 1),
    _acks("acks-1000", "redis", 1),
    _acks("acks-1000", "disk", 20),
    Goal("acks-flight", "deliveries_per_wall_s", "k/s", 1e-3, "value", None,
         True, 50000),
    _acks("acks-flight", "redis", 1),
    _acks("acks-flight", "disk", 20),
    Goal("replay", "cpu_s", "s", 1, "value", None, False, 2),
    Goal("replay", "bytes_per_message", "B", 1, "value", None, False, 500),
    Goal("pages", "cost_ratio", "", 1, "value", None, False, 1.2),
    Goal("acks-paced", "p99_us", "us", 1, "ratio", "disk", False, 3, 2000),
    Goal("expiry", "held_left", "", 1, "value", None, False, 0.01),
    Goal("expiry", "resident_left", "", 1, "value", None, False, 0.5),
    Goal("expiry", "grown_again_mib", "MiB", 1, "value", None, False, 1),
    Goal("stall", "max_ms", "ms", 1, "value", None, False, 10),
    _stall("stall"),
    _stall("slow-sync"),
    Goal("transfers", "p99_line_ratio", "", 1, "value", None, False, 2),
    Goal("transfers", "p99_full_ratio", "", 1, "value", None, False, 2),
    # 64 KiB for each of 100 transfers, and 8 MiB.
    Goal("transfers", "grown_mib", "MiB", 1, "value", None, False, 14.25),
    _stall("compact"),
    Goal("compact", "grown_mib", "MiB", 1, "value", None, False, 64),
    _stall("compact-live"),
    Goal("compact-live", "grown_mib", "MiB", 1, "value", None, False, 64),
)


def without(target, cases, goals):
    """The cases without one of the other programs."""
    return ([case._replace(targets=tuple(each for each in case.targets
                                         if each != target))
             for case in cases],
            [goal for goal in goals if goal.against != target])
