"""parley in scripts: send, tail and rooms."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading

import pytest

from server import DEADLINE, NO_DRAIN, PARLEYD, PATIENT, REPORT, Server, eventually
from terminal import PARLEY, PERSON, url_of

USAGE, UNAVAILABLE, NOT_ALL, PROTOCOL = 64, 69, 75, 76


def run(*arguments, text=""):
    done = subprocess.run(
        [PARLEY, *arguments], input=text.encode(), capture_output=True,
        timeout=2 * DEADLINE, env=PERSON,
    )
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    assert not REPORT.search(done.stderr), done.stderr
    return done


class Tail:
    """A running `parley tail`, whose lines are waited for."""

    def __init__(self, *arguments):
        self.lines, self.words = [], []
        self.process = subprocess.Popen(
            [PARLEY, "tail", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PERSON,
        )
        for stream, lines in (
            (self.process.stdout, self.lines), (self.process.stderr, self.words)
        ):
            threading.Thread(target=self._read, args=(stream, lines), daemon=True).start()

    def wait_for(self, count):
        eventually(lambda: len(self.lines) >= count)
        return self.lines

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(DEADLINE) == 130
        assert not REPORT.search("\n".join(self.words))

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line.decode().rstrip("\n"))


@pytest.fixture
def tail(url, request):
    """Starts `parley tail` in the test's own room; returns when it has joined."""
    running = []

    def tail(*arguments, at=url, room=None):
        room = room or request.node.name[:60]
        running.append(Tail(at, "--room", room, *arguments))
        eventually(lambda: is_in(at, room))
        return running[-1]

    yield tail
    for one in running:
        if one.process.poll() is None:
            one.stop()


def is_in(url, room):
    """Whether the room has members."""
    lines = [l.split("\t") for l in run("rooms", url).stdout.splitlines()]
    return any(line[0] == room and line[2] != "0" for line in lines)


def test_each_line_is_a_message_in_order(url, tail, request):
    room = request.node.name
    listener = tail()
    lines = [f"line {n}" for n in range(300)]
    done = run("send", url, "--room", room, "--name", "bob", text="\n".join(lines) + "\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert listener.wait_for(300) == [f"bob: {line}" for line in lines]


def test_the_last_line_needs_no_end_and_empty_lines_are_skipped(url, tail, request):
    listener = tail()
    assert run("send", url, "--room", request.node.name[:60], "--name", "bob",
               text="\none\n\ntwo").returncode == 0
    assert listener.wait_for(2) == ["bob: one", "bob: two"]


def test_a_file_can_be_sent(url, tail, tmp_path, request):
    listener = tail()
    path = tmp_path / "lines"
    path.write_text("from a file\n" * 3)
    with open(path) as lines:
        done = subprocess.run(
            [PARLEY, "send", url, "--room", request.node.name], stdin=lines,
            stderr=subprocess.PIPE, check=True, timeout=DEADLINE, env=PERSON)
    assert done.stderr == b""
    assert len(listener.wait_for(3)) == 3


def test_empty_input_is_a_success(url):
    assert run("send", url, "--room", "tea").returncode == 0


def test_a_fast_sender_slows_down(tail):
    limits = ("--limits-messages", "300/s", "--limits-messages-burst", "50",
              "--limits-patience", "0")
    with Server(PARLEYD, *NO_DRAIN, *PATIENT, *limits) as server:
        listener = tail(at=url_of(server), room="tea")
        done = run("send", url_of(server), "--room", "tea",
                   text="".join(f"{n}\n" for n in range(300)))
        assert (done.returncode, done.stderr) == (0, "")
        sent = [line.partition(": ")[2] for line in listener.wait_for(300)]
        assert sent == [str(n) for n in range(300)]
        listener.stop()


def test_a_refused_message_is_reported(url, tail, request):
    listener = tail()
    long = "x" * 70000
    done = run("send", url, "--room", request.node.name, "--name", "bob",
               text=f"one\n{long}\ntwo\n")
    assert done.returncode == NOT_ALL
    assert "too large" in done.stderr
    assert listener.wait_for(2) == ["bob: one", "bob: two"]


def test_a_line_beyond_the_limit_is_skipped(url, tail, request):
    listener = tail()
    done = run("send", url, "--room", request.node.name, "--name", "bob",
               text=f"one\n{'x' * 3_000_000}\ntwo\n")
    assert done.returncode == NOT_ALL
    assert "too long" in done.stderr
    assert listener.wait_for(2) == ["bob: one", "bob: two"]


def test_tail_prints_json_that_since_goes_on_from(url, tail, request):
    room = request.node.name
    listener = tail("--json")
    run("send", url, "--room", room, "--name", "bob", text="one\ntwo\n\u009bthree\n")
    first, second, third = map(json.loads, listener.wait_for(3))
    assert [m["message"] for m in (first, second, third)] == ["one", "two", "\u009bthree"]
    assert "\u009b" not in listener.lines[2]
    assert [m["seq"] for m in (first, second, third)] == [1, 2, 3]
    assert first["room"] == room and first["member"] == "bob"
    later = tail("--since", f"{first['epoch']}:{first['seq']}", "--json")
    assert list(map(json.loads, later.wait_for(2))) == [second, third]


def test_tail_begins_with_older_messages_if_asked(url, tail, request):
    room = request.node.name
    tail()  # keeps the room
    run("send", url, "--room", room, "--name", "bob", text="one\ntwo\nthree\n")
    assert tail("--history", "2").wait_for(2) == ["bob: two", "bob: three"]


def test_tail_ends_when_its_output_is_closed(url, request):
    room = request.node.name
    listener = subprocess.Popen(
        [PARLEY, "tail", url, "--room", room], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, env=PERSON,
    )
    listener.stdout.close()
    eventually(lambda: is_in(url, room))
    run("send", url, "--room", room, text="one\n")
    assert listener.wait(DEADLINE) == 0


def test_rooms_are_listed_with_tabs(url, tail):
    tail(room="one-room")
    lines = run("rooms", url).stdout.splitlines()
    assert "one-room\tone-room\t1\t-" in lines


@pytest.mark.parametrize("dialect", ["action", "topic"])
def test_other_dialects_send_and_listen_too(parleyd, tail, dialect):
    room = f"room_{dialect}"
    tail(room=room)  # makes it
    listener = Tail(url_of(parleyd), "--dialect", dialect, "--room", room, "--name", "bob")
    try:
        eventually(lambda: "\t2\t" in run("rooms", url_of(parleyd)).stdout)
        done = run("send", url_of(parleyd), "--dialect", dialect, "--room", room,
                   "--name", "eve", text="one\ntwo\n")
        assert done.returncode == 0, done.stderr
        lines = listener.wait_for(2)
        assert [line.partition(": ")[2] for line in lines] == ["one", "two"]
    finally:
        listener.stop()


def test_a_restart_of_the_server_loses_and_doubles_nothing(start, tail):
    server = start()
    url = url_of(server)
    listener = tail(at=url, room="tea")
    reading, writing = os.pipe()
    sender = subprocess.Popen(
        [PARLEY, "send", url, "--room", "tea", "--name", "bob"],
        stdin=reading, stderr=subprocess.PIPE, env=PERSON,
    )
    os.close(reading)
    for life in range(3):
        os.write(writing, b"".join(b"%d-%d\n" % (life, n) for n in range(50)))
        listener.wait_for(50 * life + 5)
        server.kill()
        server = start()
    os.close(writing)
    assert sender.wait(2 * DEADLINE) == 0, sender.stderr.read()
    sent = [line.partition(": ")[2] for line in listener.wait_for(150)]
    assert sent == [f"{life}-{n}" for life in range(3) for n in range(50)]
    assert any("reconnected" in word for word in listener.words)


def test_what_cannot_be_acknowledged_is_not_called_sent(start):
    server = start()
    url = url_of(server)
    sender = subprocess.Popen(
        [PARLEY, "send", url, "--room", "tea", "--timeout", "1"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=PERSON,
    )
    eventually(lambda: is_in(url, "tea"))
    server.kill()
    _, words = sender.communicate(b"too late\n", timeout=DEADLINE)
    assert sender.returncode == NOT_ALL
    assert b"timed out waiting for an acknowledgement" in words


@pytest.mark.parametrize("arguments", [
    (), ("shout",), ("send",), ("tail",), ("rooms", "--room", "x"),
    ("chat", "http://x"), ("tail", "--room", "x", "--since", "3"),
])
def test_wrong_usage_has_its_own_status(arguments):
    done = run(*arguments)
    assert done.returncode == USAGE
    assert "see parley --help" in done.stderr


def test_an_unavailable_room_is_reported_once(url):
    for mode in "send", "tail":
        done = run(mode, url, "--room", "no such", text="hi\n")
        assert done.returncode == UNAVAILABLE
        [line] = done.stderr.splitlines()
        assert line.startswith("parley: A room id is")


def test_a_refused_connection_has_its_own_status():
    done = run("send", "ws://127.0.0.1:1/ws", "--room", "tea", text="hi\n")
    assert done.returncode == UNAVAILABLE
    assert "cannot connect to 127.0.0.1 port 1: Connection refused" in done.stderr
    assert run("rooms", "ws://host.invalid/ws").returncode == UNAVAILABLE


# Answers of other servers, and the message for each.
OTHER_SERVERS = {
    b"HTTP/1.1 404 Not Found\r\n\r\n": PROTOCOL,
    b"HTTP/1.1 503 Service Unavailable\r\n\r\n": UNAVAILABLE,
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n": PROTOCOL,
    b"SSH-2.0-x\r\n\r\n": PROTOCOL,
    b"x" * 20000: PROTOCOL,
    b"": UNAVAILABLE,
}


@pytest.mark.parametrize("answer", OTHER_SERVERS, ids=range(len(OTHER_SERVERS)))
def test_messages_have_the_names_of_their_authors(answer):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(answer)
                with contextlib.suppress(ConnectionResetError):
                    peer.recv(1 if answer else 0)

        thread = threading.Thread(target=serve)
        thread.start()
        done = run("rooms", f"ws://127.0.0.1:{listener.getsockname()[1]}/ws")
        thread.join(DEADLINE)
    assert done.returncode == OTHER_SERVERS[answer], done.stderr
    assert "\x1b" not in done.stderr


def test_help_and_version_are_printed():
    assert "Usage: parley chat" in run("--help").stdout
    assert "Usage: parley chat" in run("chat", "--help").stdout
    assert run("--version").stdout.startswith("parley ")
