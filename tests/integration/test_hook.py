"""auth.kind = hook: a program of the operator's is asked about each client."""

import contextlib
import http.server
import json
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from certificates import make_certificate
from client import Chat, Connection, get, head
from server import DEADLINE, ENVIRONMENT, PARLEYD, eventually


class Hook:
    """A small HTTP server that gives the answers of the test."""

    def __init__(self, port=0, certificate=None):
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers["Content-Length"])
                asked = json.loads(self.rfile.read(size))
                hook.asked.append(asked)
                hook.arrived.release()
                hook.may_answer.wait()
                status, answer = hook.answer(asked)
                body = answer if isinstance(answer, bytes) else (
                    json.dumps(answer).encode())
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.asked = []
        self.arrived = threading.Semaphore(0)
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.answer = lambda asked: (200, {"user": "alice"})
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/admit"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # The handshake is for the thread of the connection.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
            self.url = f"https://localhost:{self.port}/admit"
        threading.Thread(target=self.server.serve_forever, args=(0.01,),
                         daemon=True).start()

    def stop(self):
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook():
    hook = Hook()
    yield hook
    hook.stop()


@pytest.fixture
def start(start):
    """Servers that wait for a hook of a busy machine."""
    return lambda *options, **how: start("--auth-hook-timeout", "1m", *options, **how)


@pytest.fixture
def server(start, hook):
    return start("--auth-kind", "hook", "--auth-hook-url", hook.url)


def answer_of(address, target="/ws", **headers):
    with Connection(address) as connection:
        connection.send(head(target, **headers))
        return connection.read_response()


def status_of(*how, **headers):
    return answer_of(*how, **headers).status


def test_the_hook_names_the_user_and_its_rights(server, hook):
    hook.answer = lambda asked: (
        200, {"user": "u1", "name": "Alice", "can": ["read"]})
    with Chat(server.address, "/ws?token=t%20x&name=mallory",
              Authorization="Bearer secret", Cookie="a=b", Other="x") as alice:
        assert alice.name == "Alice"
        assert alice.ask("broadcast", message="hi")["code"] == "forbidden"
        alice.leave()
    assert hook.asked == [{
        "headers": {"authorization": "Bearer secret", "cookie": "a=b"},
        "path": "/ws", "query": "token=t%20x&name=mallory",
        "address": "127.0.0.1", "secure": False, "dialect": "command"}]


def test_headers_address_and_dialect_are_in_the_request(start, hook):
    server = start("--auth-kind", "hook", "--auth-hook-url", hook.url,
                   "--auth-hook-headers", "X-Key",
                   "--auth-trusted-proxies", "127.0.0.1",
                   listen=("127.0.0.1:0=action",))
    assert status_of(server.address, "/ws/topic", **{
        "X-Key": "k\xe9", "Authorization": "no",
        "X-Forwarded-For": "2001:db8::7", "X-Forwarded-Proto": "https"}) == 101
    assert hook.asked == [{
        "headers": {"x-key": "k\xe9"}, "path": "/ws/topic", "query": "",
        "address": "2001:db8::7", "secure": True, "dialect": "topic"}]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_has_the_reason_of_the_hook(server, hook, status):
    hook.answer = lambda asked: (status, {"reason": "No seat for s3cret"})
    refused = answer_of(server.address, Authorization="Bearer s3cret")
    assert (refused.status, refused.body) == (status, b"No seat for s3cret\n")
    hook.answer = lambda asked: (status, b"<html>no</html>")
    refused = answer_of(server.address)
    assert (refused.status, refused.body) == (status, b"Refused by the hook\n")
    server.wait_for_line(f"handshake refused with {status}: Refused by the hook")
    assert "s3cret" not in "".join(server.lines)


@pytest.mark.parametrize("status, body, why", [
    (200, b"", "JSON ends too early"),
    (200, {"user": ""}, "user is not a text"),
    (200, {"user": "u\r\nx"}, "user is not a text"),
    (200, {"user": "u", "can": "all"}, "can is not an array"),
    (200, {"user": "u", "x": "y" * 20000}, "its answer is too long"),
    (302, {"user": "u"}, "its status is not 200, 401 or 403"),
    (404, {"user": "u"}, "its status is not 200, 401 or 403"),
    (500, {"user": "u"}, "it has failed"),
])
def test_a_bad_answer_admits_no_client(server, hook, status, body, why):
    hook.answer = lambda asked: (status, body)
    refused = answer_of(server.address, Authorization="Bearer s3cret")
    assert (refused.status, refused.body) == (
        503, b"Authentication unavailable\n")
    server.wait_for_line(f"auth.hook_url: .*{why}")
    assert "s3cret" not in "".join(server.lines)


def test_answers_are_kept_for_their_time(server, hook):
    hook.answer = lambda asked: (200, {"user": "alice", "ttl_s": 60})
    for _ in range(3):
        assert status_of(server.address, Authorization="Bearer a") == 101
    assert len(hook.asked) == 1
    # Anything else is another question.
    assert status_of(server.address, Authorization="Bearer b") == 101
    assert status_of(server.address, "/ws?x", Authorization="Bearer a") == 101
    assert len(hook.asked) == 3
    # Settings may have changed.
    server.signal(signal.SIGHUP)
    server.wait_for_line("reloaded")
    assert status_of(server.address, Authorization="Bearer a") == 101
    assert len(hook.asked) == 4


def test_without_a_time_each_client_is_asked_about(server, hook):
    for _ in range(3):
        assert status_of(server.address) == 101
    assert len(hook.asked) == 3


def test_a_hook_that_is_away_admits_no_client(start, hook):
    server = start("--auth-kind", "hook", "--auth-hook-url", hook.url)
    assert status_of(server.address) == 101
    hook.stop()
    assert status_of(server.address) == 503
    server.wait_for_line("auth.hook_url: it cannot be reached")
    again = Hook(hook.port)
    assert status_of(server.address) == 101
    server.wait_for_line("auth.hook_url: it answers again")
    again.stop()


def test_a_hook_that_is_away_may_leave_guests(start, hook):
    server = start("--auth-kind", "hook", "--auth-hook-url", hook.url,
                   "--auth-hook-down", "allow-anonymous")
    hook.answer = lambda asked: (401, {})
    assert status_of(server.address) == 401
    hook.answer = lambda asked: (200, b"nonsense")
    assert status_of(server.address) == 503
    hook.stop()
    with Chat(server.address) as guest:
        assert guest.ask("create", name="x")["code"] == "unauthorized"
        assert guest.ask_ok("broadcast", message="hi")
        guest.leave()


def test_a_hook_that_hangs_is_given_up(start, hook):
    server = start("--auth-kind", "hook", "--auth-hook-url", hook.url,
                   "--auth-hook-timeout", "200ms")
    hook.may_answer.clear()
    assert status_of(server.address) == 503
    server.wait_for_line("auth.hook_url: no answer in time")
    # The server goes on meanwhile.
    assert get(server.address, "/livez").status == 200


def test_a_hook_that_ends_in_the_middle_of_its_answer(start):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(DEADLINE)
        server = start("--auth-kind", "hook", "--auth-hook-url",
                       "http://127.0.0.1:%d" % listening.getsockname()[1])
        for begun in b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{":
            with Connection(server.address) as client:
                client.send(head())
                asked, _ = listening.accept()
                asked.recv(1 << 16)
                asked.sendall(begun)
                asked.close()
                assert client.read_response().status == 503
        server.wait_for_line("auth.hook_url: it (closed the connection|cannot)")


def test_requests_under_way_are_bounded(start, hook):
    server = start("--auth-kind", "hook", "--auth-hook-url", hook.url,
                   "--auth-hook-max", "2")
    hook.may_answer.clear()
    clients = []
    for _ in range(2 + 2 * 16):
        clients.append(Connection(server.address))
        clients[-1].send(head())
    for _ in range(2):
        assert hook.arrived.acquire(timeout=DEADLINE)
    # All of them have arrived when this one is refused.
    assert answer_of(server.address).body == b"Too many wait for the hook\n"
    assert len(hook.asked) == 2
    # One that goes makes room.
    clients.pop().reset()
    eventually(lambda: len(hook.asked) == 2)
    hook.may_answer.set()
    assert {c.read_response().status for c in clients} == {101}
    for client in clients:
        client.socket.close()


def test_a_client_that_goes_cancels_its_request(start):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(DEADLINE)
        server = start("--auth-kind", "hook", "--auth-hook-url",
                       "http://127.0.0.1:%d" % listening.getsockname()[1],
                       "--limits-handshake-timeout", "1s")
        with Connection(server.address) as client:
            client.send(head())
            asked, _ = listening.accept()
            assert client.read_response().status == 503
        asked.settimeout(DEADLINE)
        while asked.recv(1 << 16):
            pass
        asked.close()


def test_a_server_ends_while_the_hook_is_asked(start, hook):
    server = start("--auth-kind", "hook", "--auth-hook-url", hook.url)
    hook.may_answer.clear()
    with Connection(server.address) as client:
        client.send(head())
        assert hook.arrived.acquire(timeout=DEADLINE)
        server.stop()


def test_another_kind_answers_those_that_wait(start, hook, tmp_path):
    config = tmp_path / "parley.conf"
    config.write_text(f"auth.kind = hook\nauth.hook_url = {hook.url}\n")
    server = start("--config", str(config))
    hook.may_answer.clear()
    with Connection(server.address) as client:
        client.send(head())
        assert hook.arrived.acquire(timeout=DEADLINE)
        config.write_text("auth.kind = open\n")
        server.signal(signal.SIGHUP)
        assert client.read_response().status == 503
    assert status_of(server.address) == 101


def test_a_hook_over_https_is_verified(start, tmp_path):
    files = make_certificate(tmp_path, "hook", "DNS:localhost")
    other, _ = make_certificate(tmp_path, "other", "DNS:localhost")
    config = tmp_path / "parley.conf"

    def configure(url, ca=files[0]):
        config.write_text(f"auth.kind = hook\nauth.hook_url = {url}\n"
                          f"auth.hook_ca = {ca}\n")

    hook = Hook(certificate=files)
    try:
        configure(hook.url)
        server = start("--config", str(config))
        with Chat(server.address, Authorization="Bearer x") as alice:
            assert alice.name == "alice"
            alice.leave()
        assert hook.asked[0]["headers"] == {"authorization": "Bearer x"}
        for nth, (url, ca, why) in enumerate((
            (hook.url.replace("localhost", "127.0.0.1"), files[0],
             "IP address mismatch"),
            (hook.url, other, "self-signed certificate"),
            (hook.url, "none", "self-signed certificate"),
        )):
            configure(url, ca)
            server.signal(signal.SIGHUP)
            server.wait_for_line("reloaded", nth)
            assert status_of(server.address, Authorization="s3cret") == 503
            line = server.wait_for_line("auth.hook_url: TLS: (.*)", nth)
            assert line[1].startswith(why)
        assert len(hook.asked) == 1
        configure(hook.url, tmp_path / "nowhere")
        server.signal(signal.SIGHUP)
        server.wait_for_line("auth.hook_ca: authorities .*nowhere")
    finally:
        hook.stop()


@pytest.mark.parametrize("options, why", [
    ((), "auth.kind (hook) needs auth.hook_url"),
    (("--auth-hook-url", "ftp://x"), "auth.hook_url: expected http://HOST:PORT/PATH or https://"),
    (("--auth-hook-url", "http://127.0.0.1:1/", "--auth-hook-headers", "a:b"),
     "auth.hook_headers (a:b) is not a list of names"),
])
def test_the_server_does_not_start_without_a_hook(options, why):
    done = subprocess.run(
        [PARLEYD, "--listen", "127.0.0.1:0", "--auth-kind", "hook", *options],
        capture_output=True, text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode in (64, 78)
    assert why in done.stderr
