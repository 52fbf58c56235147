"""parleyd health, as a container's health check runs it."""

import subprocess

import pytest

from client import Chat
from server import DEADLINE, ENVIRONMENT, PARLEYD


def health(*arguments, **environment):
    return subprocess.run([PARLEYD, "health", *arguments], env={**ENVIRONMENT, **environment},
                          capture_output=True, text=True, timeout=DEADLINE, check=False)


def test_it_finds_the_server_of_its_environment(start, tmp_path):
    server = start(listen=("127.0.0.1:0", f"unix:{tmp_path}/sock"))
    host, port = server.address
    assert health(PARLEY_LISTEN=f"{host}:{port}").returncode == 0
    assert health("--listen", f"unix:{tmp_path}/sock").returncode == 0
    assert health("--url", f"http://{host}:{port}").stdout == '{"status":"ok"}\n'
    # Listeners that take no plain requests are passed over.
    assert health("--listen", f":1,proxy,{host}:{port}").returncode == 0


def test_a_server_that_drains_is_not_ready(start):
    server = start("--drain-delay", "20s")
    host, port = server.address
    with Chat(server.address):
        server.signal()
        server.wait_for_line("draining")
        answer = health("--url", f"http://{host}:{port}")
        assert answer.returncode == 1 and "draining" in answer.stderr
        server.signal()


@pytest.mark.parametrize("arguments, status", [
    (["--listen", "127.0.0.1:1"], 69), (["--url", "ftp://x"], 64), (["--listen", "x"], 64),
    (["--listen", ":1,proxy"], 64), (["--help"], 0)])
def test_each_result_has_its_status(arguments, status):
    done = health(*arguments)
    assert done.returncode == status
    assert done.stderr.startswith("parleyd: health: ") or status == 0
