"""hooks.url: another program gets all events, in order, at least once."""

import json
import re
import subprocess
import sys
import threading

import pytest

import exposition
from accounts import Accounts
from api import KEY, Backend
from certificates import make_certificate
from client import Chat, get
from dialects import Action
from receiver import SECRET, Receiver
from server import DEADLINE, ENVIRONMENT, PARLEYD, ROOT, eventually


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    assert receiver.unsigned == 0 and receiver.most_at_once <= 1
    receiver.stop()


def words(events):
    return [event["event"] for event in events]


def without(event, *names):
    return {name: value for name, value in event.items() if name not in names}


def figure(server, name):
    families = exposition.read(get(server.address, "/metrics").body.decode())
    return families[f"parley_hook_{name}"].value()


def test_what_a_member_does(start, receiver, tmp_path):
    server = start(*receiver.options())
    alice = Chat(server.address, "/ws?name=alice")
    alice.ask_ok("join", room="tea", create=True, persistent=True)
    alice.ask_ok("broadcast", room="tea", message={"n": 1}, key="k")
    alice.ask_ok("broadcast", room="tea", message={"n": 1}, key="k")
    alice.ask_ok("edit", room="tea", seq=1, message="one")
    alice.ask_ok("react", room="tea", seq=1, reaction="+")
    alice.ask_ok("redact", room="tea", seq=1, reason="typo")
    alice.ask_ok("leave", room="tea")
    alice.leave()
    events = receiver.wait_for(1, "disconnected") and receiver.events()
    assert words(events) == [
        "started", "connected", "room_created", "joined", "message", "edited",
        "reacted", "redacted", "left", "room_emptied", "disconnected"]
    by = {event["event"]: event for event in events}
    numbers = [event["number"] for event in events]
    assert numbers == sorted(set(numbers))
    assert by["connected"]["generation"] == by["connected"]["number"]
    assert by["left"]["generation"] == by["joined"]["generation"]
    assert by["disconnected"]["generation"] == by["connected"]["generation"]
    who = {"member": "alice", "member_id": alice.id}
    where = {"room": "tea", "epoch": by["room_created"]["epoch"]}
    assert without(by["message"], "number", "at") == {
        "event": "message", **where, "seq": 1, **who, "key": "k", "message": {"n": 1}}
    assert without(by["edited"], "number", "at") == {
        "event": "edited", **where, "seq": 1, **who, "message": "one"}
    assert without(by["reacted"], "number", "at") == {
        "event": "reacted", **where, "seq": 1, **who, "reaction": "+"}
    assert without(by["redacted"], "number", "at") == {
        "event": "redacted", **where, "seq": 1, **who, "reason": "typo"}
    assert by["left"]["members"] == 0 and by["room_emptied"]["persistent"]


def test_a_late_left_is_older_than_the_next_joined(start, receiver):
    server = start(*receiver.options())
    alice = Chat(server.address)
    for _ in range(2):
        alice.ask_ok("join", room="tea", create=True, persistent=True)
        alice.ask_ok("leave", room="tea")
    stays = [(event["event"], event["generation"])
             for event in receiver.wait_for(4, "joined", "left")]
    first, second = stays[0][1], stays[2][1]
    assert first < second and stays == [
        ("joined", first), ("left", first), ("joined", second), ("left", second)]
    alice.leave()


def test_moderation(start, receiver):
    server = start(*receiver.options(), "--admin-key", KEY)
    backend = Backend(server.address)
    with Chat(server.address, "/ws?name=bob") as bob:
        backend.publish("tea", "hi", create=True)
        bob.ask_ok("join", room="tea", create=True)
        target = {"member": bob.id, "reason": "spam"}
        assert backend.post("/v1/rooms/tea/mute", {**target, "duration_ms": 60000})
        backend.post("/v1/rooms/tea/unmute", target)
        backend.post("/v1/rooms/tea/kick", target)
        backend.post("/v1/rooms/tea/ban", target)
        backend.ask("DELETE", "/v1/rooms/tea")
        backend.close()
        kinds = ("muted", "role", "kicked", "banned", "left", "room_deleted")
        events = receiver.wait_for(6, *kinds)
    assert words(events) == ["muted", "role", "kicked", "left", "banned",
                             "room_deleted"]
    muted, role, kicked, _, banned, _ = events
    assert muted["member_id"] == bob.id and muted["until"] > muted["at"]
    assert role["role"] == "member" and banned["reason"] == "spam"
    assert kicked["member"] == "bob" and kicked["by"] == "server"


def test_private_talks_are_private(start, receiver, tmp_path):
    accounts = Accounts(tmp_path / "key")
    server = start(*receiver.options(), *accounts.options)
    with accounts.connect(server, "a@example.com") as alice:
        with accounts.connect(server, "b@example.com") as bob:
            alice.ask_ok("dm", recipient=bob.id, message="secret")
            receiver.wait_for(2, "connected")
    receiver.wait_for(2, "disconnected")
    assert "secret" not in json.dumps(receiver.asked)


def test_other_dialects_and_the_lobby(start, receiver):
    server = start(*receiver.options(),
                   listen=("127.0.0.1:0", "127.0.0.1:0=action"))
    eve = Action(server.addresses[1])
    with Chat(server.address) as alice:
        alice.ask_ok("broadcast", message="to the lobby")
        sent = receiver.wait_for(1, "message")[0]
        assert sent["message"] == "to the lobby" and "room" not in sent
    eve.leave()
    receiver.wait_for(2, "disconnected")


def trouble(receiver, answers):
    """Answers the next requests like this, the later ones with 200."""
    left = iter(answers)
    receiver.answer = lambda asked: next(left, (204, b"", {}))


@pytest.mark.parametrize("bad", [
    (500, b"", {}), (429, b"", {"Retry-After": "0"}), (404, b"nothing", {}),
    (302, b"", {"Location": "/elsewhere"}), None,
    b"rubbish\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
def test_a_receiver_that_fails(start, receiver, bad):
    trouble(receiver, [(204, b"", {}), bad, bad])
    server = start(*receiver.options())
    receiver.wait_for(1, "started")
    with Chat(server.address) as alice:
        alice.ask_ok("join", room="tea", create=True)
        for n in range(100):
            alice.send_command("broadcast", room="tea", message=n)
        sent = receiver.wait_for(100, "message")
        assert [event["message"] for event in sent] == list(range(100))
    tried = [batch["batch"] for batch in receiver.asked]
    assert tried[1] == tried[2] == tried[3]


def test_it_waits_as_long_as_the_receiver_wants(start, receiver):
    trouble(receiver, [(503, b"", {"Retry-After": "3600"})])
    server = start(*receiver.options(), "--hooks-memory", "4KiB")
    eventually(lambda: receiver.asked)
    with Chat(server.address) as alice:
        alice.ask_ok("join", room="tea", create=True)
        alice.ask_ok("broadcast", room="tea", message="x")
    assert len(receiver.asked) == 1


def test_a_receiver_that_hangs_is_asked_again(start, receiver):
    receiver.may_answer.clear()
    server = start(*receiver.options(), "--hooks-timeout", "100ms")
    server.wait_for_line("hooks.url: no answer in time")
    receiver.most_at_once = 0
    receiver.may_answer.set()
    assert receiver.wait_for(1, "started")
    server.wait_for_line("hooks.url: it answers again")
    receiver.most_at_once = 1


def test_memory_is_bounded_and_a_gap_is_declared(start, receiver):
    receiver.may_answer.clear()
    server = start(*receiver.options(), "--hooks-memory", "64KiB",
                   "--limits-message-bytes", "8KiB")
    with Chat(server.address) as alice:
        alice.ask_ok("join", room="tea", create=True)
        for n in range(200):
            alice.send_command("broadcast", room="tea", message=f"{n} " + "x" * 4000)
        alice.ask_ok("broadcast", room="tea", message="last")
        eventually(lambda: figure(server, "events_lost_total") > 150)
        assert figure(server, "waiting_bytes") <= 64 * 1024
        receiver.may_answer.set()
        gap = receiver.wait_for(1, "gap")[0]
        alice.ask_ok("broadcast", room="tea", message="after")
        sent = receiver.wait_for(1 + 201 - gap["lost"], "message")
    assert figure(server, "events_lost_total") == gap["lost"]
    assert sent[-1]["message"] == "after" and sent[-1]["number"] > gap["number"]
    assert [event["seq"] for event in sent[:-1]] == list(range(1, len(sent)))


def store_options(tmp_path):
    return ("--store-kind", "file", "--store-dir", str(tmp_path / "store"))


def test_after_a_kill_it_gets_what_it_did_not_take(start, receiver, tmp_path):
    """Killed again and again while the receiver fails half of the time: each
    message that was acknowledged comes, in order within the first times."""
    count = [0]

    def answer(_):
        count[0] += 1
        return (500, b"", {}) if count[0] % 2 else (204, b"", {})

    receiver.answer = answer
    acked = []
    for run in range(4):
        server = start(*receiver.options(), *store_options(tmp_path))
        chat = Chat(server.address)
        chat.ask_ok("join", room="tea", create=True, persistent=True)
        for n in range(60):
            acked.append(chat.ask_ok("broadcast", room="tea",
                                     message=f"{run}.{n}")["seq"])
        server.kill()
        server.stop = lambda: None
    receiver.answer = lambda asked: (204, b"", {})
    server = start(*receiver.options(), *store_options(tmp_path))
    eventually(lambda: {event["seq"] for event in receiver.events("message")} >=
               set(acked))
    seen = list(dict.fromkeys(event["seq"] for event in receiver.events("message")))
    assert seen == acked
    server.stop()
    # All is acknowledged: nothing comes twice after a clean end.
    before = len(receiver.events("message"))
    started = len(receiver.events("started"))
    start(*receiver.options(), *store_options(tmp_path))
    receiver.wait_for(started + 1, "started")
    assert len(receiver.events("message")) == before


def test_a_receiver_that_comes_later(start, receiver, tmp_path):
    """Events from before hooks.url was set are not sent; those from while the receiver
    does not run are, also after a restart."""
    server = start(*store_options(tmp_path))
    with Chat(server.address) as alice:
        alice.ask_ok("join", room="tea", create=True, persistent=True)
        alice.ask_ok("broadcast", room="tea", message="before")
    server.stop()
    receiver.stop()
    port = receiver.port
    server = start(*receiver.options(), *store_options(tmp_path))
    with Chat(server.address) as alice:
        alice.ask_ok("join", room="tea", create=True)
        alice.ask_ok("broadcast", room="tea", message="dead")
        alice.ask_ok("edit", room="tea", seq=2, message="edited")
        server.kill()
        server.stop = lambda: None
    receiver.server.server_close()
    again = Receiver(port)
    start(*again.options(), *store_options(tmp_path))
    events = again.wait_for(1, "edited") and again.events("message", "edited")
    assert [event["message"] for event in events] == ["dead", "edited"]
    again.stop()


def test_it_gives_up(start, receiver):
    receiver.answer = lambda asked: (500, b"", {})
    server = start(*receiver.options(), "--hooks-give-up", "1s")
    server.wait_for_line("hooks.url: 1 events are given up")
    eventually(lambda: figure(server, "events_dead_total") == 1)


def test_it_gets_disconnects_of_a_shutdown(start, receiver):
    server = start(*receiver.options(), "--limits-close-timeout", "100ms")
    with Chat(server.address):
        receiver.wait_for(1, "connected")
        server.stop()
        server.stop = lambda: None
        assert words(receiver.events())[-1] == "disconnected"


def test_https(start, tmp_path):
    certificate = make_certificate(tmp_path, "localhost", "DNS:localhost")
    receiver = Receiver(certificate=certificate)
    start(*receiver.options(), "--hooks-ca", str(certificate[0]))
    receiver.wait_for(1, "started")
    other = start(*receiver.options())
    other.wait_for_line("hooks.url: .*certificate")
    receiver.stop()


def test_many_rooms_at_once_keep_their_order(start, receiver):
    server = start(*receiver.options())

    def talk(room):
        with Chat(server.address) as chat:
            chat.ask_ok("join", room=room, create=True)
            for n in range(100):
                chat.ask_ok("broadcast", room=room, message=n)

    rooms = [f"room{n}" for n in range(4)]
    threads = [threading.Thread(target=talk, args=(room,)) for room in rooms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    sent = receiver.wait_for(400, "message")
    for room in rooms:
        assert [event["message"] for event in sent
                if event["room"] == room] == list(range(100))


def test_the_receiver_of_the_documentation(start, tmp_path):
    """It verifies signatures, and knows an event that comes twice."""
    page = (ROOT / "docs/hooks.md").read_text()
    source = re.search(r"```python\n(.*?)```", page, re.S)[1]
    assert len(source.splitlines()) <= 30
    program = tmp_path / "receiver.py"
    program.write_text(source)
    process = subprocess.Popen(
        [sys.executable, "-u", program, "0"], stdout=subprocess.PIPE,
        env={"PARLEY_HOOKS_SECRET": SECRET}, text=True)
    port = re.search(r"\d+", process.stdout.readline())[0]
    url = f"http://127.0.0.1:{port}/"
    start("--hooks-url", url, "--hooks-secret", SECRET)
    assert "started" in process.stdout.readline()
    refused = start("--hooks-url", url, "--hooks-secret", SECRET[::-1])
    refused.wait_for_line("hooks.url: its status is 403")
    process.kill()
    process.wait()


URLS = (("--hooks-url", "hooks.url"), ("--hooks-before-connect", "hooks.before_connect"),
        ("--hooks-before-join", "hooks.before_join"),
        ("--hooks-before-publish", "hooks.before_publish"))


@pytest.mark.parametrize("options, problem", [
    *(((option, "http://127.0.0.1:1/"),
       f"{name} needs hooks.secret or hooks.secret_file") for option, name in URLS),
    *(((option, "ftp://127.0.0.1/", "--hooks-secret", SECRET),
       f"{name}: expected http://HOST:PORT/PATH") for option, name in URLS),
    (("--auth-hook-url", "http://h:x/"), "auth.hook_url: its host or port is malformed"),
    (("--hooks-secret", "short"), "hooks.secret needs at least 16"),
    (("--hooks-secret", SECRET, "--hooks-secret-file", "x"), "both given"),
])
def test_options_that_are_refused(options, problem):
    done = subprocess.run([PARLEYD, "--check-config", *options],
                          capture_output=True, text=True, timeout=DEADLINE,
                          env=ENVIRONMENT)
    assert done.returncode == 64 and problem in done.stderr


def test_a_secret_that_cannot_be_read_is_named():
    done = subprocess.run([PARLEYD, "--listen", "127.0.0.1:0", "--hooks-url",
                           "http://127.0.0.1:1/", "--hooks-secret-file", "/nowhere"],
                          capture_output=True, text=True, timeout=DEADLINE,
                          env=ENVIRONMENT)
    assert done.returncode == 78 and "hooks.secret_file /nowhere" in done.stderr
