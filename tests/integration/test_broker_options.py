"""What the options of the broker do, with real nodes and real servers of Redis."""

import re
import signal
import subprocess

import pytest

from certificates import make_certificate, make_rsa_key
from cluster_faults import free_ports
from client import Chat, get
from redis_server import Redis
from server import AT_ONCE, DEADLINE, PARLEYD, Server, eventually


def node_at(url, *options):
    return Server(PARLEYD, *AT_ONCE, "--broker-url", url, *options)


def is_ready(server):
    return get(server.address, "/readyz").status == 200


def rooms_in(redis):
    """The rooms whose logs it has."""
    keys = redis.ask("KEYS", "*{room:*}:log")
    return {key.split("{room:")[1].split(":")[0] for key in keys}


def test_rooms_are_spread_over_several_redis():
    count = 12
    with Redis() as one, Redis() as two:
        url = f"{one.url},{two.url}"
        with node_at(url) as first, node_at(url) as second:
            alice, bob = Chat(first.address), Chat(second.address)
            rooms = [f"room{number}" for number in range(count)]
            for room in rooms:
                alice.ask_ok("create", name=room, room=room, persistent=True)
                eventually(lambda room=room: bob.ask("join", room=room)["event"] == "joined")
                alice.ask_ok("broadcast", room=room, message=room)
                while bob.next().get("message") != room:
                    pass
            here, there = rooms_in(one), rooms_in(two)
            assert here and there and not here & there
            assert here | there == set(rooms)
            assert not one.ask("KEYS", "*{chat}*") or not two.ask("KEYS", "*{chat}*")
            # One of them is away: the rooms of the other go on.
            has_chat, other = (one, two) if one.ask("KEYS", "*{chat}*") else (two, one)
            lives, rests = rooms_in(has_chat).pop(), rooms_in(other).pop()
            other.kill()
            eventually(lambda: alice.ask("broadcast", room=rests, message="x")["event"]
                       == "error")
            assert alice.ask_ok("broadcast", room=lives, message="on")["seq"] == 2
            other.start()
            eventually(lambda: alice.ask("broadcast", room=rests, message="y")["event"]
                       == "ack")
            for member in alice, bob:
                member.leave()


def test_an_acknowledgement_waits_for_a_replica():
    port, other = free_ports(2)
    with Redis("--port", str(port)) as redis, \
            Redis("--port", str(other), "--replicaof", "127.0.0.1", str(port),
                  "--repl-diskless-sync-delay", "0") as replica:
        eventually(lambda: "master_link_status:up" in replica.ask("INFO"))
        with node_at(redis.url, "--broker-ack", "replica", "--broker-give-up", "3s",
                     "--broker-timeout", "1s") as node:
            alice = Chat(node.address)
            alice.ask_ok("create", name="tea", room="tea", persistent=True)
            alice.ask_ok("broadcast", room="tea", message="both have it", key="1")
            replica.signal(signal.SIGSTOP)
            got = alice.ask("broadcast", room="tea", message="one has it", key="2")
            assert got["code"] in ("store_failed", "unavailable"), got
            replica.signal(signal.SIGCONT)
            eventually(lambda: alice.ask("broadcast", room="tea", message="one has it",
                                         key="2")["event"] == "ack")
            page = alice.ask_ok("history", room="tea")["messages"]
            assert [message["message"] for message in page] == ["both have it", "one has it"]
            alice.leave()


def test_the_password_is_in_a_file(tmp_path):
    path = tmp_path / "password"
    path.write_text("secret\n")
    with Redis("--requirepass", "secret") as redis:
        with node_at(redis.url, "--broker-password-file", str(path)) as node:
            node.wait_for_line("the broker is ready")
        path.write_text("another\n")
        with node_at(redis.url, "--broker-password-file", str(path)) as node:
            node.wait_for_line("WRONGPASS")
            assert not is_ready(node)


@pytest.fixture
def tls(tmp_path):
    """The port of a Redis with TLS, and the files of its certificate and key."""
    checked = subprocess.run([PARLEYD, "--check-config", "--broker-url", "rediss://h"],
                             capture_output=True, text=True, check=False)
    if "no TLS to Redis" in checked.stderr:
        pytest.skip("parleyd was built with a hiredis that has no TLS")
    certificate, key = make_certificate(tmp_path, "localhost", "DNS:localhost")
    port, = free_ports(1)
    with Redis("--tls-port", str(port), "--tls-cert-file", certificate,
               "--tls-key-file", key, "--tls-ca-cert-file", certificate) as redis:
        redis.tls_port, redis.certificate, redis.key = port, certificate, key
        yield redis


def certified(redis):
    """The options of a node that has the certificate, too."""
    return ("--broker-ca", str(redis.certificate), "--broker-certificate",
            str(redis.certificate), "--broker-key", str(redis.key))


def test_nodes_reach_redis_over_tls(tls):
    url = f"rediss://localhost:{tls.tls_port}"
    with node_at(url, *certified(tls)) as first, node_at(url, *certified(tls)) as second:
        alice, bob = Chat(first.address), Chat(second.address)
        alice.ask_ok("create", name="tea", room="tea", persistent=True)
        eventually(lambda: bob.ask("join", room="tea")["event"] == "joined")
        # Several records of TLS at once.
        for turn in range(5):
            texts = [f"{turn} {number} " + "x" * 2000 for number in range(50)]
            for text in texts:
                alice.send_command("broadcast", room="tea", message=text)
            for member in alice, bob:
                for text in texts:
                    while member.next().get("message") != text:
                        pass
        tls.kill()
        first.wait_for_line("the broker cannot be reached")
        tls.start()
        eventually(lambda: alice.ask("broadcast", room="tea", message="on")["event"] == "ack")
        while bob.next().get("message") != "on":
            pass
        for member in alice, bob:
            member.leave()


@pytest.mark.parametrize("host, options, why", [
    ("localhost", 0, "self-signed certificate"),
    ("127.0.0.1", 2, "IP address mismatch"),
    # The server may close before its reason has arrived.
    ("localhost", 2, "certificate required|reset by peer|cannot connect"),
])
def test_certificates_of_redis_and_node_are_checked(tls, host, options, why):
    url = f"rediss://{host}:{tls.tls_port}"
    where = ("--broker-url", url, *certified(tls)[:options])
    with Server(PARLEYD, *AT_ONCE, *where) as node:
        node.wait_for_line(why)
        assert not is_ready(node)
    found = subprocess.run([PARLEYD, "doctor", "--listen", "127.0.0.1:0", *where],
                           capture_output=True, text=True, check=False)
    assert re.search(why, found.stdout), found.stdout


@pytest.mark.parametrize("option, why", [
    ("ca", "No such file or directory"),
    ("certificate", "No such file or directory"),
    ("key", "No such file or directory"),
    ("key of another kind", "no certificate assigned"),
])
def test_files_of_certificates_are_checked_at_the_start(tls, tmp_path, option, why):
    name, _, kind = option.partition(" ")
    wrong = tmp_path / "wrong"
    if kind:
        make_rsa_key(wrong)
    where = ("--listen", "127.0.0.1:0", "--broker-url", f"rediss://localhost:{tls.tls_port}",
             *certified(tls), f"--broker-{name}", str(wrong))
    ended = subprocess.run([PARLEYD, *where], capture_output=True, text=True, check=False,
                           timeout=DEADLINE)
    assert ended.returncode == 78
    assert f"broker.{name}: {why}" in ended.stderr
    found = subprocess.run([PARLEYD, "doctor", *where], capture_output=True, text=True,
                           check=False)
    assert f"broker.{name}: {why}" in found.stdout


def test_new_certificates_are_read_on_sighup(tls, tmp_path):
    with node_at(f"rediss://localhost:{tls.tls_port}", *certified(tls)) as node:
        node.wait_for_line("the broker is ready")
        make_certificate(tmp_path, "localhost", "DNS:localhost")
        tls.kill()
        tls.start()
        node.signal(signal.SIGHUP)
        node.wait_for_line("the broker is back")


@pytest.mark.parametrize("option", ["ca", "certificate", "key"])
def test_wrong_certificates_on_sighup_change_nothing(tls, tmp_path, option):
    files = {name: tmp_path / name for name in ("ca", "certificate", "key")}
    for name, path in files.items():
        path.write_bytes((tls.key if name == "key" else tls.certificate).read_bytes())
    where = [word for name, path in files.items() for word in (f"--broker-{name}", str(path))]
    with node_at(f"rediss://localhost:{tls.tls_port}", *where) as node:
        node.wait_for_line("the broker is ready")
        files[option].unlink()
        node.signal(signal.SIGHUP)
        node.wait_for_line(f"broker.{option}: No such file or directory")
        node.wait_for_line("not reloaded")
        tls.kill()
        node.wait_for_line("the broker cannot be reached")
        tls.start()
        node.wait_for_line("the broker is back")


def test_sentinels_and_their_primary_are_reached_over_tls(tls, tmp_path):
    port, = free_ports(1)
    files = ("--tls-cert-file", tls.certificate, "--tls-key-file", tls.key,
             "--tls-ca-cert-file", tls.certificate)
    config = f"""sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel monitor main localhost {tls.tls_port} 1
"""
    with Redis("--sentinel", "--tls-port", str(port), "--tls-replication", "yes", *files,
               config=config) as sentinel:
        eventually(lambda: "status=ok" in sentinel.ask("INFO"))
        with node_at(f"rediss+sentinel://localhost:{port}/main", *certified(tls)) as node:
            node.wait_for_line("the broker is ready")


@pytest.fixture
def away():
    """A Redis that does not run."""
    with Redis() as redis:
        redis.kill()
        yield redis


def test_a_node_that_requires_the_broker_ends_without_it(away):
    node = node_at(away.url, "--broker-required", "on")
    node.wait_for_line("broker.required is on")
    assert node.process.wait() == 69


def test_a_node_waits_for_a_broker_that_it_does_not_require(away):
    with node_at(away.url) as node:
        assert get(node.address, "/version").status == 200
        assert not is_ready(node)
        away.start()
        eventually(lambda: is_ready(node))
        Chat(node.address).leave()


@pytest.mark.parametrize("answer", ["ready", "not-ready"])
def test_readiness_without_the_broker_is_chosen(answer):
    with Redis() as redis, node_at(redis.url, "--broker-down", answer) as node:
        node.wait_for_line("the broker is ready")
        eventually(lambda: is_ready(node))
        redis.kill()
        node.wait_for_line("the broker cannot be reached")
        assert is_ready(node) == (answer == "ready")


def test_a_message_without_an_answer_is_given_up():
    with Redis() as redis, node_at(redis.url, "--broker-give-up", "3s",
                                   "--broker-timeout", "1s") as node:
        alice = Chat(node.address)
        alice.ask_ok("create", name="tea", room="tea", persistent=True)
        alice.ask_ok("broadcast", room="tea", message="before")
        redis.signal(signal.SIGSTOP)
        assert alice.ask("broadcast", room="tea", message="x")["code"] == "store_failed"
        redis.signal(signal.SIGCONT)
        alice.leave()
