"""The public packages nerdbank-streams and ws, which npm installs into build/."""

import json
import os
import subprocess
from collections import deque
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLACE = HERE.parents[1] / "build" / "nerdbank"
PACKAGES = ["nerdbank-streams@2.13.16", "ws@8.18.0"]


def why_not():
    """The reason why the packages are missing; None if they are there."""
    if (PLACE / "node_modules" / "ws").is_dir():
        return None
    PLACE.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts",
               "--fetch-retries=0", "--prefix", str(PLACE), *PACKAGES]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        return f"npm cannot install nerdbank-streams: {error}"
    if done.returncode != 0:
        return f"npm cannot install nerdbank-streams: {done.stderr.strip()[-300:]}"
    return None


class NerdbankClient:
    """A program of node; see nerdbank.mjs."""

    def __init__(self, address, *options):
        url = f"ws://{address[0]}:{address[1]}/ws"
        self.process = subprocess.Popen(
            ["node", str(HERE / "nerdbank.mjs"), str(PLACE), url, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
        self.waiting = {"messages": deque(), "files": deque(), None: deque()}
        assert self.next_line(None) == {"connected": True}
        self.greeting = self.next()
        self.name = self.greeting["Message"].split()[1].rstrip("!")

    def read(self):
        got = json.loads(self.process.stdout.readline())
        self.waiting[got.get("channel")].append(got.get("value", got))

    def next_line(self, channel):
        while not self.waiting[channel]:
            self.read()
        return self.waiting[channel].popleft()

    def next(self):
        return self.next_line("messages")

    def next_file(self):
        return self.next_line("files")

    def write(self, value):
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def send_command(self, kind, message="", **fields):
        value = {"Username": "", "Message": message, "ToUsername": "", "ToUsernames": [],
                 "ChatType": "public", "RoomId": "", "Type": kind,
                 "Timestamp": "2025-08-04T01:02:03.1234567Z"} | fields
        self.write({"channel": "messages", "value": value})

    def send_file(self, **value):
        self.write({"channel": "files", "value": value})

    def ask(self, kind, message="", **fields):
        self.send_command(kind, message, **fields)
        return self.next()

    def finish(self):
        """Ends both channels: the server ends them, too, and closes. Both are
        noticed in any order."""
        self.write({"end": True})
        return self.next_line(None) | self.next_line(None)

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)
