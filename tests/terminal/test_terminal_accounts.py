"""parley with accounts: log-in, tokens, the default name."""

import os
import subprocess

import pytest

from certificates import make_certificate
from passwords import PASSWORD, add_user, log_in
from server import AT_ONCE, DEADLINE, PARLEYD, Server, eventually
from terminal import PARLEY, PERSON, url_of
from test_pipes import Tail, is_in

FORBIDDEN = 77


@pytest.fixture
def users(tmp_path):
    path = tmp_path / "users"
    add_user(path, "alice")
    return path


def options(users, *more):
    return (*AT_ONCE, "--auth-kind", "password", "--auth-users", str(users),
            *more)


@pytest.fixture
def server(users):
    with Server(PARLEYD, *options(users)) as server:
        yield server


def run(*arguments, text="", **environment):
    return subprocess.run(
        [PARLEY, *arguments], input=text, capture_output=True, text=True,
        timeout=2 * DEADLINE, env={**PERSON, **environment})


def test_a_user_logs_in_with_a_line_of_input(server):
    done = run("send", url_of(server), "--user", "alice", "--room", "tea",
               text=f"{PASSWORD}\nhello\n")
    assert (done.returncode, done.stderr) == (0, "")
    done = run("rooms", url_of(server), "--user", "alice", text=PASSWORD + "\n")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_password_may_be_in_the_environment(server):
    done = run("send", url_of(server), "--user", "alice", "--room", "tea",
               text="hello\n", PARLEY_PASSWORD=PASSWORD)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_password_is_reported(server):
    done = run("rooms", url_of(server), "--user", "alice",
               PARLEY_PASSWORD="wrong")
    assert done.returncode == FORBIDDEN
    assert done.stderr == "parley: cannot log in: wrong user or password\n"
    assert run("rooms", url_of(server), "--user", "alice").returncode == 64
    done = run("rooms", url_of(server))
    assert done.returncode == FORBIDDEN
    assert "HTTP status 401" in done.stderr


def test_a_server_without_accounts_is_reported():
    with Server(PARLEYD, *AT_ONCE) as server:
        done = run("rooms", url_of(server), "--user", "alice",
                   PARLEY_PASSWORD="x")
        assert done.returncode == FORBIDDEN
        assert "the server has no log-in" in done.stderr


def test_a_token_logs_in(server):
    token = log_in(server.address, "alice")[0]["token"]
    for how in (["--token", token], []):
        done = run("rooms", url_of(server), *how,
                   **({} if how else {"PARLEY_TOKEN": token}))
        assert done.returncode == 0, done.stderr
    done = run("rooms", url_of(server), "--token", "a b")
    assert done.returncode == 64
    assert "--token: expected printable characters" in done.stderr


def test_a_log_in_is_under_tls(users, tmp_path):
    certificate, key = make_certificate(tmp_path, "localhost", "DNS:localhost",
                                        "IP:127.0.0.1")
    with Server(PARLEYD, *options(users), "--tls-certificate", str(certificate),
                "--tls-key", str(key), listen=("127.0.0.1:0,tls",)) as server:
        url = url_of(server).replace("ws://", "wss://")
        done = run("rooms", url, "--user", "alice", "--ca", str(certificate),
                   PARLEY_PASSWORD=PASSWORD)
        assert done.returncode == 0, done.stderr
        done = run("rooms", url, "--user", "alice", PARLEY_PASSWORD=PASSWORD)
        assert done.returncode == 69
        assert "cannot log in: " in done.stderr


def test_a_terminal_asks_for_the_password(server):
    """In a session of its own, so that the terminal is the controlling one."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        ["setsid", "-c", PARLEY, "rooms", url_of(server), "--user", "alice"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=PERSON)
    os.close(theirs)
    seen = b""
    while not seen.endswith(b"Password: "):
        seen += os.read(ours, 1024)
    os.write(ours, PASSWORD.encode() + b"\n")
    assert process.wait(DEADLINE) == 0
    os.close(ours)
    assert PASSWORD.encode() not in seen


@pytest.mark.parametrize("name, shown", [("zoe", "zoe"), ("root", "member")])
def test_the_name_of_the_system_is_the_default(name, shown):
    """Unless no server would take it."""
    with Server(PARLEYD, *AT_ONCE) as server:
        url = url_of(server)
        listener = Tail(url, "--room", "tea")
        eventually(lambda: is_in(url, "tea"))
        assert run("send", url, "--room", "tea", text="hello\n",
                   USER=name).returncode == 0
        assert listener.wait_for(1)[0].startswith(shown)
        listener.stop()
