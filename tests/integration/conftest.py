"""Fixtures that start the servers of the tests. A test fails if its server does not end
with status 0, or if a sanitizer reports an error."""

import pytest

import nodes
import server as programs
from accounts import Accounts
from client import Chat
from server import AT_ONCE, NO_DRAIN, ECHO_SERVER, PARLEYD, PATIENT

# Also for the modules of tests, which are imported later.
Server = programs.Server = nodes.started


def pytest_addoption(parser):
    parser.addoption("--talk", type=int, default=5, metavar="SECONDS",
                     help="how long messages are checked for losses by each test of that")


def pytest_ignore_collect(collection_path):
    """With several nodes, files about one process are left out."""
    return nodes.is_alone(collection_path.name) or None


def pytest_collection_modifyitems(items):
    for item in items:
        if why := nodes.why_alone(item.nodeid):
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture
def seconds_of_load(request):
    return request.config.getoption("--talk")


@pytest.fixture(scope="module")
def parleyd():
    """A chat server for all tests of a module."""
    with Server(PARLEYD, *AT_ONCE) as server:
        yield server


def starter(preset):
    """Starts chat servers with options of their own; stops them and checks how they
    end."""
    running = []

    def start(*options, **how):
        server = Server(PARLEYD, *preset, *options, **how)
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def start():
    """Servers that limit no rates."""
    yield from starter(AT_ONCE)


@pytest.fixture
def start_preset():
    """Servers with the preset rates."""
    yield from starter((*NO_DRAIN, *PATIENT))


@pytest.fixture
def accounts(tmp_path):
    """Users of a server that is started with `accounts.options`."""
    return Accounts(tmp_path / "key")


@pytest.fixture
def leave_at_end():
    """Registers members, whose connections are closed when the test is over."""
    members = []

    def leave_at_end(member):
        members.append(member)
        return member

    yield leave_at_end
    for member in members:
        member.leave()


@pytest.fixture
def join(parleyd, leave_at_end):
    """Members of the module's server."""
    return lambda *target, **headers: leave_at_end(Chat(parleyd.address, *target, **headers))


# For modules about another dialect: MEMBER is the class of its clients.


@pytest.fixture(scope="module")
def server(request):
    """A chat server for all tests of a module."""
    listen = [f"127.0.0.1:0={request.module.MEMBER.dialect}"]
    with Server(PARLEYD, *AT_ONCE, listen=listen) as server:
        yield server


@pytest.fixture
def meet(request, server, leave_at_end):
    """Members of that server."""
    return lambda *target: leave_at_end(request.module.MEMBER(server.address, *target))


@pytest.fixture
def room(request, meet):
    """Two of them in a room."""
    return request.module.MEMBER.gather(meet)


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
