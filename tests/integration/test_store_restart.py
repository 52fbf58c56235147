"""Rooms that outlive the server: what a restart keeps, and what it does not."""

import json
import subprocess
import urllib.request

import pytest

from client import Chat
from server import AT_ONCE, DEADLINE, ENVIRONMENT, PARLEYD


@pytest.fixture
def store(start, tmp_path):
    """Starts servers on one store, one after the other."""

    def open_store(*options):
        return start(
            "--store-kind", "file", "--store-dir", str(tmp_path / "store"), *options
        )

    open_store.path = tmp_path / "store"
    return open_store


def killed(server):
    """Kills the server; the fixture stops only servers that still run."""
    server.process.kill()
    server.process.wait()
    server.stop = lambda: None


def meet(server):
    return Chat(server.address)


def talk(server, room, messages):
    """Creates a persistent room with these messages; returns the answer to its join."""
    with meet(server) as a:
        a.ask_ok("create", name="The den", room=room, persistent=True)
        for message in messages:
            a.post(room, message)
        return a.ask_ok("join", room=room, history=100)


def sent(joined):
    return [(m["seq"], m["message"]) for m in joined["messages"]]


@pytest.mark.parametrize("policy", ["always", "interval", "never"])
def test_the_greeting_has_the_durability(store, policy):
    server = store("--store-sync", policy)
    assert meet(server).greeting["durability"] == policy


@pytest.mark.parametrize("end", ["term", "kill"])
@pytest.mark.parametrize("policy", ["always", "interval", "never"])
def test_a_restart_keeps_rooms_and_messages(store, policy, end):
    server = store("--store-sync", policy)
    before = talk(server, "den", ["one", {"two": 2}, "drei €"])
    server.stop() if end == "term" else killed(server)
    with meet(store("--store-sync", policy)) as b:
        assert b.ask("rooms")["rooms"] == [
            {"room": "den", "name": "The den", "members": 0, "persistent": True}
        ]
        after = b.ask_ok("join", room="den", history=100)
        assert sent(after) == [(1, "one"), (2, {"two": 2}), (3, "drei €")]
        same = ("name", "epoch", "seq", "messages")
        assert {n: after[n] for n in same} == {n: before[n] for n in same}
        assert b.post("den", "four")["seq"] == 4


def test_a_restart_takes_rooms_that_were_not_to_stay(store):
    server = store()
    with meet(server) as a:
        a.ask_ok("create", name="now", room="now")
        a.post("now", "x")
        server.stop()
    with meet(store()) as b:
        assert b.ask("rooms")["rooms"] == []
        assert b.refusal("join", room="now")["code"] == "room_not_found"


def test_a_rejoin_replays_what_was_missed(store):
    server = store()
    joined = talk(server, "den", ["one", "two", "three"])
    server.stop()
    since = {"epoch": joined["epoch"], "seq": 2}
    with meet(store()) as b:
        back = b.ask_ok("join", room="den", since=since)
        assert back["recovered"] is True
        assert sent(back) == [(3, "three")]


def test_a_retry_after_a_restart_is_answered_once(store):
    server = store()
    talk(server, "den", [])
    with meet(server) as a:
        a.ask_ok("join", room="den")
        first = a.post("den", "once", key="k1")
    killed(server)
    with meet(store()) as b:
        b.ask_ok("join", room="den")
        again = b.post("den", "once", key="k1")
        assert again["duplicate"] is True
        assert (again["seq"], again["at"]) == (first["seq"], first["at"])
        assert b.post("den", "twice")["seq"] == first["seq"] + 1


def test_readers_get_only_what_is_stored(store):
    server = store()
    with meet(server) as a, meet(server) as b:
        a.ask_ok("create", name="den", room="den", persistent=True)
        b.ask_ok("join", room="den")
        for n in range(20):
            ack = a.post("den", n)
            assert ack["recipients"] == 2
            received = b.next()
            assert (received["event"], received["message"]) == ("broadcast", n)


def test_nothing_acknowledged_is_lost_however_often_it_is_killed(store):
    server = store()
    talk(server, "den", [])
    acked = 0
    for _ in range(5):
        with meet(server) as a:
            last = a.ask_ok("join", room="den")["seq"]
            for n in range(20):
                a.send_command("broadcast", room="den", message=n, ref=str(n))
            while acked < last + 7:
                event = a.next()
                acked = event["seq"] if event["event"] == "ack" else acked
            killed(server)
        server = store()
        with meet(server) as b:
            joined = b.ask_ok("join", room="den", history=1000)
            seqs = [message["seq"] for message in joined["messages"]]
            assert seqs == list(range(1, joined["seq"] + 1))
            assert acked <= joined["seq"] <= last + 20


def test_a_second_server_is_refused(store):
    server = store()
    joined = talk(server, "den", ["one"])
    command = [PARLEYD, *AT_ONCE, "--listen", "127.0.0.1:0", "--store-kind"]
    second = subprocess.run(
        [*command, "file", "--store-dir", str(store.path)],
        env=ENVIRONMENT, capture_output=True, timeout=DEADLINE,
    )
    assert second.returncode == 69
    assert b"another server uses it" in second.stderr
    with meet(server) as b:
        assert b.ask_ok("join", room="den", history=9)["epoch"] == joined["epoch"]


def test_a_directory_above_the_store_must_exist(tmp_path):
    path = tmp_path / "none" / "store"
    done = subprocess.run(
        [PARLEYD, "--listen", "127.0.0.1:0", "--store-kind", "file", "--store-dir", path],
        env=ENVIRONMENT, capture_output=True, timeout=DEADLINE, text=True)
    assert done.returncode != 0
    assert f"store {path}: the directory above it does not exist" in done.stderr


def damaged(store, before, after):
    """Changes one byte of the journal's first segment."""
    segment = store.path / "seg-0000000000000001.log"
    content = segment.read_bytes()
    assert content.count(before) == 1
    segment.write_bytes(content.replace(before, after))


@pytest.mark.parametrize("policy", ["always", "interval", "never"])
def test_damage_after_a_kill_costs_one_message_and_is_counted(store, policy):
    # Nothing is synced by time: the page cache has it all.
    options = ("--store-sync", policy, "--store-sync-interval", "1m")
    server = store(*options)
    talk(server, "den", [f"message {n:03}" for n in range(100)])
    killed(server)
    damaged(store, b"message 009", b"massage 009")
    check = [PARLEYD, "store", "check", str(store.path)]
    assert subprocess.run(check, capture_output=True).returncode == 2
    server = store(*options)
    with meet(server) as b:
        joined = b.ask_ok("join", room="den", history=1000)
        expected = [(n + 1, f"message {n:03}") for n in range(100) if n != 9]
        assert sent(joined) == expected
    host, port = server.address
    url = f"http://{host}:{port}/metrics"
    with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
        assert b"store_lost_records_total 1\n" in answer.read()
    assert any((store.path / "quarantine").iterdir())


def test_what_cannot_be_set_aside_stays_where_it_is(store):
    server = store()
    talk(server, "den", ["one", "two", "three"])
    killed(server)
    segment = store.path / "seg-0000000000000001.log"
    damaged = segment.read_bytes().replace(b"two", b"too")
    segment.write_bytes(damaged)
    (store.path / "quarantine").write_text("in the way")
    command = [PARLEYD, *AT_ONCE, "--listen", "127.0.0.1:0", "--store-kind"]
    refused = subprocess.run(
        [*command, "file", "--store-dir", str(store.path)],
        env=ENVIRONMENT, capture_output=True, timeout=DEADLINE,
    )
    assert refused.returncode == 71
    assert b"quarantine/seg-0000000000000001.log-" in refused.stderr
    assert segment.read_bytes() == damaged


def test_a_directory_that_others_can_read_is_closed_to_them(store):
    store.path.mkdir(mode=0o755)
    store.path.chmod(0o755)
    server = store()
    server.wait_for_line(r"mode 0755.* 0700")
    assert store.path.stat().st_mode & 0o777 == 0o700
    server.stop()
    server = store()
    assert not any("mode" in line for line in server.lines)


def test_a_newer_store_is_left_alone(store):
    store().stop()
    path = store.path / "FORMAT"
    text = path.read_text()
    path.write_text(text.replace("parley-store 1", "parley-store 2"))
    before = {f.name: f.read_bytes() for f in store.path.iterdir() if f.is_file()}
    command = [PARLEYD, *AT_ONCE, "--listen", "127.0.0.1:0", "--store-kind"]
    newer = subprocess.run(
        [*command, "file", "--store-dir", str(store.path)],
        env=ENVIRONMENT, capture_output=True, timeout=DEADLINE,
    )
    assert newer.returncode == 78
    after = {f.name: f.read_bytes() for f in store.path.iterdir() if f.is_file()}
    assert after == before


def test_probes_know_of_the_store(store):
    host, port = store().address
    url = f"http://{host}:{port}/readyz?verbose"
    with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
        assert json.load(answer)["checks"]["store"] == "ok"
