"""TLS in the server: handshakes, certificates by name, reload, hostile peers."""

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection

import pytest

from certificates import make_certificate
from client import TEXT, Chat, Connection, Gone, frame, get, head, plain_head
from server import DEADLINE, ENVIRONMENT, PARLEYD, eventually

LISTEN = ("127.0.0.1:0,tls",)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    for name in "localhost", "chat.example", "user":
        make_certificate(folder, name, f"DNS:{name}")
    return folder


def trust(files, name="localhost"):
    return ssl.create_default_context(cafile=files / f"{name}.pem")


def options(files, *names):
    return (
        "--tls-certificate", ",".join(str(files / f"{n}.pem") for n in names),
        "--tls-key", ",".join(str(files / f"{n}.key") for n in names),
    )


@pytest.fixture
def server(start, files):
    return start(*options(files, "localhost"), listen=LISTEN)


def test_members_talk_under_tls(server, files):
    server.wait_for_line(r"listening on .* \(command, TLS\)")
    tls = trust(files)
    with Chat(server.address, tls=tls) as alice, \
            Chat(server.address, tls=tls) as bob:
        alice.ask_ok("create", name="tea", room="tea")
        bob.ask_ok("join", room="tea")
        for size in 1, 1000, 16384, 60000:
            ack = alice.ask_ok("broadcast", room="tea", message="x" * size)
            assert ack["recipients"] == 2
        got = [e for e in (bob.next() for _ in range(4))]
        assert [len(e["message"]) for e in got] == [1, 1000, 16384, 60000]


def test_pages_of_the_same_host_without_tls_are_of_another_site(server, files):
    host = "localhost:%d" % server.address[1]
    for scheme, status in ("https", 101), ("http", 403):
        with Connection(server.address, trust(files)) as connection:
            connection.send(head(Host=host, Origin=f"{scheme}://{host}"))
            assert connection.read_response().status == status


def test_a_slow_reader_gets_everything_in_order(server, files):
    """The socket is full, so records wait in the server."""
    tls = trust(files)
    with Chat(server.address, tls=tls) as alice, \
            Chat(server.address, tls=tls) as bob:
        alice.ask_ok("create", name="tea", room="tea")
        bob.ask_ok("join", room="tea")
        for number in range(100):
            alice.ask_ok("broadcast", room="tea",
                         message=f"{number} " + "x" * 8000)
        got = [bob.next()["message"].split()[0] for _ in range(100)]
        assert got == [str(number) for number in range(100)]


def test_files_under_tls(server, files):
    """Records that OpenSSL has read already make no socket readable."""
    content = os.urandom(1_000_000)
    connection = HTTPSConnection("localhost", server.address[1], context=trust(files),
                                 timeout=DEADLINE)
    for _ in range(3):
        connection.request("POST", "/v1/files?name=a.bin", content)
        made = json.loads(connection.getresponse().read())
        connection.request("GET", made["url"])
        assert connection.getresponse().read() == content
    connection.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                     ssl.TLSVersion.TLSv1_3])
def test_both_versions_and_http(server, files, version):
    tls = trust(files)
    tls.minimum_version = tls.maximum_version = version
    tls.set_alpn_protocols(["h2", "http/1.1"])
    with Connection(server.address, tls) as connection:
        assert connection.socket.selected_alpn_protocol() == "http/1.1"
        connection.send(plain_head("/livez"))
        assert connection.read_response().status == 200


def openssl_client(address, *arguments, text=b""):
    return subprocess.run(
        ["openssl", "s_client", "-connect", "%s:%d" % address[:2],
         *arguments], input=text, capture_output=True, timeout=DEADLINE)


@pytest.mark.parametrize("arguments", [
    ("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"),
    ("-alpn", "h2"),
    ("-cipher", "NULL", "-tls1_2"),
])
def test_other_versions_and_protocols_are_refused(server, arguments):
    assert openssl_client(server.address, *arguments).returncode != 0


def test_renegotiation_is_refused(server):
    done = openssl_client(server.address, "-tls1_2", "-crlf",
                          text=b"R\nGET /livez HTTP/1.1\n")
    assert b"RENEGOTIATING" in done.stdout + done.stderr
    assert b"HTTP/1.1 200" not in done.stdout


def test_sessions_are_resumed(server, files):
    tls = trust(files)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    first = Connection(server.address, tls)
    session = first.socket.session
    first.socket.close()
    raw = socket.create_connection(server.address[:2], DEADLINE)
    with tls.wrap_socket(raw, server_hostname="localhost",
                         session=session) as again:
        assert again.session_reused


def test_the_certificate_is_chosen_by_name(start, files):
    server = start(*options(files, "localhost", "chat.example"), listen=LISTEN)
    for name in "localhost", "chat.example":
        with Connection(server.address, trust(files, name), name):
            pass
    with Connection(server.address, trust(files), "localhost") as connection:
        assert connection.socket.version() == "TLSv1.3"


def test_reload_changes_the_certificate_and_keeps_connections(start, files,
                                                              tmp_path):
    paths = [tmp_path / "cert.pem", tmp_path / "key.pem"]

    def install(name):
        for path, kind in zip(paths, ("pem", "key")):
            path.write_bytes((files / f"{name}.{kind}").read_bytes())

    install("localhost")
    server = start("--tls-certificate", str(paths[0]),
                   "--tls-key", str(paths[1]), listen=LISTEN)
    with Chat(server.address, tls=trust(files)) as alice:
        install("chat.example")
        server.signal(signal.SIGHUP)
        server.wait_for_line("reloaded")
        with Connection(server.address, trust(files, "chat.example"),
                        "chat.example"):
            pass
        alice.ask_ok("ping")
        paths[1].write_text("no key")
        server.signal(signal.SIGHUP)
        server.wait_for_line("TLS: private key .*key.pem")
        server.wait_for_line("not reloaded")
        with Connection(server.address, trust(files, "chat.example"),
                        "chat.example"):
            pass
        alice.ask_ok("ping")


def test_reloads_under_load_drop_no_connection(start, files):
    server = start(*options(files, "localhost"), "--limits-messages", "0",
                   listen=LISTEN)
    chats = [Chat(server.address, tls=trust(files)) for _ in range(10)]
    for chat in chats:
        chat.ask_ok("join", room="tea", create=True)
    reloaded = threading.Event()
    posted = []

    def next_number(chat):
        while not isinstance(number := chat.next().get("message"), int):
            pass
        return number

    def post():
        while not reloaded.is_set():
            number = len(posted)
            chats[0].post("tea", number)
            assert [next_number(chat) for chat in chats[1:]] == [number] * 9
            posted.append(number)

    with ThreadPoolExecutor() as pool:
        posting = pool.submit(post)
        for n in range(10):
            before = len(posted)
            server.signal(signal.SIGHUP)
            server.wait_for_line("reloaded", n)
            # Handshakes go on, too.
            Chat(server.address, tls=trust(files)).leave()
            eventually(lambda: len(posted) > before)
        reloaded.set()
        posting.result()
    for chat in chats:
        chat.leave()


def test_clients_need_a_certificate_if_required(start, files):
    server = start(*options(files, "localhost"), "--tls-client-ca",
                   str(files / "user.pem"), listen=LISTEN)
    tls = trust(files)
    with pytest.raises((Gone, OSError)), \
            Connection(server.address, tls) as connection:
        connection.send(plain_head("/livez"))
        connection.read_response()
    tls.load_cert_chain(files / "user.pem", files / "user.key")
    with Chat(server.address, tls=tls) as alice:
        alice.ask_ok("ping")


@pytest.mark.parametrize("certificate, key, why", [
    ("none.pem", "localhost.key", "certificate .*none.pem: No such file"),
    ("localhost.pem", "none.key", "private key .*none.key: No such file"),
    ("localhost.pem", "user.key", "private key .*user.key: key values mismatch"),
    ("localhost.key", "localhost.key", "certificate .*localhost.key: "),
    ("localhost.pem,user.pem", "localhost.key", "no private key for it"),
])
def test_the_server_does_not_start_with_bad_files(files, certificate, key, why):
    done = subprocess.run(
        [PARLEYD, "--listen", LISTEN[0], "--tls-certificate",
         ",".join(str(files / c) for c in certificate.split(",")),
         "--tls-key", str(files / key)],
        capture_output=True, text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode == 78
    assert re.search(why, done.stderr), done


def test_a_listener_without_a_certificate_is_a_usage_error():
    done = subprocess.run([PARLEYD, "--listen", LISTEN[0]],
                          capture_output=True, text=True, timeout=DEADLINE,
                          env=ENVIRONMENT)
    assert done.returncode == 64
    assert "needs tls.certificate and tls.key" in done.stderr


# --- hostile peers ------------------------------------------------------------


def test_what_is_not_tls_costs_only_its_connection(server, files):
    with Chat(server.address, tls=trust(files)) as alice:
        for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"\x16\x03\x01\xff\xff" + b"\0" * 40,
                     os.urandom(4096), b"\x15\x03\x03\0\x02\x02\x28"):
            with socket.create_connection(server.address[:2], DEADLINE) as raw:
                with contextlib.suppress(OSError):  # it may be reset
                    raw.sendall(data)
                    raw.shutdown(socket.SHUT_WR)
                    while raw.recv(4096):
                        pass
        alice.ask_ok("ping")
    server.wait_for_line("TLS handshake failed: ")


def test_a_silent_handshake_is_ended(start, files):
    server = start(*options(files, "localhost"), "--limits-handshake-timeout",
                   "200ms", listen=LISTEN)
    with socket.create_connection(server.address[:2], DEADLINE) as raw:
        raw.settimeout(DEADLINE)
        raw.sendall(b"\x16\x03\x01")
        with contextlib.suppress(ConnectionResetError):
            assert raw.recv(1) == b""


def test_a_record_for_each_byte_and_no_close_notify(server, files):
    tls = trust(files)
    with Chat(server.address, tls=tls) as alice:
        bob = Chat(server.address, tls=tls)
        bob.send_in_bytes(frame(TEXT, '{"command":"ping","ref":1}'))
        assert bob.next()["event"] == "pong"
        os.close(bob.socket.detach())
        eventually(lambda: alice.ask_ok("list")["members"] == [alice.name])


def test_many_handshakes_at_once(server, files):
    tls = trust(files)
    failures = []

    def connect():
        try:
            for _ in range(5):
                with Chat(server.address, tls=tls) as member:
                    member.ask_ok("ping")
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=connect) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert failures == []


def test_plain_and_tls_side_by_side(start, files):
    server = start(*options(files, "localhost"),
                   listen=("127.0.0.1:0", "127.0.0.1:0,tls"))
    with Chat(server.addresses[0]) as alice, \
            Chat(server.addresses[1], tls=trust(files)) as bob:
        alice.ask_ok("create", name="tea", room="tea")
        bob.ask_ok("join", room="tea")
        bob.ask_ok("broadcast", room="tea", message="hello")
        alice.expect("broadcast", message=f"{bob.name} has joined!")
        alice.expect("join", room="tea")
        alice.expect("broadcast", message="hello")
        assert get(server.addresses[0], "/livez").status == 200
