"""Faults of the disk: slow syncs, errors, no space, power cuts, damaged bytes."""

import json
import subprocess

import pytest

from client import TEXT, Chat, frame, get
from dialects import Topic
from faulty_disk import FaultyDisk
from server import AT_ONCE, DEADLINE, ENVIRONMENT, PARLEYD, eventually

EIO, EROFS = 5, 30


@pytest.fixture
def disk(tmp_path):
    return FaultyDisk(tmp_path)


@pytest.fixture
def store(start, disk):
    """Starts servers on the disk, one after the other."""

    def open_store(*options):
        return start(
            *("--store-kind", "file", "--store-dir", str(disk.store)),
            *options,
            environment=disk.environment,
        )

    return open_store


def killed(server):
    """Kills the server; what was not synced is lost, if the disk holds it back."""
    server.kill()
    server.stop = lambda: None


def create(server, room="den", **fields):
    chat = Chat(server.address)
    chat.ask_ok("create", name=room, room=room, **fields)
    return chat


def read(server, room="den"):
    """Returns all stored messages: (seq, message)."""
    with Chat(server.address) as chat:
        joined = chat.ask_ok("join", room=room, history=1000)
    return [(m["seq"], m["message"]) for m in joined["messages"]]


def refusal(chat, message, **fields):
    """The code with which a message is not taken."""
    answer = chat.ask("broadcast", room="den", message=message, **fields)
    assert answer["event"] == "error", answer
    return answer["code"]


def readiness(server):
    answer = get(server.address, "/readyz")
    return answer.status, answer.body.decode()


# --- power cuts -----------------------------------------------------------------


def test_an_ack_survives_a_power_cut(store, disk):
    disk.be(hold=1)
    for last in range(0, 30, 10):
        server = store()
        with Chat(server.address) as chat:
            if last == 0:
                chat.ask_ok("create", name="den", room="den", persistent=True)
            else:
                chat.ask_ok("join", room="den")
            for n in range(last + 1, last + 11):
                assert chat.post("den", n)["seq"] == n
        killed(server)
        disk.boot()
        server = store()
        assert read(server) == [(n, n) for n in range(1, last + 11)]
        killed(server)


@pytest.mark.parametrize("policy", ["interval", "never"])
def test_without_waiting_a_power_cut_costs_a_suffix_and_the_epoch(
    store, disk, policy
):
    options = ("--store-sync", policy, "--store-sync-interval", "1m")
    server = store(*options)
    with create(server, persistent=True) as chat:
        before = chat.ask_ok("join", room="den")["epoch"]
        chat.post("den", "synced")
    server.stop()
    disk.be(hold=1)
    server = store(*options)
    with Chat(server.address) as chat:
        assert chat.ask_ok("join", room="den")["epoch"] == before
        chat.post("den", "not synced")
        assert len(read(server)) == 2
    killed(server)
    disk.boot()
    server = store(*options)
    assert read(server) == [(1, "synced")]
    with Chat(server.address) as chat:
        assert chat.ask_ok("join", room="den")["epoch"] != before
        # The number of a lost message: the epoch distinguishes the two.
        assert chat.post("den", "again")["seq"] == 2


# --- a disk that is slow --------------------------------------------------------


def test_a_stalled_disk_delays_only_commands_that_need_it(store, disk):
    server = store()
    create(server, "quiet", persistent=True).post("quiet", "read me")
    with create(server, persistent=True) as chat, create(server, "fast") as fast:
        chat.post("den", "before")
        disk.be(stall_ms=3_600_000)
        chat.send_command("broadcast", room="den", message="slow", ref="slow")
        for n in range(50):
            fast.post("fast", n)
            fast.ask_ok("ping")
        assert read(server, "quiet") == [(1, "read me")]
        # Not yet durable, so not yet seen; others read on at once.
        assert read(server) == [(1, "before")]
        # Its author reads what it wrote: after the ack.
        chat.send_command("history", room="den", after=0)
        fast.ask_ok("ping")
        disk.be()
        chat.ask_ok("history", room="den", after=0)
        events = chat.pending()
        kinds = [event["event"] for event in events]
        assert kinds.index("ack") < kinds.index("history")
        history = events[kinds.index("history")]
        assert [m["message"] for m in history["messages"]] == ["before", "slow"]
        acks = [event for event in events if event["event"] == "ack"]
        assert [(ack["ref"], ack["seq"]) for ack in acks] == [("slow", 2)]
        assert read(server) == [(1, "before"), (2, "slow")]


def test_answers_keep_the_order_of_commands_on_a_slow_disk(store, disk):
    """All commands in one write; the first one creates the room of the others."""
    server = store()
    with Chat(server.address) as chat:
        disk.be(stall_ms=200)
        commands = [{"command": "create", "room": "den", "name": "den",
                     "persistent": True}]
        for _ in range(20):
            commands += [{"command": "broadcast", "room": "den", "message": "x"},
                         {"command": "broadcast", "room": "nowhere", "message": "x"},
                         {"command": "history", "room": "den", "after": 0}]
        commands += [{"command": "leave", "room": "den"},
                     {"command": "broadcast", "room": "den", "message": "too late"}]
        chat.send(b"".join(frame(TEXT, json.dumps(command | {"ref": n}))
                           for n, command in enumerate(commands)))
        answers = []
        while len(answers) < len(commands):
            if "ref" in (answer := chat.next()):
                answers.append(answer)
        assert [answer["ref"] for answer in answers] == list(range(len(commands)))
        words = [answer.get("code", answer["event"]) for answer in answers]
        assert words == ["created", *["ack", "room_not_found", "history"] * 20,
                         "left", "not_in_room"]
        seen = [len(answer["messages"]) for answer in answers
                if answer["event"] == "history"]
        assert seen == list(range(1, 21))
        disk.be()


def test_a_message_right_behind_a_join_is_sent_to_a_busy_room(start, disk):
    """Both in one write, while the disk has not yet answered another."""
    server = start(
        *("--store-kind", "file", "--store-dir", str(disk.store)),
        listen=["127.0.0.1:0", "127.0.0.1:0=topic"],
        environment=disk.environment,
    )
    with create(server, persistent=True) as busy, Topic(server.addresses[1]) as alice:
        disk.be(stall_ms=500)
        busy.send_command("broadcast", room="den", message="slow", ref="slow")
        busy.ask_ok("ping")
        join = {"type": "join", "username": "alice", "topic": "den"}
        message = {"type": "message", "message": "hi"}
        alice.send(frame(TEXT, json.dumps(join)) + frame(TEXT, json.dumps(message)))
        assert alice.next()["type"] == "joined"
        while alice.next().get("message") != "hi":
            pass
        disk.be()


# --- a disk that fails ----------------------------------------------------------


def test_a_failed_sync_acknowledges_nothing_and_leaves_reading(store, disk):
    server = store()
    with create(server, persistent=True) as chat, create(server, "fast") as fast:
        chat.post("den", "kept")
        disk.be(sync_error=EIO)
        assert refusal(chat, "lost", key="k") == "store_failed"
        assert refusal(chat, "later") == "unavailable"
        status, body = readiness(server)
        assert status == 503 and "disk" in body, body
        assert read(server) == [(1, "kept")]
        fast.post("fast", "still here")
        # Until a restart: after a failed sync the content of the disk is unknown.
        disk.be()
        assert refusal(chat, "later") == "unavailable"
        assert readiness(server)[0] == 503
    server.stop()
    server = store()
    assert readiness(server)[0] == 200
    with Chat(server.address) as chat:
        chat.ask_ok("join", room="den")
        chat.post("den", "lost", key="k")
    sent = [message for _, message in read(server)]
    assert sent == ["kept", "lost"]


def test_a_server_may_end_when_the_disk_fails(store, disk):
    server = store("--store-on-io-error", "exit")
    with create(server, persistent=True) as chat:
        chat.post("den", "kept")
        disk.be(sync_error=EIO)
        chat.send_command("broadcast", room="den", message="lost")
        assert server.wait() == 1
    server.stop = lambda: None
    disk.be()
    assert (1, "kept") in read(store())


def test_a_full_disk_refuses_until_there_is_room(store, disk):
    server = store("--store-min-free", "1MiB", "--store-probe", "100ms")
    with create(server, persistent=True) as chat:
        chat.post("den", 1)
        disk.be(full=1, left=0)
        assert refusal(chat, 2, key="two") in ("store_failed", "unavailable")
        eventually(lambda: readiness(server)[0] == 503)
        assert "full" in readiness(server)[1]
        assert refusal(chat, 2, key="two") == "unavailable"
        assert read(server) == [(1, 1)]
        disk.be()
        eventually(lambda: readiness(server)[0] == 200)
        assert chat.post("den", 2, key="two")["seq"] == 2
        assert chat.post("den", 3)["seq"] == 3
    server.stop()
    assert read(store()) == [(1, 1), (2, 2), (3, 3)]


def test_a_disk_that_cannot_be_written_is_no_place_for_a_store(disk):
    disk.be(write_error=EROFS)
    options = ["--store-kind", "file", "--store-dir", str(disk.store)]
    ended = subprocess.run(
        [PARLEYD, *AT_ONCE, "--listen", "127.0.0.1:0", *options],
        env={**ENVIRONMENT, **disk.environment},
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert ended.returncode == 71
    assert b"Read-only file system" in ended.stderr


# --- decay ----------------------------------------------------------------------


def journal(disk):
    """The newest segment."""
    return max(disk.store.glob("seg-*.log"))


def place_of(data, n):
    """Returns the offset of the text of the n-th message."""
    return data.index(f'"message {n} '.encode())


def fill(store):
    """Makes a store with ten messages and closes it; returns what a reader of five has
    seen."""
    server = store()
    with create(server, persistent=True) as chat:
        epoch = chat.ask_ok("join", room="den")["epoch"]
        for n in range(1, 11):
            chat.post("den", f"message {n} " + "x" * 50)
    server.stop()
    return {"epoch": epoch, "seq": 2}


def test_a_damaged_record_is_counted_quarantined_and_reported(store, disk):
    since = fill(store)
    path = journal(disk)
    data = bytearray(path.read_bytes())
    for n in (4, 5):
        data[place_of(data, n) + 20] ^= 1
    path.write_bytes(data)
    server = store()
    server.wait_for_line(r"lost 2 records")
    assert any((disk.store / "quarantine").iterdir())
    assert [seq for seq, _ in read(server)] == [1, 2, 3, 6, 7, 8, 9, 10]
    with Chat(server.address) as chat:
        back = chat.ask_ok("join", room="den", since=since)
        assert back["recovered"] is False
        assert chat.post("den", "on")["seq"] == 11
    server.stop()
    server = store()
    assert not any("lost" in line for line in server.lines)
    assert [seq for seq, _ in read(server)] == [1, 2, 3, 6, 7, 8, 9, 10, 11]


def test_a_full_disk_with_a_damaged_record_is_read_and_repaired_later(store, disk):
    fill(store)
    path = journal(disk)
    data = bytearray(path.read_bytes())
    data[place_of(data, 4) + 20] ^= 1
    path.write_bytes(data)
    disk.be(full=1, left=0)
    server = store("--store-min-free", "1MiB", "--store-probe", "100ms")
    expected = [1, 2, 3, 5, 6, 7, 8, 9, 10]
    assert [seq for seq, _ in read(server)] == expected
    assert readiness(server)[0] == 503
    with Chat(server.address) as chat:
        chat.ask_ok("join", room="den")
        assert refusal(chat, "no") == "unavailable"
        assert path.read_bytes() == data
        disk.be()
        eventually(lambda: readiness(server)[0] == 200)
        assert chat.post("den", "on")["seq"] == 11
    assert any((disk.store / "quarantine").iterdir())
    server.stop()
    server = store()
    assert not any("lost" in line for line in server.lines)
    assert [seq for seq, _ in read(server)] == [*expected, 11]


def test_a_full_disk_without_a_watermark_is_read(store, disk):
    fill(store)
    (disk.store / "DURABLE").unlink()
    disk.be(full=1, left=0)
    server = store("--store-probe", "100ms")
    assert [seq for seq, _ in read(server)] == list(range(1, 11))
    assert readiness(server)[0] == 503
    disk.be()
    eventually(lambda: readiness(server)[0] == 200)


def test_damage_can_be_refused(store, disk):
    fill(store)
    path = journal(disk)
    data = bytearray(path.read_bytes())
    data[place_of(data, 4) + 20] ^= 1
    path.write_bytes(data)
    before = {f.name: f.read_bytes() for f in disk.store.iterdir() if f.is_file()}
    options = ["--store-kind", "file", "--store-dir", str(disk.store)]
    ended = subprocess.run(
        [PARLEYD, *options, "--store-on-damage", "refuse"],
        env=ENVIRONMENT,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert ended.returncode == 78
    assert path.name.encode() in ended.stderr
    assert {f.name: f.read_bytes() for f in disk.store.iterdir() if f.is_file()} == before


def test_a_missing_tail_is_reported(store, disk):
    fill(store)
    path = journal(disk)
    data = path.read_bytes()
    path.write_bytes(data[: place_of(data, 10) + 5])
    server = store()
    # The tenth message, and CLOSE.
    server.wait_for_line(r"lost 2 records")
    assert [seq for seq, _ in read(server)] == list(range(1, 10))


def test_an_unfinished_tail_is_truncated(store, disk):
    server = store()
    with create(server, persistent=True) as chat:
        chat.post("den", 1)
    killed(server)
    path = journal(disk)
    data = bytearray(path.read_bytes())
    end = len(data.rstrip(b"\0"))
    data[end + 16 : end + 80] = b"\x55" * 64
    path.write_bytes(data)
    server = store()
    server.wait_for_line(r"truncated an unfinished tail: \d+ bytes")
    assert read(server) == [(1, 1)]
