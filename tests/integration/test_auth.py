"""Who may connect: origins, and signed tokens."""

import base64
import hashlib
import hmac
import json
import signal
import subprocess
import time

import pytest

from client import Chat, Connection, WebSocket, get, head
from server import DEADLINE, ENVIRONMENT, PARLEYD

SECRET = "0123456789abcdef0123456789abcdef"


def status_of(address, target="/ws", **headers):
    with Connection(address) as connection:
        connection.send(head(target, **headers))
        return connection.read_response()


# --- origins ------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["command", "action", "topic"])
def test_pages_of_other_sites_are_refused(start, dialect):
    """Otherwise such a page could read the rooms of a server on the user's machine."""
    server = start(listen=(f"127.0.0.1:0={dialect}",))
    target = {"topic": "/ws?username=eve"}.get(dialect, "/ws")
    host = "%s:%d" % server.address[:2]
    refused = status_of(server.address, target, Host=host,
                        Origin="https://evil.example")
    assert (refused.status, refused.body) == (403, b"Origin not allowed\n")
    for origin in f"http://{host}", f"https://{host}", None:
        assert status_of(server.address, target, Host=host,
                         Origin=origin).status == 101
    twice = [f"http://{host}", "https://evil.example"]
    assert status_of(server.address, target, Host=host, Origin=twice).status == 403
    server.wait_for_line("handshake refused with 403: Origin not allowed")


def test_origins_can_be_allowed(start):
    server = start("--auth-origins", "https://app.example, *.friends.example")
    for origin, status in (
        ("https://app.example", 101), ("http://app.example", 403),
        ("https://a.friends.example", 101), ("https://friends.example", 403),
        ("null", 403),
    ):
        assert status_of(server.address, Origin=origin).status == status, origin
    with_any = start("--auth-origins", "*")
    assert status_of(with_any.address, Origin="null").status == 101


def test_malformed_origins_are_a_configuration_error():
    done = subprocess.run(
        [PARLEYD, "--auth-origins", "https://"], capture_output=True,
        text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode == 64
    assert "auth.origins (https://) is not a list of origins" in done.stderr


# --- tokens -------------------------------------------------------------------


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(secret=SECRET, header=None, **claims):
    claims = {"sub": "alice", "exp": int(time.time()) + 600, **claims}
    signed = ".".join(
        encode(json.dumps(part).encode())
        for part in (header or {"alg": "HS256"}, claims))
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{encode(mac)}"


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_text(SECRET + "\n")
    return path


@pytest.fixture
def server(start, key):
    return start("--auth-kind", "jwt", "--auth-key", str(key))


def test_a_token_is_required(server):
    refused = status_of(server.address)
    assert (refused.status, refused.body) == (401, b"Token required\n")


def test_a_token_comes_by_header_subprotocol_or_query(server):
    token = make_token()
    for how in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"bearer {token}"},
        {"Sec-WebSocket-Protocol": f"parley.v1, bearer.{token}"},
        {"target": f"/ws?token={token}"},
    ):
        with Chat(server.address, **how) as alice:
            assert alice.name == "alice"
            if "Sec-WebSocket-Protocol" in how:
                assert alice.response.headers["sec-websocket-protocol"] == (
                    "parley.v1")
            alice.close()


def test_the_name_is_that_of_the_token(server):
    token = make_token(sub="u1", name="Alice")
    with Chat(server.address, target="/ws?name=mallory",
              Authorization=f"Bearer {token}") as alice:
        assert alice.name == "Alice"


@pytest.mark.parametrize("token, why", [
    ("x", b"Token malformed\n"),
    (make_token("f" * 32), b"Token signature invalid\n"),
    (make_token(header={"alg": "none"}), b"Token with unsupported parameters\n"),
    (make_token(header={"alg": "HS256", "kid": "x"}),
     b"Token signed with an unknown key\n"),
    (make_token(exp=1), b"Token expired\n"),
    (make_token(exp="soon"), b"Token claims malformed\n"),
    (make_token(nbf=int(time.time()) + 900), b"Token not valid yet\n"),
    (make_token(sub=""), b"Token without a sub claim\n"),
], ids=["no-token", "other-key", "no-algorithm", "unknown-key", "expired",
        "malformed", "not-yet-valid", "no-sub"])
def test_an_invalid_token_is_refused_with_the_reason(server, token, why):
    refused = status_of(server.address, Authorization=f"Bearer {token}")
    assert (refused.status, refused.body) == (401, why)
    assert token not in "".join(server.lines) or token == "x"


def test_issuer_and_audience_are_checked(start, key):
    server = start("--auth-kind", "jwt", "--auth-key", str(key),
                   "--auth-issuer", "https://id.example",
                   "--auth-audience", "chat")
    for claims, status in (
        ({"iss": "https://id.example", "aud": ["mail", "chat"]}, 101),
        ({"iss": "https://id.example", "aud": "mail"}, 401),
        ({"iss": "https://evil.example", "aud": "chat"}, 401),
        ({}, 401),
    ):
        token = make_token(**claims)
        assert status_of(server.address,
                         Authorization=f"Bearer {token}").status == status


def test_rights_limit_what_a_user_may_do(server):
    admin = f"Bearer {make_token(sub='admin')}"
    reader = f"Bearer {make_token(parley={'can': ['read']})}"
    with Chat(server.address, Authorization=admin) as bob, \
            Chat(server.address, Authorization=reader) as alice:
        bob.ask_ok("create", name="tea", room="tea")
        alice.ask_ok("join", room="tea")
        for command, fields in (
            ("broadcast", {"room": "tea", "message": "hi"}),
            ("broadcast", {"message": "hi"}),
            ("dm", {"recipient": bob.name, "message": "hi"}),
            ("create", {"name": "x"}),
            ("join", {"room": "y", "create": True}),
            ("name", {"name": "other"}),
        ):
            assert alice.ask(command, **fields)["code"] == "forbidden", command
        refused = alice.ask("broadcast", room="tea", message="hi")
        assert refused["right"] == "post"
        assert refused["message"] == "Not allowed without the right 'post'"
        assert alice.ask_ok("history", room="tea")["messages"] == []


@pytest.mark.parametrize("can, command, fields", [
    ("list", "list", {}),
    ("list", "rooms", {}),
    ("join", "join", {"room": "tea"}),
    ("read", "history", {"room": "tea"}),
    ("dm", "dm", {"recipient": "bob", "message": "hi"}),
    ("post", "broadcast", {"message": "hi"}),
    ("post", "broadcast", {"room": "tea", "message": "hi"}),
    ("create", "create", {"name": "x"}),
    ("rename", "name", {"name": "carol"}),
])
def test_each_command_needs_a_right(server, can, command, fields):
    """The error names it; with it alone the command succeeds."""
    every = ["list", "join", "dm", "create", "rename"]
    others = [word for word in every if word != can]
    bob = f"Bearer {make_token(sub='bob')}"
    without = f"Bearer {make_token(sub='eve', parley={'can': others})}"
    only = f"Bearer {make_token(sub='ann', parley={'can': [can, 'join']})}"
    with Chat(server.address, Authorization=bob) as bob, \
            Chat(server.address, Authorization=without) as eve, \
            Chat(server.address, Authorization=only) as ann:
        bob.ask_ok("create", name="tea", room="tea")
        ann.ask_ok("join", room="tea")
        if can != "join":
            eve.ask_ok("join", room="tea")
        refused = eve.refusal(command, **fields)
        assert (refused["code"], refused["right"]) == ("forbidden", can)
        ann.ask_ok(command, **fields)


def test_a_token_can_be_valid_for_some_rooms_only(server):
    bob = f"Bearer {make_token(sub='bob')}"
    limited = make_token(parley={"rooms": ["tea", "builds-*", "no good", 7]})
    with Chat(server.address, Authorization=bob) as bob, \
            Chat(server.address, Authorization=f"Bearer {limited}") as alice:
        bob.ask_ok("create", name="coffee", room="coffee")
        for room in "tea", "builds-7":
            alice.ask_ok("join", room=room, create=True)
            alice.post(room, "hi")
        for command, fields in (
            ("join", {"room": "coffee"}),
            ("join", {"room": "builds", "create": True}),
            ("create", {"name": "x"}),
            ("create", {"name": "x", "room": "x"}),
            ("history", {"room": "coffee"}),
            ("broadcast", {"room": "coffee", "message": "hi"}),
            ("leave", {"room": "coffee"}),
            ("redact", {"room": "coffee", "seq": 1}),
            ("ban", {"room": "coffee", "member": bob.id}),
            ("topic", {"room": "coffee", "topic": "x"}),
            ("delete", {"room": "coffee"}),
        ):
            refused = alice.refusal(command, **fields)
            assert (refused["code"], refused["field"]) == ("forbidden", "room")
        alice.ask_ok("broadcast", message="to the lobby")
    with Chat(server.address, Authorization=(
            f"Bearer {make_token(parley={'rooms': 'tea'})}")) as nowhere:
        assert nowhere.refusal("join", room="tea")["code"] == "forbidden"


def test_a_token_without_any_right_does_not_connect(start, key):
    server = start("--auth-kind", "jwt", "--auth-key", str(key), "--auth-in-band", "on")
    nothing, alone = (make_token(parley={"can": can}) for can in ([], ["connect"]))
    refused = status_of(server.address, Authorization=f"Bearer {nothing}")
    assert refused.status == 403
    assert refused.body == b"Not allowed without the right 'connect'\n"
    with WebSocket(server.address) as late:
        late.send_text(json.dumps({"command": "auth", "token": nothing}))
        answer = json.loads(late.read_message())
        assert (answer["code"], answer["right"]) == ("forbidden", "connect")
    with Chat(server.address, Authorization=f"Bearer {alone}") as alice:
        assert alice.refusal("list")["right"] == "list"


def test_persistent_rooms_can_be_left_to_users(start, key):
    anyone = start("--rights-create", "users")
    with Chat(anyone.address) as eve:
        refused = eve.refusal("create", name="x", persistent=True)
        assert refused["code"] == "unauthorized"
        assert eve.ask_ok("create", name="x")
    users = start("--rights-create", "role", "--auth-kind", "jwt",
                  "--auth-key", str(key))
    user = f"Bearer {make_token()}"
    admin = make_token(sub="root", parley={"can": ["create", "admin"]})
    with Chat(users.address, Authorization=user) as alice, \
            Chat(users.address, Authorization=f"Bearer {admin}") as root:
        refused = alice.refusal("create", name="x", persistent=True)
        assert (refused["code"], refused["right"]) == ("forbidden", "moderate")
        assert root.ask_ok("create", name="x", persistent=True)


def test_a_connection_ends_with_its_token(server):
    token = make_token(exp=int(time.time()) + 5)
    with Chat(server.address, Authorization=f"Bearer {token}") as alice:
        alice.expect("token_expiring")
        alice.expect("bye", code=4202, reason="token_expired")
        alice.expect_close(4202)


def test_keys_are_read_again(server, key):
    key.write_text("f" * 32)
    server.signal(signal.SIGHUP)
    server.wait_for_line("reloaded")
    for secret, status in ((SECRET, 401), ("f" * 32, 101)):
        token = make_token(secret)
        assert status_of(server.address,
                         Authorization=f"Bearer {token}").status == status
    key.write_text("short")
    server.signal(signal.SIGHUP)
    server.wait_for_line("not reloaded: auth.key .*at least 32 bytes")
    token = make_token("f" * 32)
    assert status_of(server.address,
                     Authorization=f"Bearer {token}").status == 101


def test_keys_are_read_again_when_their_file_changes(server, key):
    key.write_text("f" * 40)
    server.wait_for_line("keys reloaded")
    for secret, status in ((SECRET, 401), ("f" * 40, 101)):
        token = make_token(secret)
        assert status_of(server.address,
                         Authorization=f"Bearer {token}").status == status
    key.write_text("short")
    server.wait_for_line("keys not reloaded: auth.key .*at least 32 bytes")
    token = make_token("f" * 40)
    assert status_of(server.address,
                     Authorization=f"Bearer {token}").status == 101


def test_the_token_program_makes_tokens(server, key):
    done = subprocess.run(
        [PARLEYD, "token", "--key", str(key), "--sub", "u7", "--name", "Zoe",
         "--ttl", "1h", "--can", "read,post", "--rooms", "tea,x-*"],
        capture_output=True, text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode == 0
    with Chat(server.address, target=f"/ws?token={done.stdout.strip()}") as zoe:
        assert zoe.name == "Zoe"
        assert zoe.ask("create", name="x")["code"] == "forbidden"
        assert zoe.ask_ok("broadcast", message="hi")
        assert zoe.refusal("join", room="coffee")["field"] == "room"
        assert zoe.refusal("join", room="x-1")["code"] == "room_not_found"


@pytest.mark.parametrize("options, why", [
    (("--auth-kind", "jwt"), "auth.kind (jwt) needs auth.key"),
    (("--auth-kind", "jwt", "--auth-key", "/none"), "auth.key /none: No such file"),
])
def test_the_server_does_not_start_without_a_key(options, why):
    done = subprocess.run(
        [PARLEYD, "--listen", "127.0.0.1:0", *options], capture_output=True,
        text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode in (64, 78)
    assert why in done.stderr


def test_an_open_server_warns_beyond_this_machine(start):
    server = start(listen=("0.0.0.0:0",))
    server.wait_for_line("auth.kind is open: every client that reaches 0.0.0.0")
    address = ("127.0.0.1", server.address[1])
    ready = json.loads(get(address, "/readyz?verbose").body)
    assert ready["warning"] == (
        "auth.kind is open, and other machines can connect")
    assert "warning" not in json.loads(get(address, "/readyz").body)


def test_a_server_for_this_machine_warns_of_nothing(start):
    ready = json.loads(get(start().address, "/readyz?verbose").body)
    assert "warning" not in ready
