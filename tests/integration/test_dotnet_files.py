"""Files of the dotnet dialect: uploads, offers, answers to them, and data."""

import base64
import json
import threading
import uuid

import pytest

from api import Backend
from client import Chat, get
from dialects import Action, Dotnet, DotnetText, Topic
from faulty_disk import FaultyDisk
from server import AT_ONCE, PARLEYD, Server, eventually

MEMBER = Dotnet
CHUNK = 4096
DATA = bytes(range(256)) * 100


@pytest.fixture
def server():
    with Server(PARLEYD, *AT_ONCE, "--files-size", "64KiB",
                listen=["127.0.0.1:0=dotnet"]) as server:
        yield server


class File:
    def __init__(self, owner, data=DATA, name="a.bin"):
        self.owner, self.data, self.name = owner, data, name
        self.id = str(uuid.uuid4())
        self.chunks = -(-len(data) // CHUNK)

    def send(self, member, kind, **fields):
        info = {"Id": self.id, "FileName": self.name, "FileSize": len(self.data),
                "ContentType": "application/octet-stream", "FromUsername": "", "ToUsername": "",
                "Timestamp": "2025-08-04T01:02:03Z"}
        value = {"FileId": self.id, "FileInfo": info, "Data": None, "ChunkIndex": 0,
                 "TotalChunks": 0, "FromUsername": "", "ToUsername": "", "Type": kind,
                 "Timestamp": "2025-08-04T01:02:03Z"}
        member.send_line("files", json.dumps(value | fields))

    def upload(self):
        for n in range(self.chunks):
            piece = self.data[n * CHUNK:(n + 1) * CHUNK]
            self.send(self.owner, "fileUpload", Data=base64.b64encode(piece).decode(),
                      ChunkIndex=n, TotalChunks=self.chunks)
        self.send(self.owner, "fileUploadComplete")
        return self

    def receive(self, member):
        """Receives the chunks of a file: in order, each once, and complete."""
        got = bytearray()
        while (line := next_file(member))["Type"] == "fileData":
            assert (line["ChunkIndex"], line["TotalChunks"]) == (len(got) // CHUNK, self.chunks)
            assert line["FileInfo"]["FileName"] == self.name
            assert (line["FromUsername"], line["ToUsername"]) == (self.owner.name, member.name)
            got += base64.b64decode(line["Data"])
        assert (line["Type"], line["FileId"], line["Data"]) == ("fileComplete", self.id, None)
        assert (line["FromUsername"], line["ToUsername"]) == (self.owner.name, member.name)
        assert got == self.data


def next_file(member):
    return json.loads(member.next_line("files"))


def offer_of(member, file, text):
    assert member.next()["Message"] == text
    got = next_file(member)
    assert (got["Type"], got["FileId"], got["FromUsername"]) == (
        "fileOffer", file.id, file.owner.name)
    assert got["FileInfo"]["FileSize"] == len(file.data)
    return got


@pytest.fixture
def pair(meet):
    return meet(), meet()


@pytest.mark.parametrize("data", [DATA, b"", b"x", bytes(CHUNK)], ids=len)
def test_a_file_is_uploaded_offered_and_accepted(meet, pair, data):
    a, b = pair
    c = meet()
    file = File(a, data).upload()
    for member in (b, c):
        assert member.next()["Message"] == f"{a.name} uploaded file: a.bin - ready for download"
    file.send(a, "fileOffer")
    for member in (b, c):
        offer_of(member, file, f"{a.name} offered file 'a.bin' to everyone")
    file.send(b, "fileAccept")
    accepted = f"{b.name} accepted file 'a.bin' from {a.name}"
    assert [member.next()["Message"] for member in (a, b, c)] == 3 * [accepted]
    got = next_file(a)
    assert (got["Type"], got["FromUsername"], got["ToUsername"]) == (
        "fileAccept", b.name, a.name)
    file.receive(b)
    assert c.pending() == []


def test_a_rejected_file_stays(pair):
    a, b = pair
    file = File(a).upload()
    file.send(a, "fileOffer", ToUsername=b.name)
    b.next()
    assert offer_of(b, file, f"{a.name} offered file 'a.bin' to {b.name}")["ToUsername"] == b.name
    file.send(b, "fileReject")
    rejected = f"{b.name} rejected file 'a.bin' from {a.name}"
    assert a.next()["Message"] == b.next()["Message"] == rejected
    assert next_file(a)["Type"] == "fileReject"
    file.send(b, "fileAccept")
    file.receive(b)


def test_a_file_for_a_room_is_for_its_members(meet, pair):
    a, b = pair
    c = meet()
    room = a.ask_for("createRoom", "dev")["RoomId"]
    b.ask_for("joinRoom", room), a.next()
    file = File(a).upload()
    b.next(), c.next()
    file.send(a, "fileOffer", ToUsername=f"ROOM:{room}")
    offer_of(b, file, f"{a.name} offered file 'a.bin' to ROOM:{room}")
    assert next_file(a)["Type"] == "fileOffer"
    file.send(c, "fileAccept")
    assert next_file(c)["Type"] == "fileError"
    assert c.pending() == []


def test_a_shared_file_is_sent_to_all(meet, pair):
    a, b = pair
    c = meet()
    file = File(a).upload()
    file.send(a, "fileOfferAuto", ToUsername=b.name)  # which does not matter
    sharing = f"{a.name} is sharing file 'a.bin' - auto-downloading to all users..."
    for member in (b, c):
        member.next()
        got = member.next()
        assert (got["Username"], got["Message"]) == ("", sharing)
        file.receive(member)
    for member in (a, b, c):
        got = member.next()
        assert (got["Type"], got["Message"]) == (
            "system", "Auto-download completed: 'a.bin' sent to 2 users")
    assert a.pending() == []


@pytest.mark.parametrize("file_id", ["", "../../etc/passwd", "x" * 500, 'é"\\',
                                     "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"])
@pytest.mark.parametrize("kind", ["fileOffer", "fileAccept", "fileUploadComplete"])
def test_unknown_files(meet, kind, file_id):
    a = meet()
    file = File(a)
    file.send(a, kind, FileId=file_id)
    got = next_file(a)
    assert (got["Type"], got["FileId"], got["FromUsername"]) == ("fileError", file_id, "System")
    is_known_id = len(file_id) == 36
    assert got["ToUsername"] == (a.name if is_known_id and kind != "fileAccept" else "")


@pytest.mark.parametrize("file_id", ["", "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"])
def test_an_unknown_file_is_rejected_without_an_answer(pair, file_id):
    a, b = pair
    File(a).send(a, "fileReject", FileId=file_id)
    assert a.pending() == b.pending() == []
    assert "files" not in a.lines


def test_a_name_of_a_receiver_matches_in_any_case(meet, pair):
    a, b = pair
    c = meet()
    file = File(a).upload()
    b.next(), c.next()
    file.send(a, "fileOffer", ToUsername=b.name.upper())
    offer_of(b, file, f"{a.name} offered file 'a.bin' to {b.name}")
    assert c.pending() == [] and "files" not in c.lines


def test_a_receiver_that_does_not_read_delays_its_own_file_only(tmp_path, leave_at_end):
    with Server(PARLEYD, *AT_ONCE, "--files-dir", str(tmp_path / "files"),
                listen=["127.0.0.1:0=dotnet"]) as server:
        a, b, stalled = [leave_at_end(Dotnet(server.address)) for _ in range(3)]
        file = File(a, bytes(12 << 20)).upload()
        stalled.next(), b.next()
        file.send(a, "fileOffer")
        text = f"{a.name} offered file 'a.bin' to everyone"
        offer_of(b, file, text), offer_of(stalled, file, text)
        file.send(stalled, "fileAccept")
        a.next(), b.next()
        file.send(b, "fileAccept")
        a.next(), b.next()
        file.receive(b)
        a.send_command("chat", "still here")
        assert b.next()["Message"] == "still here"
        stats = json.loads(get(server.address, "/stats").body)
        assert stats["files"]["sent_bytes"] < 20 << 20
        assert stats["held_bytes"] < 1 << 17
        file.receive(stalled)


def test_only_the_uploader_appends_and_offers(pair):
    a, b = pair
    file = File(a).upload()
    b.next()
    file.send(b, "fileUpload", Data="AAAA", ChunkIndex=file.chunks)
    file.send(b, "fileOffer")
    assert next_file(b)["Type"] == "fileError"
    assert a.pending() == []


def test_chunks_out_of_order_are_refused(pair):
    a, b = pair
    file = File(a)
    for n in (0, 0, 2):
        file.send(a, "fileUpload", Data=base64.b64encode(bytes(CHUNK)).decode(), ChunkIndex=n)
    assert a.next()["Type"] == "error"
    file.send(a, "fileUploadComplete")
    assert a.next()["Type"] == "error"
    assert b.pending() == []


@pytest.mark.parametrize("data", ["*", "AAA", "AA=A", "A" * 66000], ids=len)
def test_data_that_is_not_base64(meet, data):
    a = meet()
    File(a).send(a, "fileUpload", Data=data)
    assert a.next()["Message"] == "Data is not base64, or too long"


def test_a_file_that_is_too_large(pair):
    a, b = pair
    file = File(a, bytes(100000)).upload()
    assert a.next()["Message"] == "File is too large"
    assert next_file(a)["Type"] == "fileError"
    assert b.pending() == []
    assert file.owner is a


def test_a_file_reaches_other_dialects_as_a_link(server, leave_at_end, pair):
    a, _ = pair
    text = leave_at_end(DotnetText(server.address))
    action = leave_at_end(Action(server.address, "/ws/action"))
    native = leave_at_end(Chat(server.address, "/ws/command"))
    room = a.ask_for("createRoom", "dev")["RoomId"]
    action.join(room)
    a.next()
    file = File(a).upload()
    file.send(a, "fileOffer")
    assert native.expect("broadcast", member=a.name)["message"]["file"]["id"] == file.id
    text.next()
    assert text.next()["Message"] == f"{a.name} offered file 'a.bin' to everyone"
    file.send(a, "fileOffer", ToUsername=f"ROOM:{room}")
    assert f"/v1/files/{file.id}" in action.next()["body"]


def test_a_room_of_all_dialects_gets_a_file(server, leave_at_end, meet):
    """Members without files in their dialect get a text with a link."""
    native = leave_at_end(Chat(server.address, "/ws/command"))
    native.ask_ok("create", name="tea", room="tea")
    dotnet = meet("/ws?name=dora")
    dotnet.ask_for("joinRoom", "tea")
    action = leave_at_end(Action(server.address, "/ws/action"))
    action.join("tea")
    topic = leave_at_end(Topic(server.address, "/ws/topic"))
    topic.join("tom", "tea")
    for member in (native, dotnet, action):
        member.pending()
    native.ask_ok("broadcast", room="tea", message="by native")
    action.post("by action")
    dotnet.send_command("roomMessage", "tea by dotnet")
    assert dotnet.next()["Message"] == "by native"
    assert dotnet.next()["Message"] == "by action"
    assert dotnet.next()["Message"] == "by dotnet"
    topic.pending(), action.pending(), native.pending()
    topic.post("by topic")
    assert dotnet.next()["Message"] == "by topic"
    assert action.next()["body"] == "by topic"
    assert native.expect("broadcast", room="tea")["message"] == "by topic"
    file = File(dotnet).upload()
    file.send(dotnet, "fileOffer", ToUsername="ROOM:tea")
    shared = native.expect("broadcast", room="tea")["message"]["file"]
    assert (shared["id"], shared["name"]) == (file.id, "a.bin")
    assert f"/v1/files/{file.id}" in action.next()["body"]
    assert f"/v1/files/{file.id}" in topic.next()["message"]
    assert next_file(dotnet)["Type"] == "fileOffer"
    # A file of the native member is offered to the one of dotnet.
    made = Backend(server.address, None).ask("POST", "/v1/files?name=b.txt", b"native")
    native.ask_ok("broadcast", room="tea", message={"file": json.loads(made.raw)})
    offer = next_file(dotnet)
    assert (offer["Type"], offer["FileInfo"]["FileName"]) == ("fileOffer", "b.txt")
    dotnet.send_line("files", json.dumps({"FileId": offer["FileId"], "Type": "fileAccept"}))
    assert base64.b64decode(next_file(dotnet)["Data"]) == b"native"
    assert "b.txt" in action.next()["body"]
    assert "b.txt" in topic.next()["message"]


@pytest.mark.parametrize("name, stored", [
    ("../../etc/passwd", "passwd"), ("C:\\temp\\x.txt", "x.txt"), ("..", "file"), ("", "file"),
])
def test_a_name_is_no_path(pair, name, stored):
    a, b = pair
    file = File(a, name=name).upload()
    assert b.next()["Message"] == f"{a.name} uploaded file: {stored} - ready for download"
    file.send(a, "fileOffer", ToUsername=b.name)
    b.next()
    assert next_file(b)["FileInfo"]["FileName"] == stored


def test_a_disk_that_takes_nothing_delays_its_uploads_only(tmp_path):
    """As over HTTP, at most 64 MiB wait for the disk, and one read of each
    connection."""
    disk = FaultyDisk(tmp_path)
    with Server(PARLEYD, *AT_ONCE, "--files-dir", str(disk.store), "--files-quota-user", "0",
                "--files-size", "1GiB", listen=["127.0.0.1:0=dotnet"],
                environment=disk.environment) as server:

        def figures():
            stats = json.loads(get(server.address, "/stats").body)
            return stats["files"]["received_bytes"], stats["held_bytes"]

        alice, bob = Dotnet(server.address), Dotnet(server.address)
        disk.be(stall_ms=3_600_000)
        file = File(alice, bytes(1700 * 48_000))
        piece = base64.b64encode(bytes(48_000)).decode()

        def send():
            try:
                for n in range(1700):
                    file.send(alice, "fileUpload", Data=piece, ChunkIndex=n)
            except OSError:
                pass

        thread = threading.Thread(target=send)
        thread.start()
        eventually(lambda: figures()[0] > 64 << 20)
        for _ in range(1000):
            assert bob.users() == [alice.name, bob.name]
        received, held = figures()
        assert 64 << 20 < received < 65 << 20
        assert held < 1 << 20
        disk.be()
        thread.join()
        file.send(alice, "fileUploadComplete")
        assert bob.next()["Message"] == f"{alice.name} uploaded file: a.bin - ready for download"
        alice.close()
        bob.close()
