"""Several servers run at the same time, and their generators take turns.

So what the machine does meanwhile, for seconds or for minutes, affects all of
them, and their figures can be compared better than those of runs one after the
other.
"""

import json
import os
import signal
import subprocess
import threading

from servers import Failed, pinned

SLICE_S = 0.02  # of a server's CPU time
LIMIT_S = 300  # for all slices


class Load:
    """A generator, which runs only while it is asked to."""

    def __init__(self, generator, core, server, seconds, *words):
        slices = max(2, round(seconds / SLICE_S))
        command = [generator, "--json", "--pid", server.process.pid,
                   "--seconds", seconds, "--slices", slices, *words,
                   f"127.0.0.1:{server.port}"]
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, preexec_fn=pinned(core))
        self.watchdog = threading.Timer(LIMIT_S, self.process.kill)
        self.watchdog.start()
        self.await_stop()

    def await_stop(self):
        """False: it has ended."""
        status = os.waitpid(self.process.pid, os.WUNTRACED)[1]
        if os.WIFSTOPPED(status):
            return True
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.watchdog.cancel()
        return False

    def run_slice(self):
        if self.process.returncode is not None:
            return False
        self.process.send_signal(signal.SIGCONT)
        return self.await_stop()

    def figures(self):
        output, errors = self.process.communicate()
        if self.process.returncode != 0:
            raise Failed(errors.strip() or f"exit {self.process.returncode}")
        return json.loads(output)

    def close(self):
        self.watchdog.cancel()
        self.process.kill()
        self.process.communicate()


def take_turns(loads):
    """Runs slices in turn; each load is first as often as it is last."""
    running = list(loads)
    while running:
        running = [load for load in running if load.run_slice()]
        running.reverse()
