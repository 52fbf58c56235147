"""Whole conversations of the stream library that the original's client uses."""

import pytest

from nerdbank import NerdbankClient, why_not
from server import AT_ONCE, PARLEYD, Server


@pytest.fixture(scope="module", autouse=True)
def packages():
    reason = why_not()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def server():
    with Server(PARLEYD, *AT_ONCE, listen=["127.0.0.1:0=dotnet"]) as server:
        yield server


@pytest.fixture
def meet(server):
    clients = []

    def meet(*options):
        clients.append(NerdbankClient(server.address, *options))
        return clients[-1]

    yield meet
    for client in clients:
        client.stop()


def test_a_conversation(meet):
    alice, bob = meet(), meet()
    assert alice.greeting["Message"] == (
        f"Welcome {alice.name}! You are now connected to the chat.")
    alice.say("chat", "Hello, é \U0001f389")
    assert bob.next()["Message"] == "Hello, é \U0001f389"
    renamed = f"{alice.name} is now known as alice"
    assert alice.ask("setUsername", "alice")["Message"] == bob.next()["Message"] == renamed
    assert bob.ask("listUsers")["Message"] == f"Online users: alice, {bob.name}"
    alice.say("privateMessage", f"{bob.name} psst", ToUsername=bob.name)
    assert alice.next()["Message"] == bob.next()["Message"] == "psst"
    created = alice.ask("createRoom", "dev|a room|False|")
    assert (created["Type"], created["Username"]) == ("roomCreated", "System")
    room = created["RoomId"]
    assert bob.ask("joinRoom", f"{room}|")["Type"] == "roomJoined"
    assert alice.next()["Message"] == f"{bob.name} joined the room"
    bob.say("roomMessage", f"roomMessage {room} to the room", RoomId=room)
    for client in (alice, bob):
        got = client.next()
        assert (got["Type"], got["Message"], got["RoomId"]) == ("roomMessage", "to the room", room)
    assert bob.ask("leaveRoom", room)["Message"] == f"Left room: {room}"
    assert alice.next()["Message"] == f"{bob.name} left the room"
    assert bob.finish() == {"completed": True, "closed": 1000}
    assert alice.next()["Message"] == f"{bob.name} left the chat"


@pytest.mark.parametrize("options", [(), ("deflate",)])
def test_a_message_of_many_frames(meet, options):
    alice, bob = meet(*options), meet(*options)
    text = "".join(chr(0x20ac + n % 500) for n in range(10000))
    alice.say("chat", text)
    assert bob.next()["Message"] == text


def test_a_client_that_vanishes(meet):
    alice, bob = meet(), meet()
    bob.process.kill()
    assert alice.next()["Message"] == f"{bob.name} left the chat"
