"""parley in a real terminal: one that tmux makes."""

import os
import shlex
import subprocess
import time
from pathlib import Path

from server import DEADLINE, ENVIRONMENT, REPORT

ROOT = Path(__file__).resolve().parents[2]
PARLEY = os.environ.get("PARLEY", str(ROOT / "build/parley"))

# Without the user's own settings.
PERSON = {
    **{n: v for n, v in ENVIRONMENT.items() if n not in ("TMUX", "NO_COLOR")},
    "LC_ALL": "C.UTF-8",
    "HOME": "/nonexistent",
}


def url_of(server, path="/ws"):
    return "ws://{}:{}{}".format(*server.address, path)


class Terminal:
    """A terminal with one program in it; it stays when the program ends."""

    def __init__(self, socket, *arguments, width=80, height=24, **environment):
        self.socket = str(socket)
        settings = " ".join(f"{n}={shlex.quote(v)}" for n, v in environment.items())
        command = " ".join(shlex.quote(str(a)) for a in (PARLEY, *arguments))
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d"),
            *("-x", str(width), "-y", str(height)),
            f"{settings} {command} 2>&1; echo \"status $?\"; stty -a | tr ';' '\\n';"
            "exec sleep 600",
        )

    def type(self, text):
        self._tmux("send-keys", "-l", "--", text)

    def press(self, *keys):
        """Keys by their names: Enter, Up, C-c."""
        self._tmux("send-keys", *keys)

    def enter(self, text):
        self.type(text)
        self.press("Enter")

    def resize(self, width, height):
        """Returns when the program has got SIGWINCH."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))
        tty = self._tmux("display-message", "-p", "#{pane_tty}").strip()
        self.wait_until(
            lambda _: self._size(tty) == f"{height} {width}", "another size"
        )

    def screen(self, colours=False):
        """The screen with its history, without blanks at the ends of lines."""
        options = ("-e",) if colours else ()
        text = self._tmux("capture-pane", "-p", "-S", "-1000", *options)
        assert not REPORT.search(text), text
        return text.rstrip("\n").split("\n")

    def title(self):
        return self._tmux("display-message", "-p", "#{pane_title}").strip()

    def wait_for(self, text, colours=False):
        """Waits until a line contains the text."""
        return self.wait_until(
            lambda lines: any(text in line for line in lines), text, colours
        )

    def wait_for_last(self, line):
        """Waits until the last line is this one."""
        return self.wait_until(lambda lines: lines[-1] == line, line)

    def wait_until(self, condition, what, colours=False):
        deadline = time.monotonic() + DEADLINE
        while not condition(lines := self.screen(colours)):
            assert time.monotonic() < deadline, (what, lines)
            time.sleep(0.02)
        return lines

    def status(self):
        """The exit status, once it is there."""
        lines = self.wait_for("status ")
        return int(next(l for l in lines if l.startswith("status ")).split()[1])

    def close(self):
        self._tmux("kill-server")

    def _size(self, tty):
        return subprocess.check_output(["stty", "-F", tty, "size"], text=True).strip()

    def _tmux(self, *arguments):
        return subprocess.run(
            ["tmux", "-S", self.socket, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=arguments[0] != "kill-server",
            env=PERSON,
        ).stdout
