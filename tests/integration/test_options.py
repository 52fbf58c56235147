"""The sources of options, and their change while the server runs."""

import signal
import subprocess

import pytest

from client import PING, PONG, TEXT, Chat, WebSocket
from server import AT_ONCE, DEADLINE, ENVIRONMENT, PARLEYD


def run(*arguments, **environment):
    return subprocess.run(
        [PARLEYD, *arguments],
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )


@pytest.fixture
def config(tmp_path):
    """A configuration file, to be written once or again."""
    path = tmp_path / "parley.conf"

    def write(*lines):
        path.write_text("".join(line + "\n" for line in lines))
        return str(path)

    return write


def test_help_names_every_option():
    shown = run("--help")
    assert shown.returncode == 0
    for name in *AT_ONCE[::2], "--listen", "--store-kind", "--deflate-enabled":
        assert name in shown.stdout


def test_flags_go_before_environment_and_that_before_the_file(config):
    path = config("limits.rooms = 1", "limits.messages = 2", "limits.fragments = 3")
    shown = run(
        *("--config", path, "--limits-rooms", "30", "--print-config"),
        PARLEY_LIMITS_ROOMS="20",
        PARLEY_LIMITS_MESSAGES="21",
    )
    assert shown.returncode == 0
    values = dict(
        line.split(" = ", 1) for line in shown.stdout.splitlines() if " = " in line
    )
    assert values["limits.rooms"] == "30"
    assert values["limits.messages"].startswith("21")
    assert values["limits.fragments"] == "3"


WRONG = [
    ["--limits-room", "5"],
    ["--limits-rooms", "many"],
    ["--limits-rooms", "-1"],
    ["--limits-rooms"],
    ["--listen", "nowhere"],
    ["--store-kind", "stone"],
    ["--limits-message-bytes", "2MiB"],
    ["--config", "/nonexistent/parley.conf"],
    ["surplus"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_mistake_is_named_and_nothing_starts(arguments):
    wrong = run(*arguments)
    assert wrong.returncode > 0
    assert arguments[-1].lstrip("-") in wrong.stderr or arguments[0] in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1


def reload(server):
    server.signal(signal.SIGHUP)


def test_new_limits_come_with_a_signal(start, config):
    path = config("limits.rooms_per_member = 1")
    server = start("--config", path)
    chat = Chat(server.address)
    chat.ask_ok("join", room="a", create=True)
    assert chat.refusal("join", room="b", create=True)["code"] == "too_many_rooms"
    config("limits.rooms_per_member = 2")
    reload(server)
    server.wait_for_line(r"\breloaded")
    chat.ask_ok("join", room="b", create=True)


def test_options_that_need_a_restart_are_reported(start, config):
    server = start("--config", config("store.sync = always"))
    config("store.sync = never")
    reload(server)
    server.wait_for_line(
        "warn store.sync stays always until a restart, then it is never"
    )


def test_a_mistake_in_the_file_changes_nothing(start, config):
    path = config("limits.rooms_per_member = 1")
    server = start("--config", path)
    config("limits.rooms_per_member = 2", "limits.rooms = plenty")
    reload(server)
    assert "limits.rooms" in server.wait_for_line(r"not reloaded: (.*)")[1]
    chat = Chat(server.address)
    chat.ask_ok("join", room="a", create=True)
    assert chat.refusal("join", room="b", create=True)["code"] == "too_many_rooms"


def test_compression_may_be_switched_on_later(start, config):
    server = start("--config", config("deflate.enabled = off"))
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    agreed = "sec-websocket-extensions"
    assert agreed not in Chat(server.address, **offer).response.headers
    config("deflate.enabled = on")
    reload(server)
    server.wait_for_line(r"\breloaded")
    with WebSocket(server.address, **offer) as ws:
        assert agreed in ws.response.headers
        # Deflated by hand: a stored block.
        text = b'{"command":"list"}'
        ws.send_frame(TEXT, b"\0\x12\0\xed\xff" + text + b"\0", rsv=4)
        ws.send_frame(PING, b"still there?")
        while ws.read_frame().opcode != PONG:
            pass
