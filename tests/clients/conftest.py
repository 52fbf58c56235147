"""The clients that come with the server, against the server itself."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "clients/python"
sys.path.insert(0, str(ROOT / "tests/integration"))
sys.path.insert(0, str(PYTHON / "src"))
sys.path.append(str(ROOT / "tests/browser"))

from relay import Relay  # noqa: E402
from server import AT_ONCE, DEADLINE, PARLEYD, Server, servers  # noqa: E402


@pytest.fixture
def start():
    with servers() as start:
        yield start


@pytest.fixture(scope="module")
def both():
    """A server that speaks `command` at its first address, `action` at its
    second."""
    listen = ["127.0.0.1:0", "127.0.0.1:0=action"]
    with Server(PARLEYD, *AT_ONCE, listen=listen) as server:
        yield server


@pytest.fixture
def run():
    """Runs a test's coroutine to its end, which it has to reach in time."""

    def run(main):
        return asyncio.run(asyncio.wait_for(main, DEADLINE))

    return run


@pytest.fixture
def unused_port():
    """Nobody else gets it, and nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield nobody.getsockname()[1]


@pytest.fixture
def relay(both):
    """The way to the server, which may be cut."""
    relay = Relay(both.address)
    yield relay
    relay.close()


@pytest.fixture
def direct(both):
    return "ws://%s:%d" % both.address
