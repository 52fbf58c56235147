"""The Python clients with tokens, headers and TLS."""

import ssl

import pytest

from certificates import make_certificate
from parley_client import ChatClient, ConnectionLost
from parley_client.native import Connected, Disconnected, Parley
from passwords import add_user, log_in, user
from server import AT_ONCE


@pytest.fixture
def users(tmp_path):
    path = tmp_path / "users"
    add_user(path, "alice")
    return path


def options(users, *more):
    return ("--auth-kind", "password", "--auth-users", str(users), *more)


def url_of(address, scheme="ws"):
    return "%s://%s:%d" % (scheme, *address[:2])


def test_a_token_logs_in(start, users, run):
    server = start(*options(users), listen=("127.0.0.1:0", "127.0.0.1:0=action"))
    token = log_in(server.address, "alice")[0]["token"]

    async def main():
        for how in ({"token": token},
                    {"headers": {"Authorization": f"Bearer {token}"}},
                    {"headers": {"Cookie": f"parley_session={token}"}}):
            async with Parley(url_of(server.address), **how) as chat:
                assert chat.name == "alice"
            async with ChatClient(url_of(server.addresses[1]), **how) as chat:
                assert chat.client_id
        for how in {}, {"token": "x"}:
            for client, address in zip((Parley, ChatClient), server.addresses):
                with pytest.raises(ConnectionLost) as refused:
                    async with client(url_of(address), **how):
                        pass
                assert refused.value.status == 401

    run(main())


def test_a_function_gives_a_fresh_token_for_each_connection(start, users, run):
    """The session ends: the client reconnects with the next token."""
    server = start(*options(users, "--auth-session", "5s"))
    taken = []

    async def token():
        taken.append(log_in(server.address, "alice")[0]["token"])
        return taken[-1]

    async def main():
        async with Parley(url_of(server.address), token=token) as chat:
            room = await chat.join("tea", create=True)
            await room.send("before")
            events = chat.events()
            async for event in events:
                if isinstance(event, Disconnected):
                    assert event.close_code == 4202
                if isinstance(event, Connected):
                    break
            await room.send("after")
            assert len(set(taken)) >= 2

    run(main())


def test_a_locked_account_is_not_tried_again(start, users, run):
    server = start(*options(users))

    async def main():
        token = log_in(server.address, "alice")[0]["token"]
        async with Parley(url_of(server.address), token=lambda: token) as chat:
            assert user("lock", "--file", users, "alice").returncode == 0
            with pytest.raises(ConnectionLost) as lost:
                async for _ in chat.events():
                    pass
            assert lost.value.close_code == 4003

    run(main())


def test_a_function_that_fails_is_a_failure_to_connect(start, run):
    server = start(*AT_ONCE)

    def token():
        raise RuntimeError("no account")

    async def main():
        with pytest.raises(ConnectionLost, match="no token: no account"):
            async with Parley(url_of(server.address), token=token):
                pass

    run(main())


def test_a_context_of_tls_is_used(start, users, tmp_path, run):
    certificate, key = make_certificate(tmp_path, "localhost", "DNS:localhost",
                                        "IP:127.0.0.1")
    server = start(*options(users), "--tls-certificate", str(certificate),
                   "--tls-key", str(key), listen=("127.0.0.1:0,tls",))
    context = ssl.create_default_context(cafile=certificate)
    token = log_in(server.address, "alice", tls=context)[0]["token"]

    async def main():
        async with Parley(url_of(server.address, "wss"), token=token,
                          ssl=context) as chat:
            assert chat.name == "alice"
        with pytest.raises(ConnectionLost):
            async with Parley(url_of(server.address, "wss"), token=token):
                pass

    run(main())
