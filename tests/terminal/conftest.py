"""Terminals that tests control, and servers for them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from server import AT_ONCE, PARLEYD, Server  # noqa: E402
from terminal import Terminal, url_of  # noqa: E402


@pytest.fixture(scope="module")
def parleyd():
    """A chat server for all tests of a module."""
    with Server(PARLEYD, *AT_ONCE) as server:
        yield server


@pytest.fixture
def url(parleyd):
    return url_of(parleyd)


@pytest.fixture
def start(tmp_path):
    """Starts servers with the same store, all at one port."""
    running = []
    port = None

    def start():
        nonlocal port
        server = Server(
            PARLEYD,
            *AT_ONCE,
            *("--store-kind", "file", "--store-dir", str(tmp_path / "store")),
            listen=(f"127.0.0.1:{port or 0}",),
        )
        running.append(server)
        port = server.address[1]
        return server

    yield start
    for server in running:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def terminal(tmp_path):
    """Opens terminals in which parley runs."""
    opened = []

    def open_terminal(*arguments, **how):
        opened.append(Terminal(tmp_path / f"tmux{len(opened)}", *arguments, **how))
        return opened[-1]

    yield open_terminal
    for terminal in opened:
        terminal.close()
