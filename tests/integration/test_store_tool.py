"""parleyd store, on stores that are written by this test as docs/storage.md
specifies."""

import fcntl
import json
import os
import struct
import subprocess

import pytest

from client import Chat
from server import AT_ONCE, ENVIRONMENT, PARLEYD, Server

STORE_ID = bytes(range(16))
SALT = 0x0123456789ABCDEF
OPEN, CLOSE, SEAL, ROOM, MESSAGE, SNAP_END = 1, 2, 3, 6, 8, 12


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def head(lsn, count=0, snapshot=False):
    copy = struct.pack("<8sIIQ16sQQI", b"parlyseg", 1, 4096, lsn, STORE_ID,
                       SALT, count, int(snapshot))
    copy += struct.pack("<I", crc32c(copy))
    return (copy.ljust(2048, b"\0") * 2)


def record(lsn, kind, payload=b"", ahead=None):
    salt = struct.pack("<Q", SALT)
    start = b"pRec" + struct.pack(
        "<IQIBBHI", len(payload), lsn, lsn if ahead is None else ahead,
        kind, 0, 1, crc32c(salt + payload))
    whole = start + struct.pack("<I", crc32c(salt + start)) + payload
    return whole + b"\0" * (-len(whole) % 8)


def text(value):
    return struct.pack("<H", len(value)) + value.encode()


def opened(lsn):
    return record(lsn, OPEN, bytes(16) + struct.pack("<qQ", 0, 0) +
                  text("test"))


def room(lsn, name):
    return record(lsn, ROOM, struct.pack("<QqqqQ", 1, 0, 5, 5, 0) +
                  text(name) + text(name.title()) + text("epoch"))


def message(lsn, name, seq, body, **more):
    return record(
        lsn, MESSAGE, struct.pack("<Qq", seq, 1000 + seq) + text(name) +
        text("Ann") + text("a1") + text("") +
        struct.pack("<I", len(body)) + body.encode(), **more)


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "store"
    path.mkdir()
    (path / "FORMAT").write_text(
        f"parley-store 1\nid {STORE_ID.hex()}\nfeatures\n")
    return path


def write(store, *records, first=1):
    """Returns the offset of each record."""
    (store / f"seg-{first:016x}.log").write_bytes(
        head(first) + b"".join(records) + bytes(5000))
    places = [4096]
    for each in records:
        places.append(places[-1] + len(each))
    return places


def small(store):
    return write(store, opened(1), room(2, "kitchen"),
                 message(3, "kitchen", 1, '"one"'),
                 message(4, "kitchen", 2, '"two"'),
                 message(5, "kitchen", 3, '{"deep": [1]}', ahead=1))


def spoil(store, at, count=4, name="seg-0000000000000001.log"):
    with open(store / name, "r+b") as file:
        file.seek(at)
        file.write(b"\xee" * count)


def run(*arguments):
    done = subprocess.run(
        [PARLEYD, "store", *map(str, arguments)], capture_output=True,
        text=True, timeout=60, env=ENVIRONMENT)
    assert "Sanitizer" not in done.stderr, done.stderr
    return done


def files(store):
    return {p.name: p.read_bytes() for p in store.iterdir() if p.is_file()}


def dump(store, *options):
    done = run("dump", *options, store)
    return done.returncode, [json.loads(x) for x in done.stdout.splitlines()]


def test_what_the_handbook_describes_is_whole(store):
    small(store)
    before = files(store)
    done = run("check", store)
    assert (done.returncode, done.stdout) == (
        0, "whole: 5 records, next LSN 6, 0 records lost\n")
    assert files(store) == before


def test_dump_prints_the_messages(store):
    small(store)
    status, lines = dump(store)
    assert status == 0
    assert lines[0] == {
        "type": "room", "lsn": 2, "room": "kitchen", "name": "Kitchen",
        "epoch": "epoch", "ttl_ms": 0, "max_members": 0, "created": 5}
    assert [x["message"] for x in lines[1:]] == ["one", "two", {"deep": [1]}]
    assert lines[3] == {
        "type": "message", "lsn": 5, "room": "kitchen", "seq": 3, "at": 1003,
        "member": "Ann", "member_id": "a1", "message": {"deep": [1]}}
    assert dump(store, "--room", "attic") == (0, [])
    assert len(dump(store, "--room", "kitchen")[1]) == 4


def test_a_snapshot_and_what_came_after(store):
    kept = [opened(1), room(2, "kitchen"), message(8, "kitchen", 4, '"four"')]
    (store / "snap-0000000000000009.snap").write_bytes(
        head(9, count=3, snapshot=True) + b"".join(kept) +
        record(9, SNAP_END, struct.pack("<Q", 3)))
    write(store, message(10, "kitchen", 5, '"five"'), first=10)
    status, lines = dump(store)
    assert status == 0
    assert [x.get("seq") for x in lines] == [None, 4, 5]
    stats = run("stats", store).stdout.splitlines()
    assert "snapshot_lsn 9" in stats
    assert "room kitchen messages 2 bytes 12 seq 4-5" in stats


def test_a_torn_tail_is_no_loss(store):
    places = small(store)
    spoil(store, places[4])
    before = files(store)
    done = run("check", store)
    assert done.returncode == 1
    assert f"byte {places[4]}" in done.stdout
    assert files(store) == before
    assert run("repair", store).returncode == 0
    assert run("check", store).returncode == 0


def test_damage_is_found_reported_and_repaired_once(store, monkeypatch):
    places = small(store)
    spoil(store, places[2] + 40)
    done = run("check", store)
    assert done.returncode == 2
    assert done.stdout.startswith(
        f"seg-0000000000000001.log: byte {places[2]}, "
        f"{places[3] - places[2]} bytes: 1 records lost, LSN 3 to 3\n")
    before = files(store)
    assert run("repair", store).returncode == 0
    assert files(store.parent / "store.before-repair-1") == before
    kept = list((store / "quarantine").glob("*.log-*[0-9a-f]"))
    assert len(kept) == 1
    assert b"\xee" * 4 in kept[0].read_bytes()
    status, lines = dump(store)
    assert (status, [x.get("seq") for x in lines]) == (0, [None, 2, 3])
    assert run("check", store).returncode == 0
    assert run("repair", store).returncode == 0
    assert (store.parent / "store.before-repair-2").is_dir()
    monkeypatch.chdir(store)
    assert run("repair", ".").returncode == 0
    assert (store.parent / "store.before-repair-3").is_dir()


def test_what_a_killed_server_acknowledged_is_there(tmp_path):
    path = tmp_path / "store"
    server = Server(PARLEYD, *AT_ONCE, "--store-kind", "file",
                    "--store-dir", str(path))
    try:
        ann = Chat(server.address, "/ws?name=ann")
        ann.send_command("create", room="tea", name="Tea", persistent=True)
        ann.send_command("join", room="tea")
        for n in range(30):
            ann.send_command("broadcast", room="tea", message=n, ref=n)
        while ann.next().get("ref") != 29:
            pass
        assert run("check", path).returncode == 4
    finally:
        server.kill()
    assert run("check", path).returncode in (0, 1)
    lines = dump(path, "--room", "tea")[1]
    assert [x["message"] for x in lines if x["type"] == "message"] == [
        *range(30)]


def test_a_store_in_use_is_left_alone(store):
    small(store)
    with open(store / "LOCK", "wb") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        for verb in ("check", "stats", "dump", "repair"):
            done = run(verb, store)
            assert done.returncode == 4
            assert "a server has it open" in done.stderr


def test_what_is_no_store_stays_none(tmp_path):
    assert run("check", tmp_path / "nowhere").returncode == 3
    assert not (tmp_path / "nowhere").exists()
    assert run("repair", tmp_path).returncode == 3
    assert os.listdir(tmp_path) == []


def test_a_newer_store_is_left_to_newer_programs(store):
    small(store)
    (store / "FORMAT").write_text("parley-store 2\nwho knows\n")
    done = run("repair", store)
    assert done.returncode == 3
    assert "newer" in done.stderr
