"""Ten thousand tokens that must not be accepted, by every way that tokens come."""

import random
import time
from urllib.parse import quote

import pytest

from client import Chat, Connection, head
from hostile_tokens import AUDIENCE, ISSUER, HostileTokens, Keys

SEED = 7
TOKENS = 10_000
AT_A_TIME = 50


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def server(start, keys):
    """Heads may be longer than tokens."""
    return start("--auth-kind", "jwt", "--auth-key", str(keys.path), "--auth-issuer",
                 ISSUER, "--auth-audience", AUDIENCE, "--limits-request-bytes", "64KiB")


def hostile_tokens(keys):
    return HostileTokens(keys, random.Random(SEED), int(time.time()))


def requests_with(token, nth):
    """A handshake with the token, one way after the other."""
    by_subprotocol = all(c.isalnum() or c in "-_." for c in token)
    if nth % 3 == 0 and by_subprotocol:
        return head(Sec_WebSocket_Protocol=f"parley.v1, bearer.{token}")
    if nth % 3 == 1:
        return head(f"/ws?token={quote(token, safe='')}")
    return head(Authorization=f"Bearer {token}")


def admit_each(server, tokens):
    """All algorithms work: what is refused is refused for itself."""
    for token in tokens.good.values():
        with Chat(server.address, Authorization=f"Bearer {token}") as member:
            member.ask_ok("broadcast", message="hi")
            member.close()


def test_handshakes_with_hostile_tokens_are_refused(server, keys):
    tokens = hostile_tokens(keys)
    admit_each(server, tokens)
    for start in range(0, TOKENS, AT_A_TIME):
        batch = [tokens.next() for _ in range(AT_A_TIME)]
        connections = [Connection(server.address) for _ in batch]
        for nth, connection in enumerate(connections):
            connection.send(requests_with(batch[nth][0], start + nth))
        for connection, (token, reasons) in zip(connections, batch):
            with connection:
                refused = connection.read_response()
            got = refused.status, refused.body.decode().strip()
            assert got[0] == 401 and got[1] in reasons, (got, reasons, token)
    admit_each(server, tokens)


def test_a_token_longer_than_a_head_is_refused(start, keys):
    server = start("--auth-kind", "jwt", "--auth-key", str(keys.path))
    with Connection(server.address) as connection:
        connection.send(head(Authorization=f"Bearer {'a' * 9000}"))
        assert connection.read_response().status == 431


def test_commands_with_hostile_tokens_are_refused(server, keys):
    """The connection keeps the rights that it has."""
    tokens = hostile_tokens(keys)
    with Chat(server.address, Authorization=f"Bearer {tokens.good['EdDSA']}") as member:
        for _ in range(0, TOKENS, AT_A_TIME):
            batch = [tokens.next()[0] for _ in range(AT_A_TIME)]
            for nth, token in enumerate(batch):
                member.send_command("auth", token=token, ref=nth)
            for nth, token in enumerate(batch):
                got = member.next()
                assert (got["event"], got["code"], got["ref"]) == (
                    "error", "unauthorized", nth), (got, token)
        for token in tokens.good.values():
            member.ask_ok("auth", token=token)
        member.close()
    admit_each(server, tokens)


def test_hostile_tokens_are_of_many_kinds(keys):
    """In the same order each time, and hundreds of each kind."""
    tokens, again = hostile_tokens(keys), hostile_tokens(keys)
    made = [tokens.next() for _ in range(TOKENS)]
    assert [why for _, why in made] == [again.next()[1] for _ in range(TOKENS)]
    assert TOKENS // len(tokens.kinds) > 500
    assert len({token for token, _ in made}) > TOKENS * 0.8
