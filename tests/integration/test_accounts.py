"""auth.kind = password: the users file, log-in, log-out, guests."""

import json
import os
import signal
import ssl
import stat
import subprocess
import threading
import time

import pytest

from certificates import make_certificate
from client import Chat, Connection, WebSocket, get, head, plain_head
from passwords import PASSWORD, add_user, log_in, post, try_login, user
from server import DEADLINE, ENVIRONMENT, PARLEYD, eventually


@pytest.fixture
def users(tmp_path):
    path = tmp_path / "users"
    add_user(path, "alice")
    return path


def options(users, *more):
    return ("--auth-kind", "password", "--auth-users", str(users), *more)


@pytest.fixture
def server(start, users):
    return start(*options(users))


def status_of(address, target="/ws", **headers):
    with Connection(address) as connection:
        connection.send(head(target, **headers))
        return connection.read_response()


def session(address, **headers):
    got = get(address, "/v1/session", **headers)
    assert got.status == 200
    return json.loads(got.body), got.headers


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


# --- parleyd user -------------------------------------------------------------


def test_users_are_added_listed_changed_and_removed(tmp_path):
    path = tmp_path / "users"
    add_user(path, "alice")
    add_user(path, "Zoë", "--role", "moderator")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    for action in (["role", "alice", "admin"], ["lock", "Zoë"]):
        assert user(action[0], "--file", path, *action[1:]).returncode == 0
    listed = user("list", "--file", path)
    assert (listed.returncode, listed.stdout) == (
        0, "alice\tadmin\tactive\nZoë\tmoderator\tlocked\n")
    for action in "unlock", "remove":
        assert user(action, "--file", path, "zoë").returncode == 0
    assert user("list", "--file", path).stdout == "alice\tadmin\tactive\n"


@pytest.mark.parametrize("arguments, passwords, status, why", [
    (("add", "alice"), [PASSWORD] * 2, 65, "there is a user of that name"),
    (("add", "ALICE"), [PASSWORD] * 2, 65, "there is a user of that name"),
    (("add", "admin"), [PASSWORD] * 2, 65, "admin: not a valid name"),
    (("add", " x"), [PASSWORD] * 2, 65, "not a valid name"),
    (("add", "guest"), [PASSWORD] * 2, 65, "not a valid name"),
    (("add", "bob"), ["short"] * 2, 65, "too short: it needs 8 characters"),
    (("add", "bob"), [PASSWORD, "other horse"], 65, "the passwords differ"),
    (("add", "bob"), [PASSWORD], 65, "no password was given"),
    (("add", "bob"), ["x" * 1025] * 2, 65, "the password is too long"),
    (("add", "bob", "--role", "king"), [], 64, "king: expected the role user, moderator or admin"),
    (("passwd", "bob"), [], 65, "bob: no such user"),
    (("role", "alice", "guest"), [], 64, "guest: expected the role user, moderator or admin"),
    (("role", "alice"), [], 64, "role: the role is missing: user, moderator or admin"),
    (("role",), [], 64, "role: the name is missing"),
    (("add", "bob", "--rule", "admin"), [], 64, "add: unknown option, or missing value"),
    (("lock", "alice", "bob"), [], 64, "lock: too many arguments"),
    (("list", "alice"), [], 64, "list: it takes no name"),
    (("lock", "alice", "--file"), [], 64, "lock: unknown option, or missing value"),
    (("remove", "bob"), [], 65, "bob: no such user"),
    (("sing", "bob"), [], 64, "expected add, passwd, role, lock, unlock, remove or list"),
])
def test_mistakes_are_named_and_change_nothing(
        users, arguments, passwords, status, why):
    before = users.read_bytes()
    done = user(arguments[0], "--file", users, *arguments[1:],
                passwords=passwords)
    assert done.returncode == status, done
    assert why in done.stderr
    assert users.read_bytes() == before


def test_a_missing_file_is_named():
    done = user("lock", "alice")
    assert done.returncode == 64 and "lock: --file FILE is missing" in done.stderr


def test_files_that_are_none_are_named(tmp_path):
    path = tmp_path / "users"
    done = user("list", "--file", path)
    assert done.returncode == 66 and f"{path}: No such file" in done.stderr
    done = user("role", "--file", path, "bob", "admin")
    assert done.returncode == 66 and f"{path}: No such file" in done.stderr
    assert list(tmp_path.iterdir()) == []
    path.write_text("root:x:0:0\n")
    done = user("add", "--file", path, "bob", passwords=[PASSWORD] * 2)
    assert done.returncode == 66 and "line 1" in done.stderr


def test_two_writers_lose_nothing(tmp_path):
    path = tmp_path / "users"
    add_user(path, "zero")
    names = [f"user{n}" for n in range(8)]
    threads = [threading.Thread(target=add_user, args=(path, name))
               for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    listed = [line.split("\t")[0] for line in
              user("list", "--file", path).stdout.splitlines()]
    assert sorted(listed) == sorted(["zero", *names])


def test_a_terminal_shows_no_password(tmp_path):
    path = tmp_path / "users"
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [PARLEYD, "user", "add", "--file", str(path), "alice"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=ENVIRONMENT)
    os.close(theirs)
    seen = b""
    for prompt in b"Password: ", b"Again: ":
        while not seen.endswith(prompt):
            seen += os.read(ours, 1024)
        os.write(ours, PASSWORD.encode() + b"\n")
    assert process.wait(DEADLINE) == 0
    os.close(ours)
    assert PASSWORD.encode() not in seen
    assert user("list", "--file", path).stdout == "alice\tuser\tactive\n"


# --- log-in -------------------------------------------------------------------


def test_a_log_in_gives_a_token_and_a_cookie(server):
    before = time.time()
    answer, cookie = log_in(server.address, "alice")
    assert answer["user"] == "alice"
    week = 7 * 24 * 3600
    assert abs(answer["expires_at"] / 1000 - before - week) < DEADLINE
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    assert cookie["path"] == "/" and not cookie["secure"]
    assert int(cookie["max-age"]) == week
    for how in (
        bearer(answer["token"]),
        {"Sec-WebSocket-Protocol": f"parley.v1, bearer.{answer['token']}"},
        {"target": f"/ws?token={answer['token']}"},
        {"Cookie": f"a=b; parley_session={cookie.value}"},
    ):
        with Chat(server.address, **how) as alice:
            assert alice.name == "alice"
            alice.close()
    got, headers = session(server.address, **bearer(answer["token"]))
    assert got == {
        "kind": "password", "user": "alice",
        "member_id": "ufpmansl7byak6gq7ymzi7j3dve", "name": "alice",
        "rights": got["rights"], "guest": False, "guests": False,
        "login": True, "expires_at": answer["expires_at"]}
    assert {"read", "post", "create"} <= set(got["rights"])
    assert headers["cache-control"] == "no-store"
    assert answer["token"] not in "".join(server.lines)


def test_under_tls_the_cookie_is_secure(start, users, tmp_path):
    certificate, key = make_certificate(tmp_path, "localhost", "DNS:localhost")
    server = start(*options(users), "--tls-certificate", str(certificate),
                   "--tls-key", str(key), listen=("127.0.0.1:0,tls",))
    tls = ssl.create_default_context(cafile=certificate)
    _, cookie = log_in(server.address, "alice", tls=tls)
    assert cookie["secure"]


def test_without_a_token_no_client_connects(server):
    refused = status_of(server.address)
    assert (refused.status, refused.body) == (401, b"Token required\n")
    refused = status_of(server.address, Cookie="parley_session=x")
    assert (refused.status, refused.body) == (401, b"Token malformed\n")
    got, headers = session(server.address, Cookie="parley_session=x")
    assert (got["user"], got["rights"], got["login"]) == (None, [], True)
    assert "parley_session=; " in headers["set-cookie"]
    assert "Max-Age=0" in headers["set-cookie"]


def test_a_wrong_password_and_an_unknown_user_look_the_same(start, users):
    server = start(*options(users, "--limits-logins", "0"))
    work = {}
    answers = set()
    for name in "alice", "mallory":
        before = server.cpu_seconds()
        for _ in range(5):
            got = try_login(server.address, name, "wrong horse")
            assert got.status == 401
            answers.add((got.body, tuple(sorted(got.headers))))
        work[name] = server.cpu_seconds() - before
    assert len(answers) == 1
    body = json.loads(answers.pop()[0])
    assert body["error"] == "wrong_credentials"
    # Neither is answered without a hash.
    assert 0.5 < work["alice"] / work["mallory"] < 2, work
    server.wait_for_line("log-in refused: wrong user or password")
    failures = b'parley_auth_failures_total{reason="wrong_credentials"} 10\n'
    eventually(lambda: failures in get(server.address, "/metrics").body)
    assert "mallory" not in "".join(server.lines)


@pytest.mark.parametrize("body, field", [
    ("", None),
    ("[]", None),
    ("{", None),
    ({}, "user"),
    ({"user": 7, "password": "x"}, "user"),
    ({"user": "", "password": "x"}, "user"),
    ({"user": "x" * 600, "password": "x"}, "user"),
    ({"user": "alice"}, "password"),
    ({"user": "alice", "password": None}, "password"),
    ({"user": "alice", "password": ""}, "password"),
    ({"user": "alice", "password": "x" * 1025}, "password"),
    ({"user": "alice", "password": "a\0b"}, "password"),
    ('{"user":"alice","user":"bob","password":"x"}', None),
])
def test_malformed_log_ins_name_the_field(server, body, field):
    got = post(server.address, "/v1/login", body)
    answer = json.loads(got.body)
    assert got.status == 400, got
    assert answer.get("field") == field
    assert answer["error"] == ("invalid" if field else "bad_json")


def test_bodies_of_log_ins_are_bounded(server):
    got = post(server.address, "/v1/login", " " * 20000)
    assert got.status == 413
    got = post(server.address, "/v1/logout", "x")
    assert got.status == 413
    assert get(server.address, "/v1/login").status == 405
    assert get(server.address, "/v1/session", "POST").status == 405


def test_pages_of_other_sites_may_not_log_in(server):
    for target in "/v1/login", "/v1/logout":
        got = post(server.address, target,
                   {"user": "alice", "password": PASSWORD}
                   if target.endswith("login") else "",
                   Origin="https://evil.example")
        assert (got.status, got.body) == (403, b"Origin not allowed\n")


def test_failed_log_ins_are_limited(start, users):
    add_user(users, "bob")
    server = start(*options(users, "--limits-logins", "3"))
    for _ in range(4):  # those that succeed do not count
        log_in(server.address, "alice")
    for _ in range(3):
        assert try_login(server.address, "alice", "wrong").status == 401
    for name in "alice", "bob":  # both are at the same address
        got = try_login(server.address, name)
        assert got.status == 429
        assert 1 <= int(got.headers["retry-after"]) <= 20
        assert json.loads(got.body)["error"] == "rate_limited"
    server.wait_for_line("refused because of limits.logins")


def test_a_trusted_proxy_names_the_client(start, users):
    server = start(*options(users, "--limits-logins", "1"),
                   "--auth-trusted-proxies", "127.0.0.1")

    def client(number):
        return {"X-Forwarded-For": f"203.0.113.{number}",
                "X-Forwarded-Proto": "https"}

    _, cookie = log_in(server.address, "alice", **client(1))
    assert cookie["secure"]
    for name, number, status in (("bob", 1, 401), ("carol", 1, 429),
                                 ("carol", 2, 401), ("carol", 3, 429)):
        assert try_login(server.address, name, **client(number)).status == (
            status)


def test_pings_do_not_wait_for_passwords(start, users):
    """scrypt has a thread of its own, and its queue is bounded."""
    server = start(*options(users, "--limits-logins", "0",
                            "--limits-handshake-timeout", "5s"))
    answer, _ = log_in(server.address, "alice")
    with Chat(server.address, **bearer(answer["token"])) as alice:
        body = json.dumps({"user": "alice", "password": "wrong horse"})
        request = plain_head("/v1/login", "POST",
                             Content_Length=str(len(body))) + body.encode()
        # They arrive at once, however slowly they are sent.
        server.signal(signal.SIGSTOP)
        tries = [Connection(server.address) for _ in range(48)]
        for one in tries:
            one.send(request)
        server.signal(signal.SIGCONT)
        for _ in range(20):
            alice.ask_ok("ping")
        statuses = []
        for one in tries:
            statuses.append(one.read_response().status)
            one.socket.close()
    # How many are compared before the deadline depends on the machine.
    assert set(statuses) == {401, 503}, statuses


def test_a_client_may_leave_while_its_password_is_compared(start, users):
    server = start(*options(users, "--limits-logins", "0"))
    body = json.dumps({"user": "alice", "password": PASSWORD})
    request = plain_head("/v1/login", "POST",
                         Content_Length=str(len(body))) + body.encode()
    for _ in range(5):
        with Connection(server.address) as connection:
            connection.send(request)
            connection.reset()
    log_in(server.address, "alice")


@pytest.mark.parametrize("end", ["another kind", "a stop"])
def test_log_ins_that_wait_are_answered_at_the_end(
        start, users, tmp_path, end):
    config = tmp_path / "parley.conf"
    config.write_text(f"auth.kind = password\nauth.users = {users}\n")
    server = start("--config", str(config), "--limits-logins", "0")
    body = json.dumps({"user": "alice", "password": "wrong horse"})
    request = plain_head("/v1/login", "POST",
                         Content_Length=str(len(body))) + body.encode()
    tries = [Connection(server.address) for _ in range(20)]
    for one in tries:
        one.send(request)
    tries[0].read_response()
    if end == "a stop":
        server.stop()
    else:
        server.signal(signal.SIGSTOP)
        config.write_text("auth.kind = open\n")
        server.signal(signal.SIGHUP)
        server.signal(signal.SIGCONT)
        statuses = {one.read_response().status for one in tries[1:]}
        assert 503 in statuses and statuses <= {401, 503}
        assert status_of(server.address).status == 101
    for one in tries:
        one.socket.close()


# --- the end of a log-in ------------------------------------------------------


def test_a_log_out_revokes_the_token_also_across_a_restart(start, users):
    server = start(*options(users))
    answer, cookie = log_in(server.address, "alice")
    other, _ = log_in(server.address, "alice")
    got = post(server.address, "/v1/logout",
               Cookie=f"parley_session={cookie.value}")
    assert got.status == 204
    assert "parley_session=; " in got.headers["set-cookie"]
    refused = status_of(server.address, **bearer(answer["token"]))
    assert (refused.status, refused.body) == (401, b"Logged out\n")
    server.stop()
    server = start(*options(users))
    assert status_of(server.address, **bearer(answer["token"])).status == 401
    assert status_of(server.address, **bearer(other["token"])).status == 101
    assert stat.S_IMODE(os.stat(f"{users}.key").st_mode) == 0o600


@pytest.mark.parametrize("how", ["by itself", "by SIGHUP"])
def test_locked_users_are_closed_and_refused(server, users, how):
    answer, _ = log_in(server.address, "alice")
    with Chat(server.address, **bearer(answer["token"])) as alice:
        assert user("lock", "--file", users, "alice").returncode == 0
        if how == "by SIGHUP":
            server.signal(signal.SIGHUP)
        alice.expect("bye", code=4003, reason="forbidden")
        alice.expect_close(4003)
    refused = status_of(server.address, **bearer(answer["token"]))
    assert (refused.status, refused.body) == (401, b"Account locked\n")
    assert try_login(server.address, "alice").status == 401
    assert user("unlock", "--file", users, "alice").returncode == 0
    eventually(lambda: status_of(
        server.address, **bearer(answer["token"])).status == 101)
    log_in(server.address, "alice")


def test_removed_users_are_closed_and_refused(server, users):
    add_user(users, "bob")
    server.wait_for_line("users reloaded: 2")
    tokens = {name: log_in(server.address, name)[0]["token"]
              for name in ("alice", "bob")}
    with WebSocket(server.address, **bearer(tokens["alice"])) as alice, \
            Chat(server.address, **bearer(tokens["bob"])) as bob:
        assert user("remove", "--file", users, "alice").returncode == 0
        assert alice.read_close().code == 4003
        bob.ask_ok("ping")
    refused = status_of(server.address, **bearer(tokens["alice"]))
    assert (refused.status, refused.body) == (401, b"Account removed\n")


def test_a_new_password_ends_log_ins_with_the_old_one(server, users):
    answer, _ = log_in(server.address, "alice")
    with WebSocket(server.address, **bearer(answer["token"])) as alice:
        done = user("passwd", "--file", users, "alice",
                    passwords=["another horse"] * 2)
        assert done.returncode == 0, done.stderr
        assert alice.read_close().code == 4202
    assert status_of(server.address, **bearer(answer["token"])).status == 401
    assert try_login(server.address, "alice").status == 401
    log_in(server.address, "alice", "another horse")


def test_a_new_role_changes_the_rights(server, users):
    answer, _ = log_in(server.address, "alice")
    with WebSocket(server.address, **bearer(answer["token"])) as alice:
        assert user("role", "--file", users, "alice", "admin").returncode == 0
        assert alice.read_close().code == 4202
    assert status_of(server.address, **bearer(answer["token"])).status == 101


def test_connections_end_with_the_session(start, users):
    server = start(*options(users, "--auth-session", "5s"))
    answer, cookie = log_in(server.address, "alice")
    assert int(cookie["max-age"]) == 5
    with Chat(server.address, **bearer(answer["token"])) as alice:
        alice.expect("token_expiring")
        alice.expect("bye", code=4202, reason="token_expired")
        alice.expect_close(4202)


def test_a_broken_users_file_changes_nothing(server, users):
    good = users.read_bytes()
    users.write_text("nonsense\n")
    server.wait_for_line("users not reloaded: auth.users .*line 1")
    log_in(server.address, "alice")
    server.signal(signal.SIGHUP)
    server.wait_for_line("not reloaded: auth.users .*line 1", nth=1)
    users.write_bytes(good)
    server.wait_for_line("users reloaded: 1")


# --- guests, other kinds ------------------------------------------------------


def test_guests_may_read_and_post_only(start, users):
    server = start(*options(users, "--auth-guests", "on"))
    answer, _ = log_in(server.address, "alice")
    with Chat(server.address, **bearer(answer["token"])) as alice, \
            Chat(server.address, target="/ws?name=mallory") as guest:
        assert guest.name.startswith("guest")
        alice.ask_ok("create", name="tea", room="tea")
        guest.ask_ok("join", room="tea")
        guest.ask_ok("broadcast", room="tea", message="hi")
        for command, fields in (("create", {"name": "x"}),
                                ("name", {"name": "alice2"})):
            assert guest.ask(command, **fields)["code"] == "unauthorized"
    got, _ = session(server.address)
    assert (got["user"], got["guest"], got["guests"], got["name"]) == (
        None, True, True, "guest")
    # A token that is not valid is no guest's.
    assert status_of(server.address, **bearer("x")).status == 401


def test_an_open_server_has_no_log_in(parleyd):
    assert post(parleyd.address, "/v1/login", "{}").status == 404
    got, _ = session(parleyd.address)
    assert (got["kind"], got["user"], got["login"]) == ("open", None, False)


def test_log_ins_work_on_listeners_of_all_dialects(start, users):
    server = start(*options(users), listen=("127.0.0.1:0=topic",
                                            "127.0.0.1:0=action"))
    for address, target in zip(server.addresses,
                               ("/ws?username=alice", "/")):
        answer, _ = log_in(address, "alice")
        assert status_of(address, target).status == 401
        assert status_of(address, target,
                         **bearer(answer["token"])).status == 101


def test_the_kind_can_change_while_it_runs(start, users, tmp_path):
    config = tmp_path / "parley.conf"
    config.write_text("auth.kind = open\n")
    server = start("--config", str(config))
    assert status_of(server.address).status == 101
    config.write_text(f"auth.kind = password\nauth.users = {users}\n")
    server.signal(signal.SIGHUP)
    server.wait_for_line("reloaded")
    assert status_of(server.address).status == 401
    log_in(server.address, "alice")
    config.write_text("auth.kind = open\n")
    server.signal(signal.SIGHUP)
    server.wait_for_line("reloaded", nth=1)
    assert status_of(server.address).status == 101


@pytest.mark.parametrize("options, why", [
    (("--auth-kind", "password"), "auth.kind (password) needs auth.users"),
    (("--auth-kind", "password", "--auth-users", "/none"),
     "auth.users /none: No such file"),
])
def test_the_server_does_not_start_without_users(options, why):
    done = subprocess.run(
        [PARLEYD, "--listen", "127.0.0.1:0", *options], capture_output=True,
        text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode in (64, 78)
    assert why in done.stderr


def test_others_that_can_read_the_file_are_reported(start, users):
    users.chmod(0o644)
    server = start(*options(users))
    server.wait_for_line("others than its owner may open it")
