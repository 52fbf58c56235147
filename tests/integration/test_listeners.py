"""Where it listens."""

import os
import socket
import subprocess

import pytest

from client import Chat, get
from server import DEADLINE, PARLEYD, Server


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
