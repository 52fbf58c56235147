"""PARLEY_NODES=3: each server of the tests is that many nodes, which share a real
Redis, and its clients are spread over them.

Tests expect that commands run in the order in which they were sent. One node runs them
in the order in which it reads them; several nodes learn of them at different times. So
before a client sends something, every node has run all commands of before.
"""

import atexit
import functools
import itertools
import os
import socket
import tempfile

from api import KEY
from redis_server import Redis
from server import DEADLINE, PARLEYD, Server

COUNT = int(os.environ.get("PARLEY_NODES", "1"))

# Files of tests that run with one node only, and the reason.
ALONE = {
    "test_store_": "the file store, which a node with a broker has not",
    "test_slow_readers": "memory and sockets of one process",
    "test_flow_control": "memory and sockets of one process",
    "test_accounting": "memory of one process",
    "test_budgets": "the rate at which one process reads",
    "test_hostile": "the connection of one client",
    "test_rfc": "frames of one connection",
    "test_native_deflate": "frames of one connection",
    "test_http": "requests to one process",
    "test_listeners": "addresses of one process",
    "test_server_tls": "TLS of one process",
    "test_proxies": "headers of one connection",
    "test_limits": "limits of one process",
    "test_logs": "lines of one process",
    "test_metrics": "figures of one process",
    "test_options": "options of one process",
    "test_unit": "the service of one process",
    "test_service": "the service of one process",
    "test_doctor": "the doctor of one machine",
    "test_howto": "proxies in front of one process",
    "test_upgrade": "another process in place of one",
    "test_drain": "the end of one process",
    "test_web": "pages and files of one process",
    "test_auth": "who may connect: no state that nodes share",
    "test_accounts": "accounts of one process: a file that it reads",
    "test_users": "accounts of one process: a file that it reads",
    "test_revocation": "a file that one process reads",
    "test_hook": "who may connect: no state that nodes share",
    "test_api": "requests to one process, and its streams",
    "test_nodes": "starts nodes of its own",
    "test_cluster_faults": "starts nodes of its own",
    "test_broker_options": "starts nodes of its own",
    "test_files_kill": "the directory of one process",
    "test_dotnet_monitoring": "the last commands of one process",
    "test_health": "health of one process",
    "test_trace": "what happens in one process",
    "test_workers": "threads of one process",
}


# Single tests, in the same way.
ALONE_TESTS = {
    "test_dialects_together.py::test_a_drain_closes_members_of_all_dialects":
        "the end of one process",
    "test_native_rooms.py::test_the_greeting_has_limits_and_versions":
        "the durability of one process",
    "test_command_seed.py::test_list_omits_closed_connections":
        "the end of a connection reaches the other nodes a little later",
    "test_files.py::test_an_upload_that_breaks_off_is_removed_unless_it_can_go_on":
        "figures of one process",
    "test_files.py::test_backends_share_files_and_read_all":
        "the listener of the backends",
    "test_dotnet_files.py::test_a_shared_file_is_sent_to_all":
        "each node reports how many of its members have got a file",
    "test_files.py::test_memory_is_bounded_and_rights_are_needed":
        "the memory of one process",
    "test_files.py::test_a_file_expires":
        "figures of one process",
    "test_dotnet_files.py::test_a_receiver_that_does_not_read_delays_its_own_file_only":
        "figures of one process",
    "test_dotnet_files.py::test_a_disk_that_takes_nothing_delays_its_uploads_only":
        "the disk of one process",
    # Differences of several nodes from one: see docs/cluster.md.
    "test_files.py::test_limits_of_size_quota_and_type":
        "files of other nodes count within a minute",
    "test_dotnet_seed.py::test_other_keys_of_a_chat_are_kept":
        "keys of a lobby message that the chat does not use stay at its node",
    "test_topic_seed.py::test_health_counts_what_is_going_on":
        "messages are counted where a room has members",
}


@functools.cache
def shared_redis():
    redis = Redis()
    atexit.register(redis.end)
    return redis


_numbers = itertools.count(1)


class Barrier:
    """A command that all nodes run, on a connection to one of them."""

    request = (f"DELETE /v1/rooms/nowhere HTTP/1.1\r\nHost: localhost\r\n"
               f"Authorization: Bearer {KEY}\r\n\r\n").encode()

    def __init__(self, server):
        host, port = server.wait_for_line(r"listening on (\S+):(\d+)$").groups()
        self.address = host, int(port)
        self.socket = socket.create_connection(self.address, DEADLINE)

    def begin(self):
        self.socket.sendall(self.request)

    def receive(self):
        answer = b""
        while not answer.endswith(b"}\n"):
            more = self.socket.recv(4096)
            if not more:
                break
            answer += more
        return answer

    def end(self):
        answer = self.receive()
        if not answer:
            # The server has closed a connection that was idle.
            self.socket.close()
            self.socket = socket.create_connection(self.address, DEADLINE)
            self.begin()
            answer = self.receive()
        assert answer.startswith(b"HTTP/1.1 404 "), answer


class NodeAddress(tuple):
    """An address; `settle` is called before something is sent there."""

    settle = None


class Nodes:
    """Has the interface of one Server; what is not about clients is that of the first
    node."""

    def __init__(self, program, *options, environment=None, **how):
        own = ["--broker-url", shared_redis().url,
               "--broker-prefix", f"test-{os.getpid()}-{next(_numbers)}:"]
        self.files = tempfile.TemporaryDirectory(prefix="parley-files-")
        if "--files-dir" not in options:
            own += ["--files-dir", self.files.name]
        if "--admin-key" not in options:
            own += ["--admin-key", KEY]
        if "--admin-listen" not in options:
            own += ["--admin-listen", "127.0.0.1:0"]
        self.nodes = []
        self.barriers = []
        self.turn = itertools.cycle(range(COUNT))
        try:
            for _ in range(COUNT):
                self.nodes.append(Server(program, *options, *own,
                                         environment=environment, **how))
                self.barriers.append(Barrier(self.nodes[-1]))
        except BaseException:
            self.kill()
            raise
        for node in self.nodes:
            node.wait_for_line("the broker is ready")

    def __getattr__(self, name):
        return getattr(self.nodes[0], name)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.kill()
        else:
            self.stop()

    @property
    def addresses(self):
        """The addresses of the next node."""
        addresses = []
        for address in self.nodes[next(self.turn)].addresses:
            addresses.append(NodeAddress(address))
            addresses[-1].settle = self.settle
        return addresses

    @property
    def address(self):
        return self.addresses[0]

    def settle(self):
        """Every node has run what was done until now: a command that all nodes
        run, and that changes nothing. Once, so that each has sent what it has
        read; once more, so that each has run what all have sent."""
        for _ in range(2):
            for barrier in self.barriers:
                barrier.begin()
            for barrier in self.barriers:
                barrier.end()

    def stop(self):
        for barrier in self.barriers:
            barrier.socket.close()
        for node in self.nodes:
            node.stop()

    def kill(self):
        for node in self.nodes:
            node.kill()


def started(program, *options, **how):
    """A server of the tests, in the mode that was asked for."""
    several = COUNT > 1 and program == PARLEYD and "file" not in options
    return (Nodes if several else Server)(program, *options, **how)


def is_alone(module):
    return COUNT > 1 and any(module.startswith(name) for name in ALONE)


def why_alone(test):
    """The reason, or None."""
    return ALONE_TESTS.get(test.split("[")[0].rpartition("/")[2]) if COUNT > 1 else None
