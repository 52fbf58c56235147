"""Tokens and users that are revoked before they expire; no secret is logged."""

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import time

import pytest

from accounts import Further
from api import KEY, Backend, Stream
from client import Chat, Connection, get, head, plain_head
from server import DEADLINE, ENVIRONMENT, PARLEYD

SECRET = "0123456789abcdef0123456789abcdef"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(**claims):
    now = int(time.time())
    claims = {"sub": "alice", "iat": now, "exp": now + 600, **claims}
    signed = ".".join(encode(json.dumps(part).encode())
                      for part in ({"alg": "HS256"}, claims))
    mac = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{encode(mac)}"


def bearer(**claims):
    return {"Authorization": f"Bearer {make_token(**claims)}"}


def refusal(server, **headers):
    with Connection(server.address) as connection:
        connection.send(head(**headers))
        got = connection.read_response()
        return got.status, got.body


REVOKED = 401, b"Token revoked\n"


@pytest.fixture
def revoked(tmp_path):
    """The file, to be replaced in one step."""
    path = tmp_path / "revoked"

    def write(*lines):
        fresh = tmp_path / "revoked.new"
        fresh.write_text("".join(line + "\n" for line in lines))
        os.replace(fresh, path)
        return str(path)

    write()
    return write


@pytest.fixture
def options(tmp_path, revoked):
    key = tmp_path / "key"
    key.write_text(SECRET)
    return ("--auth-kind", "jwt", "--auth-key", str(key),
            "--auth-revoked", revoked())


@pytest.fixture
def server(start, options):
    return start(*options)


def test_a_revoked_token_is_refused_and_its_connection_closed(server, revoked):
    with Chat(server.address, **bearer(jti="one")) as one, \
            Further(server.address, **bearer(jti="two")) as two, \
            Chat(server.address, **bearer(sub="bob")) as bob:
        revoked("# stolen", "jti one")
        one.expect_bye(4202)
        server.wait_for_line("revocations reloaded")
        assert refusal(server, **bearer(jti="one")) == REVOKED
        assert refusal(server, **bearer(jti="one", sub="bob")) == REVOKED
        assert refusal(server, **bearer(jti="three"))[0] == 101
        two.ask_ok("ping")
        bob.ask_ok("ping")
        two.leave()
        bob.leave()
    server.wait_for_line("connection closed: 4202 token_revoked")


def test_a_user_is_revoked_with_all_its_tokens(server, revoked):
    with Chat(server.address, **bearer()) as first, \
            Further(server.address, **bearer(jti="x")) as second, \
            Chat(server.address, **bearer(sub="bob")) as bob:
        revoked("sub alice")
        first.expect_bye(4202)
        second.expect_bye(4202)
        assert refusal(server, **bearer()) == REVOKED
        bob.ask_ok("ping")
        bob.leave()
    revoked()
    server.wait_for_line("revocations reloaded", 1)
    assert refusal(server, **bearer())[0] == 101


def test_tokens_before_a_time_are_revoked(server, revoked):
    now = int(time.time())
    with Chat(server.address, **bearer(iat=now - 100)) as old, \
            Chat(server.address, **bearer(iat=now - 100, sub="bob")) as bob:
        revoked(f"before {now - 50} alice")
        old.expect_bye(4202)
        assert refusal(server, **bearer(iat=now - 51)) == REVOKED
        assert refusal(server, **bearer(iat=now - 49))[0] == 101
        assert refusal(server, **bearer(iat=now - 100, sub="bob"))[0] == 101
        revoked(f"before {now - 50}")
        bob.expect_bye(4202)
        assert refusal(server, **bearer(iat=now - 51, sub="eve")) == REVOKED


def test_a_signal_reads_the_file_at_once(server, revoked):
    with Chat(server.address, **bearer(jti="one")) as one:
        revoked("jti one")
        server.signal(signal.SIGHUP)
        one.expect_bye(4202)


def test_a_wrong_file_changes_nothing(server, revoked):
    revoked("jti one")
    server.wait_for_line("revocations reloaded")
    path = revoked("jti two", "revoke everything")
    server.wait_for_line(
        "revocations not reloaded: auth.revoked .*line 2: expected jti, sub or "
        "before")
    assert refusal(server, **bearer(jti="one")) == REVOKED
    assert refusal(server, **bearer(jti="two"))[0] == 101
    server.signal(signal.SIGHUP)
    server.wait_for_line("not reloaded: auth.revoked .*line 2")
    os.unlink(path)
    server.wait_for_line("revocations not reloaded: .*No such file")
    assert refusal(server, **bearer(jti="one")) == REVOKED
    revoked("jti two")
    server.wait_for_line("revocations reloaded", 1)
    assert refusal(server, **bearer(jti="two")) == REVOKED


def test_users_that_a_proxy_names_are_revoked(start, revoked):
    server = start("--auth-kind", "proxy", "--auth-trusted-proxies", "127.0.0.1",
                   "--auth-revoked", revoked())
    user = {"X-Forwarded-User": "alice"}
    with Chat(server.address, **user) as alice:
        revoked("sub alice")
        alice.expect_bye(4202)
    assert refusal(server, **user) == REVOKED
    # Those that connect after the time are others.
    revoked(f"before {int(time.time()) - 1}")
    server.wait_for_line("revocations reloaded", 1)
    assert refusal(server, **user)[0] == 101


def test_a_backend_revokes(start, options, revoked):
    server = start(*options, "--admin-key", KEY)
    backend = Backend(server.address)

    def revoke(status=204, **body):
        done = backend.post("/v1/revocations", body)
        assert done.status == status, done
        return done

    now = int(time.time())
    with Chat(server.address, **bearer()) as alice, \
            Chat(server.address, **bearer(sub="bob", jti="b 1")) as bob, \
            Chat(server.address, **bearer(sub="eve", iat=now - 100)) as eve:
        revoke(sub="alice")
        alice.expect_bye(4202)
        assert refusal(server, **bearer()) == REVOKED
        revoke(jti="b 1")
        bob.expect_bye(4202)
        revoke(before=now - 50)
        eve.expect_bye(4202)
        revoke(sub="carol", before=now - 10)
        assert refusal(server, **bearer(sub="carol", iat=now - 20)) == REVOKED
        Chat(server.address, **bearer(sub="carol")).leave()
    for body, field in (
            ({}, "sub"), ({"jti": "x", "sub": "y"}, "jti"), ({"sub": ""}, "sub"),
            ({"sub": "a\nsub b"}, "sub"), ({"jti": " x"}, "jti"),
            ({"before": "now"}, "before"), ({"before": -1}, "before")):
        assert revoke(422, **body)["field"] == field
    # The file has it.
    server.stop()
    server = start(*options)
    assert refusal(server, **bearer()) == REVOKED
    backend.close()


def test_ctl_revokes_a_user(start, options):
    server = start(*options, "--admin-key", KEY)
    with Chat(server.address, **bearer()) as alice:
        subprocess.run([PARLEYD, "ctl", "--url", "http://%s:%d" % server.address,
                        "--key", KEY, "revoke", "alice"], check=True)
        alice.expect_bye(4202)


def test_a_backend_revokes_nothing_without_a_good_file(start, options, revoked):
    other = start(*options[:4], "--admin-key", KEY)
    backend = Backend(other.address)
    refused = backend.post("/v1/revocations", {"sub": "alice"})
    assert (refused.status, refused["text"]) == (403, "auth.revoked names no file")
    backend.close()
    server = start(*options, "--admin-key", KEY)
    revoked("what is this")
    backend = Backend(server.address)
    refused = backend.post("/v1/revocations", {"sub": "alice"})
    assert (refused.status, refused["error"]) == (503, "store_failed")
    assert server.wait_for_line("revocations not reloaded")
    backend.close()


def test_a_stream_of_the_http_api_ends(start, options, revoked):
    server = start(*options, "--admin-key", KEY)
    backend = Backend(server.address)
    backend.publish("r", 1, create=True)
    readers = [Stream(server.address, "r", key=make_token(jti=jti))
               for jti in ("one", "two")]
    revoked("jti one")
    server.wait_for_line("revocations reloaded")
    backend.publish("r", "news")
    kind, data = readers[0].event()
    assert (kind, data["reason"]) == ("end", "token_revoked")
    assert readers[1].message()["message"] == "news"
    for each in *readers, backend:
        each.close()


def test_the_server_does_not_start_without_its_file(options, tmp_path):
    os.unlink(options[-1])
    done = subprocess.run(
        [PARLEYD, "--listen", "127.0.0.1:0", *options], capture_output=True,
        text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode == 78
    assert "auth.revoked " in done.stderr and "No such file" in done.stderr


# --- the log ------------------------------------------------------------------


def test_no_secret_is_logged_at_any_level(start, options, revoked):
    server = start(*options, "--log-level", "debug",
                   "--auth-trusted-proxies", "127.0.0.1")
    good = make_token(jti="good")
    secrets = [good, make_token(jti="gone"), make_token(exp=1), "s3cret",
               make_token()[:-4] + "xxxx"]
    revoked("jti gone")
    server.wait_for_line("revocations reloaded")
    for secret in secrets:
        for how in (
            {"Authorization": f"Bearer {secret}"},
            {"Authorization": f"Basic {secret}"},
            {"Sec-WebSocket-Protocol": f"parley.v1, bearer.{secret}"},
            {"Cookie": f"parley_session={secret}"},
            {"target": f"/ws?token={secret}"},
            {"target": f"/ws?token={secret}", "X-Forwarded-For": secret},
            {"target": f"/ws?token={secret}", "Sec-WebSocket-Key": None},
            {"target": f"/ws?token={secret}", "Sec-WebSocket-Version": "99"},
            {"target": f"/ws?token={secret}", "Origin": "https://evil.example"},
            {"target": f"/nowhere?token={secret}"},
            {"target": f"/ws?token={secret}" + "x" * 9000},
            {"target": f"/ws?token={secret}", "version": "HTTP/3.0"},
        ):
            with Connection(server.address) as connection:
                connection.send(head(**how))
                connection.read_response()
        get(server.address, f"/stats?token={secret}")
        with Connection(server.address) as connection:
            connection.send(plain_head(f"/v1/rooms?token={secret}")[:-4]
                            + b"\r\nbroken line\r\n\r\n")
            connection.read_response()
    with Chat(server.address, target=f"/ws?token={good}") as chat:
        chat.leave()
    server.stop()
    log = "\n".join(server.lines)
    assert "handshake refused with 401" in log
    for secret in secrets:
        assert secret not in log
        # Nor a part of it that could be guessed on from.
        assert secret[-16:] not in log
