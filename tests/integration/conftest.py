"""Starts what the tests drive. Every server must go down in peace: exit
status 0 and not a word from a sanitizer, or the test that used it fails."""

import pytest

from client import Chat
from server import AT_ONCE, ECHO_SERVER, PARLEYD, Server


def pytest_addoption(parser):
    parser.addoption("--talk", type=int, default=5, metavar="SECONDS",
                     help="how long those talk who are listened to for losses")


@pytest.fixture
def talk_seconds(request):
    return request.config.getoption("--talk")


@pytest.fixture(scope="module")
def parleyd():
    """A chat server for all tests of a module."""
    with Server(PARLEYD, *AT_ONCE) as server:
        yield server


@pytest.fixture
def start():
    """Starts chat servers with options of their own."""
    running = []

    def start(*options, **how):
        server = Server(PARLEYD, *AT_ONCE, *options, **how)
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def join(parleyd):
    """Members of the module's server, gone when the test is over."""
    members = []

    def join(target="/ws", **headers):
        members.append(Chat(parleyd.address, target, **headers))
        return members[-1]

    yield join
    for member in members:
        member.leave()


@pytest.fixture(scope="session")
def echo():
    """An echo server that takes permessage-deflate if it is offered."""
    with Server(ECHO_SERVER, "--deflate") as server:
        yield server


@pytest.fixture(scope="session")
def plain_echo():
    """The same without."""
    with Server(ECHO_SERVER) as server:
        yield server
