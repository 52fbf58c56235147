"""Files of a server that is killed, or whose disk fails: no partial file is served."""

import hashlib
import json
import os
import random
import socket
import threading

import pytest

from api import Backend
from client import Chat, get
from faulty_disk import FaultyDisk
from server import AT_ONCE, PARLEYD, Server, eventually
from test_files import client, create, offset_of, patch, path_of, upload

UPLOADS = 50


@pytest.fixture
def on_disk(tmp_path):
    """Starts servers on one directory, one after the other, to be killed."""
    directory = tmp_path / "files"
    started = []

    def start(*options, **how):
        started.append(Server(PARLEYD, *AT_ONCE, "--files-dir", str(directory),
                              *options, **how))
        return started[-1]

    yield start, directory
    for server in started:
        server.kill()


def names(directory):
    return sorted(each for each in os.listdir(directory) if each != "LOCK")


def ids(directory, suffix):
    return {name.partition(".")[0] for name in names(directory) if name.endswith(suffix)}


def used(server):
    """Returns the number of files, and their bytes."""
    files = json.loads(get(server.address, "/stats").body)["files"]
    return files["count"], files["bytes"]


def send_until_killed(address, location, content, seed):
    """Sends a file in pieces of any size; some requests break off."""
    chance = random.Random(seed)
    try:
        http = Backend(address, None)
        at = 0
        while at < len(content):
            size = chance.randrange(1, 200_000)
            patch(http, location, at, content[at:at + size])
            at = min(at + size, len(content))
    except (OSError, ValueError, socket.timeout):
        pass
    except Exception as error:  # http.client's own, of a broken connection
        assert "http.client" in type(error).__module__, error


def test_uploads_go_on_after_a_kill_and_none_is_half(on_disk):
    start, directory = on_disk
    server = start()
    contents = [os.urandom(random.Random(n).randrange(1, 800_000))
                for n in range(UPLOADS)]
    http = client(server)
    locations = [create(http, len(content), filename=f"{n}.bin")
                 for n, content in enumerate(contents)]
    for round_of_kills in range(3):
        threads = [threading.Thread(target=send_until_killed,
                                    args=(server.address, location, content,
                                          n + 1000 * round_of_kills))
                   for n, (location, content) in enumerate(zip(locations, contents))]
        for thread in threads:
            thread.start()
        eventually(lambda: len(ids(directory, ".data")) >= 5 * round_of_kills
                   or not any(thread.is_alive() for thread in threads))
        server.kill()
        for thread in threads:
            thread.join()
        server = start()
        http = client(server)
        for location, content in zip(locations, contents):
            offset = offset_of(http, location)
            got = http.get(location)
            assert (got.status == 404 or
                    (got.status, got.raw) == (200, content)), (offset, got.status)
            if got.status == 404:
                assert offset < len(content)
                # The bytes that arrived are right: the rest completes the file.
                if round_of_kills == 2:
                    assert patch(http, location, offset,
                                 content[offset:]).status == 204
                    assert http.get(location).raw == content
    for location in locations:
        assert http.ask("DELETE", location).status == 204
    server.stop()
    assert names(directory) == []


def test_a_message_and_its_file_survive_a_kill(on_disk, tmp_path):
    start, _ = on_disk
    options = ("--store-kind", "file", "--store-dir", str(tmp_path / "store"))
    server = start(*options)
    alice = Chat(server.address)
    alice.ask_ok("create", name="Tea", room="tea", persistent=True)
    file = upload(client(server), b"content", "?name=a.txt")
    alice.ask_ok("broadcast", room="tea", message={"file": {
        "id": file["id"], "key": file["key"]}})
    server.kill()
    server = start(*options)
    bob = Chat(server.address)
    page = bob.ask_ok("join", room="tea", history=5)
    shared = page["messages"][-1]["message"]["file"]
    assert client(server).get(shared["url"]).raw == b"content"
    # The grant to the room survives, too: it is public, and no key is needed.
    assert client(server).get(path_of(file)).raw == b"content"
    bob.close()


def test_a_file_that_has_changed_on_the_disk_is_set_aside(on_disk):
    start, directory = on_disk
    server = start()
    changed, whole = (upload(client(server), bytes(5_000_000), f"?name={n}.bin")
                      for n in range(2))
    server.stop()
    with open(directory / f"{changed['id']}.data", "r+b") as data:
        data.seek(4_999_999)
        data.write(b"x")
    server = start()
    server.wait_for_line(f"{changed['id']} is damaged: moved to quarantine/")
    http = client(server)
    assert http.get(changed["url"]).status == 404
    assert http.get(whole["url"]).raw == bytes(5_000_000)
    assert (directory / "quarantine" / f"{changed['id']}.data").exists()


def test_a_kill_during_whole_uploads_leaves_nothing_that_is_served(on_disk):
    start, directory = on_disk
    # Rooms and files are swept together.
    options = ("--files-unfinished", "1s", "--rooms-empty-for", "1s")
    server = start(*options)
    content = os.urandom(3_000_000)
    done = []

    def post():
        try:
            done.append(upload(client(server), content, "?name=x"))
        except Exception:
            pass

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    eventually(lambda: ids(directory, ".part"))
    server.kill()
    for thread in threads:
        thread.join()
    server = start(*options)
    http = client(server)
    for file in done:
        assert hashlib.sha256(http.get(file["url"]).raw).hexdigest() == file["sha256"]
    for name in names(directory):
        identity, _, kind = name.rpartition(".")
        if kind == "part":
            assert http.get(f"/v1/files/{identity}").status == 404
    # Their space is free again. An answer may not have come through.
    eventually(lambda: ids(directory, "") == ids(directory, ".data"))
    whole = ids(directory, ".data")
    assert whole >= {file["id"] for file in done}
    eventually(lambda: used(server) == (len(whole), len(whole) * len(content)))


def test_a_full_disk_refuses_uploads_and_nothing_else(start, tmp_path):
    disk = FaultyDisk(tmp_path)
    server = start("--files-dir", str(disk.store), environment=disk.environment)
    kept = upload(client(server), b"kept", "?name=kept")
    disk.be(full=1)
    refused = client(server).ask("POST", "/v1/files", b"x" * 1000)
    assert (refused.status, refused["error"]) == (507, "files_full")
    assert client(server).get(kept["url"]).raw == b"kept"
    alice = Chat(server.address)
    alice.ask_ok("create", name="Tea", room="tea")
    alice.post("tea", "hello")
    alice.close()
    disk.be()
    upload(client(server), b"x" * 1000)


def test_a_disk_that_takes_nothing_delays_uploads_only(on_disk, tmp_path):
    """The data that the system has not yet written is bounded: beyond a limit, writes
    would block the loop."""
    start, directory = on_disk
    disk = FaultyDisk(tmp_path)
    server = start("--files-size", "1GiB", "--files-quota-user", "0",
                   environment={**disk.environment, "FAULTY_DISK_DIR": str(directory)})
    alice = Chat(server.address)
    kept = upload(client(server), b"kept", "?name=kept")
    disk.be(stall_ms=3_600_000)
    sender = socket.create_connection(server.address)
    sender.sendall(b"POST /v1/files?name=big HTTP/1.1\r\nHost: a\r\n"
                   b"Content-Length: 100000000\r\n\r\n")

    def send():
        try:
            sender.sendall(bytes(100_000_000))
        except OSError:
            pass

    thread = threading.Thread(target=send)
    thread.start()

    def received():
        return json.loads(get(server.address, "/stats").body)["files"]["received_bytes"]

    eventually(lambda: received() > 64 << 20)
    for _ in range(1000):
        alice.ask_ok("ping")
    assert client(server).get(kept["url"]).raw == b"kept"
    assert 64 << 20 < received() < 66 << 20
    sender.close()
    alice.close()
    server.kill()
    thread.join()
