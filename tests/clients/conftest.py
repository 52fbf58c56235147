"""Fixtures for tests of the Python clients against the server."""

import asyncio
import socket
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "clients/python"
sys.path.insert(0, str(ROOT / "tests/integration"))
sys.path.insert(0, str(PYTHON / "src"))
sys.path.append(str(ROOT / "tests/browser"))

from accounts import Accounts  # noqa: E402
from client import TEXT, accept_for, frame  # noqa: E402
from relay import Relay  # noqa: E402
from server import AT_ONCE, DEADLINE, PARLEYD, Server, servers  # noqa: E402


@pytest.fixture
def start():
    with servers() as start:
        yield start


@pytest.fixture
def accounts(tmp_path):
    """Users of a server that is started with `accounts.options`."""
    return Accounts(tmp_path / "key")


@pytest.fixture(scope="module")
def both():
    """A server with the dialect `command` at its first address, `action` at its
    second."""
    listen = ["127.0.0.1:0", "127.0.0.1:0=action"]
    with Server(PARLEYD, *AT_ONCE, listen=listen) as server:
        yield server


@pytest.fixture
def run():
    """Runs a test's coroutine to its end; fails if that takes too long."""

    def run(main):
        return asyncio.run(asyncio.wait_for(main, DEADLINE))

    return run


@pytest.fixture
def unused_port():
    """A port without a listener that no other program gets."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


@pytest.fixture
def scripted_server():
    """A server that upgrades and sends the given texts."""
    listener = socket.create_server(("127.0.0.1", 0))
    words = []

    def serve():
        peer, _ = listener.accept()
        with peer:
            request = peer.recv(65536).decode()
            key = request.split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
            peer.sendall((
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept_for(key)}\r\n\r\n").encode())
            for word in words:
                peer.sendall(frame(TEXT, word, mask=None))
            while peer.recv(65536)[:1] not in (b"", b"\x88"):
                pass  # until it closes

    thread = threading.Thread(target=serve)
    thread.start()
    yield "ws://127.0.0.1:%d" % listener.getsockname()[1], words
    thread.join()
    listener.close()


@pytest.fixture
def relay(both):
    """A TCP relay to the server, which may be cut."""
    relay = Relay(both.address)
    yield relay
    relay.close()


@pytest.fixture
def direct(both):
    return "ws://%s:%d" % both.address
