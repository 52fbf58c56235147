"""Whole conversations of the stream library that the original's client uses."""

import base64
import uuid

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
    alice.send_command("chat", "Hello, é \U0001f389")
    assert bob.next()["Message"] == "Hello, é \U0001f389"
    renamed = f"{alice.name} is now known as alice"
    assert alice.ask("setUsername", "alice")["Message"] == bob.next()["Message"] == renamed
    assert bob.ask("listUsers")["Message"] == f"Online users: alice, {bob.name}"
    alice.send_command("privateMessage", f"{bob.name} psst", ToUsername=bob.name)
    assert alice.next()["Message"] == bob.next()["Message"] == "psst"
    created = alice.ask("createRoom", "dev|a room|False|")
    assert (created["Type"], created["Username"]) == ("roomCreated", "System")
    room = created["RoomId"]
    assert bob.ask("joinRoom", f"{room}|")["Type"] == "roomJoined"
    assert alice.next()["Message"] == f"{bob.name} joined the room"
    bob.send_command("roomMessage", f"roomMessage {room} to the room", RoomId=room)
    for client in (alice, bob):
        got = client.next()
        assert (got["Type"], got["Message"], got["RoomId"]) == ("roomMessage", "to the room", room)
    assert bob.ask("leaveRoom", room)["Message"] == f"Left room: {room}"
    assert alice.next()["Message"] == f"{bob.name} left the room"
    assert bob.finish() == {"completed": True, "closed": 1000}
    assert alice.next()["Message"] == f"{bob.name} left the chat"


def test_every_command_of_the_console(meet):
    """The commands that /help of the original's client lists, as it sends them;
    commands without an answer there have one here."""
    alice, bob = meet(), meet()
    alice.ask("setUsername", "alice"), bob.next()
    bob.ask("setUsername", "bob"), alice.next()
    assert alice.ask("listUsers")["Message"] == "Online users: alice, bob"
    for kind in ("privateMessage", "pm", "dm"):
        alice.send_command(kind, "bob hi", ToUsername="bob")
        assert bob.next()["Message"] == alice.next()["Message"] == "hi"
    alice.send_command("privateChat", "hi", ToUsername="bob")
    assert (alice.next()["Type"], bob.next()["Type"]) == ("privateChat", "privateChat")
    room = alice.ask("createRoom", "dev|a room|True|secret")["RoomId"]
    assert alice.ask("listRooms")["Type"] == "roomList"
    assert alice.ask("inviteToRoom", f"{room}|bob")["Message"] == "inviteToRoom: done"
    assert room in bob.next()["Message"]
    assert bob.ask("joinRoom", f"{room}|secret")["Type"] == "roomJoined"
    alice.next()
    members = alice.ask("listRoomMembers", room)
    assert (members["Type"], members["Message"]) == (
        "roomMembers", f"Members of room '{room}': alice, bob")
    alice.send_command("kickFromRoom", f"{room}|bob")
    assert bob.next()["Message"] == f"You were removed from room: {room}"
    assert [alice.next()["Message"] for _ in range(2)] == [
        "bob left the room", "kickFromRoom: done"]
    assert alice.ask("leaveRoom", room)["Message"] == f"Left room: {room}"
    assert alice.ask("send", "/etc/passwd bob")["Message"] == "File not found: /etc/passwd"


@pytest.mark.parametrize("options", [(), ("deflate",)])
def test_a_message_of_many_frames(meet, options):
    alice, bob = meet(*options), meet(*options)
    text = "".join(chr(0x20ac + n % 500) for n in range(10000))
    alice.send_command("chat", text)
    assert bob.next()["Message"] == text


def send_file(client, file_id, kind, size, **fields):
    info = {"Id": file_id, "FileName": "a.bin", "FileSize": size, "ContentType": "text/plain",
            "FromUsername": "", "ToUsername": "", "Timestamp": "2025-08-04T01:02:03.1234567Z"}
    client.send_file(**{"FileId": file_id, "FileInfo": info, "Data": None, "ChunkIndex": 0,
                        "TotalChunks": 0, "FromUsername": "", "ToUsername": "", "Type": kind,
                        "Timestamp": "2025-08-04T01:02:03.1234567Z"} | fields)


def receive_file(client):
    data = b""
    while (got := client.next_file())["Type"] == "fileData":
        assert got["ChunkIndex"] * 4096 == len(data)
        data += base64.b64decode(got["Data"])
    assert got["Type"] == "fileComplete"
    return data


def test_files(meet):
    alice, bob = meet(), meet()
    data = bytes(range(256)) * 1000
    file_id = str(uuid.uuid4())
    for n, at in enumerate(range(0, len(data), 4096)):
        send_file(alice, file_id, "fileUpload", len(data), ChunkIndex=n, TotalChunks=63,
                  Data=base64.b64encode(data[at:at + 4096]).decode())
    send_file(alice, file_id, "fileUploadComplete", len(data))
    assert bob.next()["Message"] == f"{alice.name} uploaded file: a.bin - ready for download"
    send_file(alice, file_id, "fileOffer", len(data), ToUsername=bob.name)
    assert bob.next()["Message"] == f"{alice.name} offered file 'a.bin' to {bob.name}"
    assert bob.next_file()["Type"] == "fileOffer"
    send_file(bob, file_id, "fileReject", len(data))
    assert alice.next_file()["Type"] == "fileReject"
    send_file(bob, file_id, "fileAccept", len(data))
    assert alice.next_file()["Type"] == "fileAccept"
    assert receive_file(bob) == data
    send_file(alice, file_id, "fileOfferAuto", len(data))
    assert receive_file(bob) == data


def test_a_client_that_vanishes(meet):
    alice, bob = meet(), meet()
    bob.process.kill()
    assert alice.next()["Message"] == f"{bob.name} left the chat"
