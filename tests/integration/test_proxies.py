"""Clients behind a proxy: their addresses, as the proxy names them."""

import contextlib
import signal
import socket
import ssl
import struct
import subprocess

import pytest

from certificates import make_certificate
from client import Chat, Connection, get, head, plain_head
from server import DEADLINE, ENVIRONMENT, PARLEYD


def status_of(address, before=b"", **headers):
    with Connection(address, before=before) as connection:
        connection.send(head(**headers))
        return connection.read_response().status


# --- headers of requests --------------------------------------------------------

TRUSTED = "--auth-trusted-proxies", "127.0.0.1, unix"


def test_limits_hold_for_the_client_that_a_trusted_proxy_names(start):
    server = start(*TRUSTED, "--limits-connections-per-ip", "2")
    alice = {"X-Forwarded-For": "203.0.113.1"}
    held = [Chat(server.address, **alice) for _ in range(2)]
    # Clients may claim what they like in front of it.
    spoofed = {"X-Forwarded-For": "198.51.100.7, 203.0.113.1"}
    assert status_of(server.address, **alice) == 429
    assert status_of(server.address, **spoofed) == 429
    server.wait_for_line("refused because of limits.connections_per_ip")
    assert status_of(server.address, **{"X-Forwarded-For": "203.0.113.2"}) == 101
    for chat in held:
        chat.leave()
    assert status_of(server.address, **alice) == 101


def test_quotas_of_addresses_hold_for_the_client(start):
    server = start(*TRUSTED, "--limits-persistent-rooms-per-ip", "1")
    for n, (client, code) in enumerate((
        ("203.0.113.1", None), ("203.0.113.1", "too_many_rooms"),
        ("[2001:db8::1]:4711", None), ("2001:db8::2", "too_many_rooms"),
    )):
        with Chat(server.address, **{"X-Forwarded-For": client}) as chat:
            got = chat.ask("create", name=f"room{n}", persistent=True)
            assert got.get("code") == code, got
            chat.leave()


def test_headers_of_others_are_ignored(start):
    server = start("--auth-trusted-proxies", "192.0.2.0/24",
                   "--limits-connections-per-ip", "1")
    for _ in range(3):
        chat = Chat(server.address, **{"X-Forwarded-For": "203.0.113.1"})
        chat.leave()
    held = [Chat(server.address, **{"X-Forwarded-For": "203.0.113.1"})
            for _ in range(3)]
    for chat in held:
        chat.leave()


def test_the_log_has_the_address_of_the_client(start):
    server = start(*TRUSTED)
    assert status_of(server.address, Origin="https://evil.example",
                     **{"X-Forwarded-For": "203.0.113.9"}) == 403
    server.wait_for_line(r"Origin not allowed \(203.0.113.9\)")
    assert status_of(server.address, Origin="https://evil.example",
                     **{"X-Forwarded-For": "<script>"}) == 403
    server.wait_for_line(r"Origin not allowed \(127.0.0.1\)")


def test_a_proxy_behind_a_unix_socket(start, tmp_path):
    server = start(*TRUSTED, "--limits-connections-per-ip", "1",
                   listen=(f"unix:{tmp_path}/socket",))
    alice = {"X-Forwarded-For": "203.0.113.1"}
    with Chat(server.address, **alice) as chat:
        assert status_of(server.address, **alice) == 429
        chat.leave()


def test_rfc_7239_instead(start):
    server = start(*TRUSTED, "--auth-proxy-headers", "forwarded",
                   "--limits-connections-per-ip", "1")
    alice = {"Forwarded": 'for="[2001:db8::1]:80";proto=https'}
    with Chat(server.address, **alice) as chat:
        assert status_of(server.address, **alice) == 429
        # The other header is the client's own.
        assert status_of(
            server.address, **{"X-Forwarded-For": "203.0.113.1"}, **alice) == 429
        chat.leave()


@pytest.mark.parametrize("value", [
    "x" * 4000, ", ".join(["203.0.113.1"] * 400), "[" * 100, '"', "_x",
    "203.0.113.1:99999999", "::ffff:203.0.113.300", ",,,,", "\x80\xff",
])
def test_hostile_values_do_no_harm(start, value):
    server = start(*TRUSTED)
    with Connection(server.address) as connection:
        connection.send(head(**{"X-Forwarded-For": value, "Forwarded": value}))
        assert connection.read_response().status in (101, 400, 431)
    assert get(server.address, "/livez").status == 200


def test_proxies_are_read_again(start, tmp_path):
    config = tmp_path / "parley.conf"
    config.write_text("auth.trusted_proxies = none\n")
    server = start("--config", str(config), "--limits-connections-per-ip", "1")
    alice = {"X-Forwarded-For": "203.0.113.1"}
    first = Chat(server.address, **alice)
    second = Chat(server.address, **alice)
    config.write_text("auth.trusted_proxies = 127.0.0.0/8\n")
    server.signal(signal.SIGHUP)
    server.wait_for_line("reloaded")
    third = Chat(server.address, **alice)
    assert status_of(server.address, **alice) == 429
    for chat in first, second, third:
        chat.leave()


@pytest.mark.parametrize("value, why", [
    ("10.0.0.1/8", "10.0.0.1/8: bits beyond the prefix are set"),
    ("10.0.0.0/33", "10.0.0.0/33: a prefix is a number from 0 to 32"),
    ("127.0.0.1, proxy.example", "proxy.example: expected an IP address"),
])
def test_malformed_proxies_are_a_configuration_error(value, why):
    done = subprocess.run(
        [PARLEYD, "--auth-trusted-proxies", value], capture_output=True,
        text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode == 64
    assert f"auth.trusted_proxies: {why}" in done.stderr


# --- the PROXY protocol ---------------------------------------------------------

LISTEN = ("127.0.0.1:0,proxy",)
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
EXTENSIONS = b"\x03\x00\x04abcd" + b"\x20\x01\x00" + b"x" * 256


def version_1(client, family="TCP4", own="127.0.0.1"):
    return f"PROXY {family} {client} {own} 4660 80\r\n".encode()


def version_2(client, extensions=b""):
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    addresses = socket.inet_pton(family, client) * 2 + b"\x12\x34\x00\x50"
    code = 0x21 if ":" in client else 0x11
    return SIGNATURE + struct.pack(
        "!BBH", 0x21, code, len(addresses + extensions)) + addresses + extensions


LOCAL = SIGNATURE + b"\x20\x00\x00\x00"


@pytest.mark.parametrize("header, other", [
    (version_1("203.0.113.1"), version_1("203.0.113.2")),
    (version_1("2001:db8::1", "TCP6", "::1"),
     version_1("2001:db8:0:1::1", "TCP6", "::1")),
    (version_2("203.0.113.1"), version_2("203.0.113.2")),
    (version_2("2001:db8::1", EXTENSIONS), version_2("2001:db8:0:1::1")),
    (version_1("203.0.113.1"), version_2("203.0.113.2")),
])
def test_limits_hold_for_the_client_in_the_header(start, header, other):
    server = start("--auth-trusted-proxies", "127.0.0.1",
                   "--limits-connections-per-ip", "1", listen=LISTEN)
    server.wait_for_line(r"listening on .* \(command, PROXY\)")
    with Chat(server.address, before=header) as alice:
        assert status_of(server.address, header) == 429
        assert status_of(server.address, other) == 101
        alice.ask_ok("ping")
        alice.leave()


@pytest.mark.parametrize("header", [
    b"PROXY UNKNOWN\r\n", LOCAL, SIGNATURE + b"\x21\x00\x00\x00",
    SIGNATURE + b"\x21\x31\x00\xd8" + b"/run/client".ljust(216, b"\0"),
])
def test_a_balancer_may_speak_for_itself(start, header):
    server = start("--auth-trusted-proxies", "127.0.0.1", listen=LISTEN)
    with Connection(server.address, before=header) as connection:
        connection.send(plain_head("/livez"))
        assert connection.read_response().status == 200


@pytest.mark.parametrize("header", [
    version_1("203.0.113.1"), version_2("203.0.113.1", EXTENSIONS)])
def test_the_header_may_come_byte_by_byte(start, header):
    server = start("--auth-trusted-proxies", "127.0.0.1", listen=LISTEN)
    with Connection(server.address) as connection:
        connection.send_in_bytes(header + plain_head("/livez"))
        assert connection.read_response().status == 200


@pytest.mark.parametrize("trusted", [("--auth-trusted-proxies", "127.0.0.1"), ()])
def test_a_connection_without_the_header_is_closed(start, trusted):
    server = start(*trusted, listen=LISTEN)
    for data in (plain_head("/livez"), b"\x16\x03\x01", b"PROXY TCP4 x y 1 1\r\n",
                 SIGNATURE + b"\x21\x11\xff\xff", b"PROXY UNKNOWN " + b"x" * 200):
        with Connection(server.address) as connection:
            connection.send(data)
            connection.expect_end()
    server.wait_for_line("PROXY header of 127.0.0.1 refused: not a PROXY header")
    assert status_of(server.address, version_1("203.0.113.1")) == 101


def test_only_trusted_peers_may_send_the_header(start):
    server = start("--auth-trusted-proxies", "192.0.2.1", listen=LISTEN)
    # It may be reset before the client knows that it is connected.
    with contextlib.suppress(ConnectionResetError), Connection(server.address) as connection:
        connection.send(version_1("203.0.113.1") + plain_head("/livez"))
        connection.expect_end()
    server.wait_for_line("127.0.0.1 is not in auth.trusted_proxies")


def test_without_trusted_proxies_there_is_a_warning(start):
    server = start(listen=LISTEN)
    server.wait_for_line("auth.trusted_proxies is empty: every peer of a listener")


def test_a_header_that_does_not_come_costs_the_connection(start):
    server = start("--limits-handshake-timeout", "100ms", listen=LISTEN)
    for begun in b"", b"PROXY TCP4", SIGNATURE:
        with Connection(server.address) as connection:
            connection.send(begun)
            connection.expect_end()
    server.wait_for_line("refused because of limits.handshake_timeout")


def test_tls_follows_the_header(start, tmp_path):
    certificate, key = make_certificate(tmp_path, "localhost", "DNS:localhost")
    server = start("--auth-trusted-proxies", "127.0.0.1",
                   "--limits-connections-per-ip", "1",
                   "--tls-certificate", str(certificate), "--tls-key", str(key),
                   listen=("127.0.0.1:0,tls,proxy",))
    server.wait_for_line(r"listening on .* \(command, TLS, PROXY\)")
    tls = ssl.create_default_context(cafile=certificate)
    for header in version_1("203.0.113.1"), version_2("203.0.113.1", EXTENSIONS):
        with Chat(server.address, tls=tls, before=header) as alice:
            with Connection(server.address, tls, before=header) as second:
                second.send(head())
                assert second.read_response().status == 429
            alice.leave()


def test_the_client_in_the_header_may_be_a_trusted_proxy(start):
    """A balancer in front of a proxy in front of the server."""
    server = start("--auth-trusted-proxies", "127.0.0.1 10.0.0.0/8",
                   "--limits-connections-per-ip", "1", listen=LISTEN)
    inner = version_1("10.0.0.7")
    alice = {"X-Forwarded-For": "203.0.113.1"}
    with Chat(server.address, before=inner, **alice) as chat:
        assert status_of(server.address, inner, **alice) == 429
        # One that is no proxy names no other client.
        assert status_of(server.address, version_1("203.0.113.1"),
                         **{"X-Forwarded-For": "203.0.113.2"}) == 429
        chat.leave()


def test_listeners_with_and_without_headers_work_side_by_side(start, tmp_path):
    listed = tmp_path / "addresses"
    server = start("--listen-file", str(listed),
                   listen=("127.0.0.1:0", "127.0.0.1:0=action,proxy"))
    plain, proxied = server.addresses
    assert status_of(plain) == 101
    assert status_of(proxied, version_1("203.0.113.1")) == 101
    # Other programs of this machine cannot use it.
    assert len(listed.read_text().splitlines()) == 1


# --- auth.kind = proxy ----------------------------------------------------------


@pytest.fixture
def gate(start):
    return start("--auth-kind", "proxy", *TRUSTED,
                 "--auth-proxy-rights-header", "X-Forwarded-Groups")


def refusal(server, **headers):
    with Connection(server.address) as connection:
        connection.send(head(**headers))
        got = connection.read_response()
        return got.status, got.body


def test_a_trusted_proxy_names_the_user(gate):
    user = {"X-Forwarded-User": "u-17", "X-Forwarded-Groups": "user"}
    with Chat(gate.address, "/ws?name=mallory", **user) as chat:
        assert chat.name == "u-17"
        chat.leave()
    with Chat(gate.address, **user,
              **{"X-Forwarded-Preferred-Username": "Zo\u00eb".encode().decode("latin-1")},
              ) as chat:
        assert chat.name == "Zo\u00eb"
        chat.leave()


def test_the_proxy_gives_rights(gate):
    for groups, codes in (
        ("read", ["forbidden", "forbidden"]),
        ("connect, READ", ["forbidden", "forbidden"]),
        ("read,post", [None, "forbidden"]),
        ("x, user", [None, None]),
    ):
        with Chat(gate.address, **{
                "X-Forwarded-User": "u", "X-Forwarded-Groups": groups}) as chat:
            assert [chat.ask("broadcast", message="hi").get("code"),
                    chat.ask("create", name="x").get("code")] == codes, groups
            chat.leave()
    assert refusal(gate, **{
        "X-Forwarded-User": "u", "X-Forwarded-Groups": "staff, READ"}) == (
            403, b"Not allowed without the right 'connect'\n")


def test_without_a_rights_header_users_have_the_usual_rights(start):
    server = start("--auth-kind", "proxy", *TRUSTED)
    with Chat(server.address, **{"X-Forwarded-User": "u",
                                 "X-Forwarded-Groups": "read"}) as chat:
        chat.ask_ok("create", name="x")
        chat.leave()


@pytest.mark.parametrize("headers, why", [
    ({}, b"User header missing\n"),
    ({"X-Forwarded-User": ""}, b"User header missing\n"),
    ({"X-Forwarded-User": ["alice", "bob"]}, b"User header malformed\n"),
    ({"X-Forwarded-User": "x" * 300}, b"User header malformed\n"),
    ({"X-Forwarded-User": "\xff"}, b"User header malformed\n"),
    ({"X-Forwarded-User": "u", "X-Forwarded-Preferred-Username": ["a", "b"]},
     b"Name header malformed\n"),
    ({"Authorization": "Bearer x"}, b"User header missing\n"),
])
def test_a_request_without_a_user_is_refused(gate, headers, why):
    assert refusal(gate, **headers) == (401, why)


def test_others_name_no_user(start):
    server = start("--auth-kind", "proxy", "--auth-trusted-proxies", "192.0.2.1")
    assert refusal(server, **{"X-Forwarded-User": "admin"}) == (
        403, b"Not from a trusted proxy\n")
    server.wait_for_line("handshake refused with 403: Not from a trusted proxy")


def test_the_user_header_can_be_chosen(start):
    server = start("--auth-kind", "proxy", *TRUSTED,
                   "--auth-proxy-user-header", "X-Remote-User")
    assert refusal(server, **{"X-Forwarded-User": "u"})[0] == 401
    with Chat(server.address, **{"X-Remote-User": "u"}) as chat:
        assert chat.name == "u"
        chat.leave()


@pytest.mark.parametrize("options, why", [
    ((), "auth.kind (proxy) needs auth.trusted_proxies"),
    ((*TRUSTED, "--auth-proxy-user-header", "X:"),
     "auth.proxy_user_header (X:) is not the name of a header"),
])
def test_a_proxy_kind_needs_proxies(options, why):
    done = subprocess.run(
        [PARLEYD, "--listen", "127.0.0.1:0", "--auth-kind", "proxy", *options],
        capture_output=True, text=True, timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode == 64
    assert why in done.stderr
