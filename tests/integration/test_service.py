"""Under a service manager: its notifications, and sockets that it passes."""

import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from client import Chat
from server import AT_ONCE, DEADLINE, ENVIRONMENT, PARLEYD, Server


class Manager:
    """Receives what a service sends to its manager."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(DEADLINE)
        self.socket.bind(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def receive(self):
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.split("\n"))

    def wait_for(self, name):
        """The next message with this variable; those before it."""
        before = []
        while True:
            message = self.receive()
            if name in message:
                return message, before
            before.append(message)

    def is_silent(self, seconds):
        self.socket.settimeout(seconds)
        try:
            return self.receive() is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(DEADLINE)

    def drop_all(self):
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            self.socket.settimeout(DEADLINE)


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    path = f"{tmp_path}/notify"
    address = f"\0{path}" if request.param == "abstract" else path
    with Manager(address) as manager:
        manager.variable = address.replace("\0", "@")
        yield manager


def test_its_life_in_notifications(manager):
    environment = {"NOTIFY_SOCKET": manager.variable}
    with Server(PARLEYD, *AT_ONCE, environment=environment) as server:
        assert manager.receive() == {"READY": "1"}
        assert manager.receive() == {"STATUS": "connections: 0, rooms: 0"}
        before = time.monotonic_ns() // 1000
        server.signal(signal.SIGHUP)
        reloading, _ = manager.wait_for("RELOADING")
        assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert manager.receive() == {"READY": "1"}
        with Chat(server.address) as member:
            member.ask_ok("join", room="den", create=True)
            status, others = manager.wait_for("STATUS")
            assert status["STATUS"] in ("connections: 1, rooms: 1",
                                        "connections: 1, rooms: 0")
            assert others == []
        server.signal()
        stopping, _ = manager.wait_for("STOPPING")
        # 28 s of drain.timeout, and 7 for the store.
        assert stopping == {"STOPPING": "1", "EXTEND_TIMEOUT_USEC": "35000000"}


def test_a_reload_that_fails_ends_too(manager, tmp_path):
    config = tmp_path / "parley.conf"
    config.write_text("limits.rooms = 5\n")
    environment = {"NOTIFY_SOCKET": manager.variable}
    with Server(PARLEYD, *AT_ONCE, "--config", str(config), environment=environment) as server:
        assert manager.receive() == {"READY": "1"}
        config.write_text("limits.rooms = many\n")
        server.signal(signal.SIGHUP)
        manager.wait_for("RELOADING")
        assert manager.receive() == {"READY": "1"}
        server.wait_for_line("not reloaded")


def test_the_watchdog_is_of_the_loop(tmp_path):
    """A process that does not run its loop sends no notifications."""
    with Manager(f"{tmp_path}/notify") as manager:
        environment = {"NOTIFY_SOCKET": f"{tmp_path}/notify", "WATCHDOG_USEC": "400000"}
        with Server(PARLEYD, *AT_ONCE, environment=environment) as server:
            for _ in range(3):
                manager.wait_for("WATCHDOG")
            server.signal(signal.SIGSTOP)
            os.waitid(os.P_PID, server.pid, os.WSTOPPED)
            manager.drop_all()
            assert manager.is_silent(0.5)
            server.signal(signal.SIGCONT)
            manager.wait_for("WATCHDOG")


def test_the_watchdog_of_another_process_is_left_alone(tmp_path):
    with Manager(f"{tmp_path}/notify") as manager:
        environment = {"NOTIFY_SOCKET": f"{tmp_path}/notify", "WATCHDOG_USEC": "1000",
                       "WATCHDOG_PID": "1"}
        with Server(PARLEYD, *AT_ONCE, environment=environment):
            assert manager.receive() == {"READY": "1"}
            _, before = manager.wait_for("STATUS")
            assert before == []


def test_a_manager_that_is_gone_does_no_harm(tmp_path):
    environment = {"NOTIFY_SOCKET": f"{tmp_path}/nothing"}
    with Server(PARLEYD, *AT_ONCE, environment=environment) as server:
        server.wait_for_line("NOTIFY_SOCKET .*No such file")
        with Chat(server.address) as member:
            member.ask_ok("ping")


def test_a_wrong_address_is_logged():
    with Server(PARLEYD, *AT_ONCE, environment={"NOTIFY_SOCKET": "vsock:2:1"}) as server:
        server.wait_for_line("NOTIFY_SOCKET vsock:2:1 is no address of a Unix socket")


# --- sockets -------------------------------------------------------------------


def listening(family=socket.AF_INET, address=("127.0.0.1", 0)):
    bound = socket.socket(family)
    bound.bind(address)
    bound.listen()
    return bound


def test_a_socket_is_found_by_its_address():
    with listening() as bound:
        host, port = bound.getsockname()
        with Server(PARLEYD, *AT_ONCE, listen=(f"{host}:{port}",),
                    sockets=[("parleyd.socket", bound)]) as server:
            assert server.address == (host, port)
            with Chat(server.address) as member:
                member.ask_ok("ping")


def test_sockets_are_found_by_their_name(tmp_path):
    """Two of one name, and one of another dialect."""
    path = f"{tmp_path}/socket"
    with listening() as one, listening(socket.AF_UNIX, path) as two, listening() as three:
        sockets = [("chat", one), ("old", three), ("chat", two)]
        with Server(PARLEYD, *AT_ONCE, listen=("fd:chat", "fd:old=topic"),
                    sockets=sockets) as server:
            assert server.address == one.getsockname()
            assert server.addresses[1] == path
            server.wait_for_line(rf"listening on 127.0.0.1:{three.getsockname()[1]} \(topic")
            for address in server.addresses:
                with Chat(address) as member:
                    member.ask_ok("ping")
        # The manager's, which may start the server again.
        assert os.path.exists(path)


def test_connections_outlive_a_restart():
    """Connections that were made while no server ran are accepted."""
    with listening() as bound:
        address = bound.getsockname()
        with socket.create_connection(address, DEADLINE) as early:
            early.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with Server(PARLEYD, *AT_ONCE, listen=("fd:chat",), sockets=[("chat", bound)]):
                assert early.recv(4096).startswith(b"HTTP/1.1 200")


def refused(listen, *sockets):
    """The log of a server that does not start."""
    with pytest.raises(AssertionError) as caught:
        Server(PARLEYD, *AT_ONCE, listen=(listen,), sockets=sockets)
    return str(caught.value)


def test_a_socket_without_a_listener_is_an_error():
    with listening() as bound:
        log = refused("127.0.0.1:0", ("chat", bound))
        assert "chat) is passed, and listen names neither its address nor fd:chat" in log


def test_a_name_without_a_socket_is_an_error():
    with listening() as bound:
        assert "no socket with the name other is passed" in refused("fd:other", ("chat", bound))


def test_a_socket_that_does_not_listen_is_an_error():
    with socket.socket() as idle, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        assert "the socket does not listen" in refused("fd:chat", ("chat", idle))
        assert "not a stream socket" in refused("fd:chat", ("chat", datagrams))


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"),
                    reason="systemd-socket-activate is not installed")
def test_systemd_itself_passes_a_socket(tmp_path):
    path = f"{tmp_path}/socket"
    command = ["systemd-socket-activate", "-l", path, "--fdname=chat",
               *(f"--setenv={name}={value}" for name, value in ENVIRONMENT.items()
                 if name.startswith(("PARLEY", "ASAN", "UBSAN", "LSAN"))),
               PARLEYD, *AT_ONCE, "--listen", "fd:chat"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("Listening on"):
                break
        try:
            with Chat(path) as member:  # which starts the server
                member.ask_ok("ping")
        finally:
            process.terminate()
            process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
