"""Ports that a test cannot choose, for one test process at a time."""

import contextlib
import fcntl
import socket
import tempfile
from pathlib import Path

import pytest

LOCK = Path(tempfile.gettempdir()) / "parley-fixed-ports.lock"


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def fixed_ports(*ports):
    """Skips the test if another program uses one of them."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        taken = [port for port in ports if not port_is_free(port)]
        if taken:
            pytest.skip(f"ports are in use: {taken}")
        yield
