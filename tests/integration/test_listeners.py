"""The addresses of listeners, and their dialects."""

import json
import os
import socket
import subprocess

import pytest

from client import Chat, Connection, WebSocket, get, head
from dialects import Action, Topic
from fixed_ports import fixed_ports
from server import AT_ONCE, DEADLINE, ENVIRONMENT, PARLEYD, Server


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def meet(one, other):
    """Members of both addresses share one lobby."""
    a, b = Chat(one), Chat(other)
    a.expect("broadcast", message=f"{b.name} has joined!")
    a.leave(), b.leave()


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6")
def test_listens_on_ipv6(start):
    server = start(listen=["[::1]:0"])
    assert server.address[0] == "::1"
    meet(server.address, server.address)


def test_listens_on_several_addresses(start):
    server = start(listen=["127.0.0.1:0", "127.0.0.1:0"])
    assert len(set(server.addresses)) == 2
    meet(*server.addresses)


def test_listens_on_a_unix_socket(start, tmp_path):
    path = str(tmp_path / "parley.sock")
    server = start(listen=["127.0.0.1:0", f"unix:{path}"])
    assert get(path, "/health").body == b"ok"
    meet(*server.addresses)


def test_a_unix_socket_left_behind_is_no_obstacle(start, tmp_path):
    path = str(tmp_path / "parley.sock")
    Server(PARLEYD, listen=[f"unix:{path}"]).kill()
    assert os.path.exists(path)
    server = start(listen=[f"unix:{path}"])
    assert get(server.address, "/health").status == 200


def test_a_file_has_the_addresses_while_it_runs(start, tmp_path):
    file, path = tmp_path / "addresses", tmp_path / "socket"
    server = start("--listen-file", str(file),
                   listen=["127.0.0.1:0", ":0=action", f"unix:{path}"])
    ports = [port for _, port in server.addresses[:2]]
    assert server.wait_for_line(r"chat page: (\S+)")[1] == f"http://127.0.0.1:{ports[0]}/"
    assert file.read_text().splitlines() == [
        f"ws://127.0.0.1:{ports[0]}/ws command",
        f"ws://localhost:{ports[1]}/ws action",
        f"unix:{path} command"]
    server.stop()
    assert not file.exists()
    server.stop = lambda: None


def test_a_file_that_cannot_be_written_ends_the_start(tmp_path):
    run = subprocess.run([PARLEYD, "--listen", "127.0.0.1:0", "--listen-file",
                          str(tmp_path / "none/addresses")], stderr=subprocess.PIPE,
                         text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert run.returncode == 71
    assert "listen_file" in run.stderr and "No such file" in run.stderr


def test_an_address_in_use_ends_the_start(parleyd):
    where = "%s:%d" % parleyd.address
    late = subprocess.run(
        [PARLEYD, "--listen", where], capture_output=True, timeout=DEADLINE
    )
    assert late.returncode > 0
    assert where in (late.stdout + late.stderr).decode()


def test_a_file_in_the_way_of_a_unix_socket_is_left_alone(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("not a socket")
    late = subprocess.run(
        [PARLEYD, "--listen", f"unix:{precious}"],
        capture_output=True,
        timeout=DEADLINE,
    )
    assert late.returncode > 0
    assert precious.read_text() == "not a socket"


# --- dialects -----------------------------------------------------------------

DIALECTS = ["command", "action", "topic"]


@pytest.fixture(scope="module")
def addresses():
    """The address of a listener of each dialect."""
    listen = [f"127.0.0.1:0={dialect}" for dialect in DIALECTS]
    with Server(PARLEYD, *AT_ONCE, listen=listen) as server:
        yield dict(zip(DIALECTS, server.addresses))


def dialect_at(address, path):
    """Returns the dialect of the server's first frame, or the status of a refusal."""
    with Connection(address) as connection:
        connection.send(head(path))
        status = connection.read_response().status
        if status != 101:
            return status
    with WebSocket(address, path) as client:
        client.send_text("{}")
        first = json.loads(client.read_message())
    keys = {"event": "command", "status": "action", "type": "topic"}
    return next(keys[key] for key in keys if key in first)


NAMED = [(listener, f"/ws/{named}", named) for listener in DIALECTS for named in DIALECTS]

PATHS = [
    *NAMED,
    ("command", "/ws", "command"),
    ("command", "/ws?name=x", "command"),
    ("command", "/", 200),  # the page; its upgrade is passed over
    ("command", "/ws/", 404),
    ("command", "/ws/telnet", 404),
    ("command", "/ws/Action", 404),
    ("command", "/chat", 404),
    ("action", "/ws", "action"),
    ("action", "/", "action"),
    ("action", "/?x=1", "action"),
    ("action", "/ws/telnet", "action"),
    ("action", "/any/path", "action"),
    ("topic", "/ws", "topic"),
    ("topic", "/ws?x=1", "topic"),
    ("topic", "/", 403),
    ("topic", "/ws/", 403),
    ("topic", "/ws/telnet", 403),
    ("topic", "/chat", 403),
]


@pytest.mark.parametrize("listener, path, dialect", PATHS)
def test_listener_and_path_select_the_dialect(addresses, listener, path, dialect):
    assert dialect_at(addresses[listener], path) == dialect


HTTP_STATUSES = [
    # path, and the statuses at a listener of command, action, topic
    ("/livez", 200, 200, 200),
    ("/readyz", 200, 200, 200),
    ("/health", 200, 426, 200),
    ("/stats", 200, 426, 200),
    ("/ws", 400, 426, 404),
    ("/ws/topic", 400, 426, 404),
    ("/nowhere", 404, 426, 404),
]


@pytest.mark.parametrize("path, statuses", [(path, wanted) for path, *wanted in HTTP_STATUSES])
def test_plain_http_is_answered_as_its_dialect_does(addresses, path, statuses):
    for dialect, status in zip(DIALECTS, statuses):
        full = get(addresses[dialect], path)
        assert full.status == status and full.body
        assert get(addresses[dialect], path, "HEAD").body == b""


def test_health_is_two_letters_or_an_object(addresses):
    assert get(addresses["command"], "/health").body == b"ok"
    assert json.loads(get(addresses["topic"], "/health").body)["status"] == "healthy"


def test_the_log_has_the_dialect(start):
    server = start(listen=["127.0.0.1:0", "127.0.0.1:0=topic"])
    server.wait_for_line(r"listening on 127\.0\.0\.1:%d \(command\)" % server.addresses[0][1])
    server.wait_for_line(r"listening on 127\.0\.0\.1:%d \(topic\)" % server.addresses[1][1])


def test_a_unix_socket_accepts_any_dialect(start, tmp_path):
    path = str(tmp_path / "parley.sock")
    server = start(listen=[f"unix:{path}=action"])
    assert server.address == path
    with Action(path) as member:
        assert member.greeting["status"] == "connected"


def test_an_unknown_dialect_ends_the_start():
    late = subprocess.run(
        [PARLEYD, "--listen", "127.0.0.1:0=topics"], capture_output=True, timeout=DEADLINE
    )
    assert late.returncode == 64
    assert b'there is no dialect "topics"; did you mean topic?' in late.stderr


SEED_PORTS = {"command": 8080, "action": 8765, "topic": 8000, "dotnet": 5106}


@pytest.fixture
def seed_ports():
    with fixed_ports(*SEED_PORTS.values()):
        yield


def test_it_takes_the_place_of_the_first_servers(seed_ports, start):
    server = start("--seed-ports")
    for dialect, port in SEED_PORTS.items():
        server.wait_for_line(rf"listening on 127\.0\.0\.1:{port} \({dialect}\)")
    Chat(("127.0.0.1", 8080)).leave()
    with Action(("127.0.0.1", 8765)) as action, Topic(("127.0.0.1", 8000)) as topic:
        room = action.create()
        topic.join("alice", room)
        topic.post("hello")
        assert action.next()["body"] == "hello"
    assert get(server.address, "/livez").status == 200
