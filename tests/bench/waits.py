"""Measures answer times, and how much of them was waiting for a core.

The kernel counts how long each runnable thread waits in its queue
(/proc/PID/task/TID/schedstat). The answer time minus this wait, of the
server's loop and of the client, is the server's own: work, a lock, or the
disk. Time in which another thread of the server had the core counts, too.

The core of a virtual machine may itself wait (steal in /proc/stat, for the
whole machine, in hundredths of a second): that is subtracted as well.
"""

import gc
import os
import threading
import time
from typing import NamedTuple

EVERY_S = 0.001
LONG_S = 0.001  # an answer that is looked at more closely


class Thread:
    """A thread's time, by the kernel's account."""

    def __init__(self, pid, tid):
        self.schedstat = os.open(f"/proc/{pid}/task/{tid}/schedstat",
                                 os.O_RDONLY)
        self.stat = os.open(f"/proc/{pid}/task/{tid}/stat", os.O_RDONLY)

    def look(self):
        """Seconds that it ran, and that it wanted to."""
        ran, queued, _ = os.pread(self.schedstat, 96, 0).split()
        return int(ran) / 1e9, int(queued) / 1e9

    def _field(self, number):
        text = os.pread(self.stat, 1024, 0).rpartition(b")")[2]
        return int(text.split()[number - 3])

    def core(self):
        return self._field(39)

    def nice(self):
        return self._field(19)

    def close(self):
        os.close(self.schedstat)
        os.close(self.stat)


class Machine:
    """The seconds that the cores were taken from it, all together."""

    def __init__(self):
        self.stat = os.open("/proc/stat", os.O_RDONLY)
        self.tick_s = 1 / os.sysconf("SC_CLK_TCK")

    def look(self):
        return int(os.pread(self.stat, 256, 0).split()[8]) * self.tick_s

    def close(self):
        os.close(self.stat)


class Answer(NamedTuple):
    at: float  # when it came
    felt: float  # seconds
    queued: float  # of them for a core, the loop and the client, …
    starved: float = 0  # … while another thread of the server ran there
    stolen: float = 0  # of the whole machine's time

    @property
    def ours(self):
        waited = min(self.queued - self.starved + self.stolen, self.felt)
        return self.felt - waited


class Asker:
    """Asks for a pong, again and again, and looks at the clocks."""

    def __init__(self, client, pid):
        self.client = client
        self.loop = Thread(pid, pid)
        self.others = [Thread(pid, tid)
                       for tid in os.listdir(f"/proc/{pid}/task")
                       if int(tid) != pid]
        self.us = Thread(os.getpid(), threading.get_native_id())
        self.answers = []
        self.machine = Machine()

    def background(self):
        """The thread that goes behind all others; None: there is none."""
        nice = self.loop.nice()
        behind = [each for each in self.others if each.nice() > nice]
        return behind[0] if behind else None

    def starved(self, queued, ran):
        """The part of the loop's waiting in which the server's other threads ran."""
        core = self.loop.core()
        blamed = sum(each.look()[0] - before
                     for each, before in zip(self.others, ran)
                     if each.core() == core)
        return min(queued, blamed)

    def ask(self):
        loop, us = self.loop.look()[1], self.us.look()[1]
        ran = [each.look()[0] for each in self.others]
        stolen = self.machine.look()
        began = time.perf_counter()
        self.client.ask(b'"event":"pong"', {"command": "ping"})
        now = time.perf_counter()
        loop, us = self.loop.look()[1] - loop, self.us.look()[1] - us
        answer = Answer(now, now - began, loop + us)
        if answer.felt > LONG_S:
            answer = answer._replace(starved=self.starved(loop, ran),
                                     stolen=self.machine.look() - stolen)
        self.answers.append(answer)

    def ask_while(self, goes_on):
        """goes_on() is called after each answer."""
        gc.disable()
        while goes_on():
            self.ask()
            time.sleep(EVERY_S)
        gc.enable()

    def close(self):
        for each in (self.loop, self.us, *self.others, self.machine):
            each.close()


def figures(answers, prefix=""):
    """The longest answer time, and the longest without waiting for a core."""
    felt = sorted(each.felt for each in answers)
    longest = max(answers, key=lambda each: each.felt)
    return {prefix + "max_ms": longest.felt * 1e3,
            prefix + "queued_ms": min(longest.queued, longest.felt) * 1e3,
            prefix + "ours_max_ms": max(each.ours for each in answers) * 1e3,
            prefix + "stolen_ms": sum(each.stolen for each in answers) * 1e3,
            prefix + "starved_ms": max(each.starved for each in answers) * 1e3,
            prefix + "p99_ms": felt[len(felt) * 99 // 100] * 1e3,
            prefix + "p50_ms": felt[len(felt) // 2] * 1e3,
            prefix + "answers": len(felt)}
