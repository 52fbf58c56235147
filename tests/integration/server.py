"""The programs under test: started on free ports, watched, stopped."""

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

# Generous, so that only a hang exceeds it; sanitizers on a busy machine are slow.
DEADLINE = 60.0

ROOT = Path(__file__).resolve().parents[2]
PARLEYD = os.environ.get("PARLEYD", str(ROOT / "build/parleyd"))
ECHO_SERVER = os.environ.get("ECHO_SERVER", str(ROOT / "build/echo_server"))

# Tests do not wait for load balancers, …
NO_DRAIN = ("--drain-delay", "0s", "--drain-window", "0s")
# … are slow where the machine is busy, and answer no pings, …
PATIENT = ("--limits-handshake-timeout", "5m", "--limits-write-stall", "5m",
           "--limits-pong-timeout", "5m")
# … and send faster than people.
AT_ONCE = (*NO_DRAIN, *PATIENT, "--limits-messages", "0", "--limits-bytes", "0")

# A report of a sanitizer, or of a failed assertion.
REPORT = re.compile(r"Sanitizer|runtime error:|Assertion .* failed")

# Options in the environment of the tests must not reach the server, but for the
# number of workers, which no test depends on.
ENVIRONMENT = {
    **{n: v for n, v in os.environ.items()
       if not n.startswith("PARLEY_") or n == "PARLEY_WORKERS"},
    # The tests read lines of text, though they are no terminal.
    "PARLEY_LOG_FORMAT": "text",
    # A small quarantine, so that memory can be measured.
    "ASAN_OPTIONS": "halt_on_error=1:exitcode=99:quarantine_size_mb=8",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "LSAN_OPTIONS": "exitcode=99",
}


class Server:
    """One process that listens; use as a context manager."""

    def __init__(
        self,
        program,
        *options,
        listen=("127.0.0.1:0",),
        files=None,
        environment=None,
        sockets=(),
    ):
        """`program`: a path, or words that end with it. `files`: how many
        descriptors it may open. `environment`: more variables; None removes one.
        `sockets`: (name, socket), passed as systemd does."""
        names = ":".join(name for name, _ in sockets) or None
        self.lines = []
        self._news = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(
            [*_passing(sockets),
             *([program] if isinstance(program, (str, Path)) else program),
             "--listen", ",".join(listen), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={name: value
                 for name, value in {**ENVIRONMENT, **(environment or {}),
                                     "LISTEN_FDNAMES": names}.items()
                 if value is not None},
            pass_fds=[socket.fileno() for _, socket in sockets],
            preexec_fn=(lambda: _limit_files(files)) if files else None,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.addresses = [self._listening(n) for n in range(len(listen))]
        except BaseException:
            self.kill()
            raise
        self.address = self.addresses[0]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
        else:
            self.stop()

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, within=DEADLINE):
        """Waits until the server ends by itself; returns its exit status."""
        status = self.process.wait(within)
        self._reader.join(DEADLINE)
        return status

    def stop(self):
        """Sends SIGTERM, and checks that the server ends with status 0 and no error."""
        self.signal()
        try:
            self.assert_clean(self.wait())
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def assert_clean(self, status):
        output = "\n".join(self.lines)
        assert status == 0 and not REPORT.search(output), (status, output)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def wait_for_line(self, pattern, nth=0):
        """The nth match of pattern in what it has printed, or will."""

        def found():
            matches = [m for m in map(re.compile(pattern).search, self.lines) if m]
            return matches[nth] if len(matches) > nth else None

        with self._news:
            self._news.wait_for(lambda: found() or self._ended, DEADLINE)
            match = found()
        assert match, f"no line {pattern!r} in {self.lines}"
        return match

    def memory(self, figure="VmRSS"):
        """Resident bytes; with VmHWM, the most there have ever been."""
        with open(f"/proc/{self.pid}/status") as status:
            return 1024 * int(re.search(figure + r":\s+(\d+)", status.read())[1])

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def _listening(self, nth):
        where = self.wait_for_line(r"listening on (\S+)", nth)[1]
        if where.startswith("unix:"):
            return where[len("unix:"):]
        host, _, port = where.rpartition(":")
        return host.strip("[]"), int(port)

    def _read(self):
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


@contextlib.contextmanager
def servers():
    """Starts servers; those that still run at the end are stopped and checked."""
    running = []

    def start(*options, **how):
        running.append(Server(PARLEYD, *AT_ONCE, *options, **how))
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            server.stop()


# systemd's protocol: descriptors from 3 on, for the process with this number.
PASS_SOCKETS = """
import fcntl, os, sys
given = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[1].split(",")]
for n, fd in enumerate(given):
    os.dup2(fd, 3 + n)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = str(len(given))
os.execv(sys.argv[2], sys.argv[2:])
"""


def _passing(sockets):
    if not sockets:
        return []
    numbers = [str(socket.fileno()) for _, socket in sockets]
    return [sys.executable, "-c", PASS_SOCKETS, ",".join(numbers)]


def _limit_files(count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def eventually(condition, within=DEADLINE):
    """Polls a condition that has no event to wait for."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.005)
