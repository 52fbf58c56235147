"""The commands of README.md work as documented, in bash and in zsh."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

from fixed_ports import fixed_ports  # noqa: E402

DEADLINE = 120


@pytest.fixture(autouse=True)
def port():
    """That of `make run`."""
    with fixed_ports(8080):
        yield


ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "BUILD")}
ENVIRONMENT["SETUP"] = "no"


README = (ROOT / "README.md").read_text()
KEY = re.search(r"--admin-key (\w+)", README)[1]


class Run:
    """`make run`, in a group of its own."""

    def __init__(self, store, key):
        self.process = subprocess.Popen(
            ["make", "run", f"ARGS=--store-dir {store} --admin-key {key}"], cwd=ROOT,
            env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            if "chat page: http://127.0.0.1:8080/" in line:
                return
        raise AssertionError("".join(self.lines))

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_transcript(shell, tmp_path):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    talk, look, publish = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
    server = Run(tmp_path / "store", KEY)
    try:
        subprocess.run([shell, "-e", "-c", talk], cwd=ROOT, env=ENVIRONMENT, check=True,
                       timeout=DEADLINE)
    finally:
        server.kill()
    server = Run(tmp_path / "store", KEY)
    try:
        # tail goes on until Ctrl-C.
        with subprocess.Popen([shell, "-e", "-c", look], cwd=ROOT, env=ENVIRONMENT, text=True,
                              stdout=subprocess.PIPE, start_new_session=True) as process:
            try:
                assert process.stdout.readline() == "tea\ttea\t0\tpersistent\n"
                message = json.loads(process.stdout.readline())
            finally:
                os.killpg(process.pid, signal.SIGINT)
        if shutil.which("curl"):
            answer = subprocess.run([shell, "-e", "-c", publish], timeout=DEADLINE, check=True,
                                    stdout=subprocess.PIPE).stdout
            assert json.loads(answer)["seq"] == 2
    finally:
        server.kill()
    assert (message["seq"], message["member"], message["message"]) == (1, "alice", "anyone?")
