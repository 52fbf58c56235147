"""The log: its formats, its entries, and no secrets in it."""

import json
import os
import re
import signal

import pytest

from api import KEY, Backend
from client import Chat, Connection, head, plain_head
from server import PARLEYD, Server, eventually

AUTO = {"PARLEY_LOG_FORMAT": "auto"}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


class Pipe:
    """A server whose standard error is this end of a pipe or terminal."""

    def __init__(self, ends, environment):
        self.read, write = ends
        self.text = b""
        read, self.pid = self.read, os.fork()
        if self.pid == 0:
            os.dup2(write, 2)
            os.close(read)
            for name in [n for n in os.environ if n.startswith("PARLEY_")]:
                del os.environ[name]
            os.environ.update(environment)
            os.execv(PARLEYD, [PARLEYD, "--listen", "127.0.0.1:0",
                               "--drain-delay", "0s", "--drain-window", "0s"])
        os.close(write)

    def stop(self):
        """Stops the server when it listens; returns all lines."""
        while b"listening on" not in self.text:
            self.text += os.read(self.read, 65536)
        os.kill(self.pid, signal.SIGTERM)
        while True:
            try:
                got = os.read(self.read, 65536)
            except OSError:  # a terminal without another end
                got = b""
            if not got:
                break
            self.text += got
        os.close(self.read)
        assert os.waitpid(self.pid, 0)[1] == 0
        return self.text.decode().splitlines()


def test_lines_of_a_pipe_are_json():
    for line in Pipe(os.pipe(), AUTO).stop():
        entry = json.loads(line)
        assert set(entry) == {"time", "level", "message"}
        assert re.fullmatch(TIME, entry["time"])


def test_lines_of_a_terminal_are_text():
    lines = Pipe(os.openpty(), AUTO).stop()
    assert len(lines) >= 3
    for line in lines:
        assert re.fullmatch(rf"{TIME} (info|warn) \S.*", line), line


def test_lines_of_the_journal_have_priorities():
    ends = os.pipe()
    pipe = os.fstat(ends[1])
    stream = f"{pipe.st_dev}:{pipe.st_ino}"
    lines = Pipe(ends, {**AUTO, "JOURNAL_STREAM": stream}).stop()
    assert any(line.startswith("<6>listening on ") for line in lines)
    assert all(re.match(r"<[3467]>\S", line) for line in lines)


@pytest.mark.parametrize("stream", ["1:2", "x", ""])
def test_another_journal_does_not_count(stream):
    lines = Pipe(os.pipe(), {**AUTO, "JOURNAL_STREAM": stream}).stop()
    assert all(json.loads(line) for line in lines)


def test_the_format_can_be_changed_by_a_reload(tmp_path):
    config = tmp_path / "parley.conf"
    config.write_text("log.format = text\n")
    with Server(PARLEYD, "--config", str(config), "--drain-delay", "0s",
                "--drain-window", "0s", environment={"PARLEY_LOG_FORMAT": None}) as server:
        config.write_text("log.format = json\n")
        server.signal(signal.SIGHUP)
        server.wait_for_line(r'^\{"time":"\S+","level":"info","message":"reloaded"\}$')
        assert server.lines[0][0] != "{"


def entries(server, pattern):
    return [entry for entry in map(json.loads, server.lines)
            if re.search(pattern, entry["message"])]


@pytest.fixture
def server(start, tmp_path):
    key = tmp_path / "key"
    key.write_text("k" * 40)
    return start("--auth-origins", "*", "--limits-frame-bytes", "64KiB",
                 environment={"PARLEY_LOG_FORMAT": "json"})


def test_lines_of_a_connection_have_its_number(server):
    with Chat(server.address) as first, Chat(server.address) as second:
        second.send_text("x" * 65537)
        second.expect_bye(1009)
        first.send_text("x" * 65537)
        first.expect_bye(1009)
    eventually(lambda: len(entries(server, "^connection closed: 1009 ")) == 2)
    opened = entries(server, "^connection opened: command$")
    closed = entries(server, "^connection closed: 1009 ")
    numbers = [entry["connection"] for entry in opened]
    assert len(set(numbers)) == 2
    assert [entry["connection"] for entry in closed] == numbers[::-1]


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def test_lines_of_a_connection_have_its_trace(server):
    with Chat(server.address, traceparent=PARENT) as traced, \
            Chat(server.address, traceparent="00-none") as other:
        assert traced.response.headers["traceparent"] == PARENT
        assert "traceparent" not in other.response.headers
        for each in traced, other:
            each.send_text("x" * 65537)
            each.expect_bye(1009)
    eventually(lambda: len(entries(server, "^connection closed: 1009 ")) == 2)
    lines = entries(server, "^connection (opened: command$|closed: 1009 )")
    assert sorted(entry.get("trace_id", "") for entry in lines) == [
        "", "", TRACE, TRACE]


def test_lines_of_a_request_have_its_trace(start):
    server = start("--admin-key", KEY, environment={"PARLEY_LOG_FORMAT": "json"})
    backend = Backend(server.address)
    assert backend.ask("PUT", "/v1/rooms/r").headers["traceparent"] is None
    for headers in {"traceparent": PARENT}, {}:
        answer = backend.ask("PATCH", "/v1/rooms/r", {"topic": "t"}, **headers)
        assert answer.status == 200
        assert answer.headers["traceparent"] == headers.get("traceparent")
    backend.close()
    topics = "^moderation: action=topic "
    eventually(lambda: len(entries(server, topics)) == 2)
    assert [entry.get("trace_id") for entry in entries(server, topics)] == [TRACE, None]
    # Also of a refused request, and in a line of text.
    with Connection(server.address) as connection:
        connection.send(plain_head("/v1/info", traceparent=PARENT))
        assert connection.read_response().headers["traceparent"] == PARENT


def test_nothing_secret_is_logged(server):
    with Connection(server.address) as refused:
        refused.send(head("/ws?token=secret-1", Authorization="Bearer secret-2",
                          Sec_WebSocket_Protocol="bearer.secret-3"))
        refused.read_response()
    with Chat(server.address, "/ws?name=secret-4") as chat:
        chat.ask_ok("join", room="secret-5", create=True)
        chat.ask_ok("broadcast", room="secret-5", message="secret-6")
        chat.ask("secret-7")
        chat.send_text('{"secret-8')
        chat.next()
    eventually(lambda: entries(server, "^connection opened"))
    server.stop()
    assert "secret" not in "\n".join(server.lines)


def test_repeated_lines_are_counted(server):
    for _ in range(15):
        with Chat(server.address) as chat:
            chat.ask_ok("ping")
    server.wait_for_line(r"suppressed \d+ lines like: connection opened: command")
    assert len(entries(server, "^connection opened")) == 10


def test_what_members_do_to_messages_is_logged(start, leave_at_end):
    server = start("--log-level", "debug")
    ann = leave_at_end(Chat(server.address, "/ws?name=Ann"))
    ann.ask_ok("create", name="tea", room="tea")
    seq = ann.post("tea", "hi")["seq"]
    for command, fields in (("edit", {"message": "hello"}), ("react", {"reaction": "+1"})):
        ann.ask_ok(command, room="tea", seq=seq, **fields)
        server.wait_for_line(f'message: action={command} room=tea seq={seq} '
                             f'by={ann.id} by_name="Ann"')
    ann.ask_ok("react", room="tea", seq=seq, reaction="+1", remove=True)
    server.wait_for_line(f'action=react room=tea seq={seq} by={ann.id} by_name=""')


def test_many_edits_are_few_lines(start, leave_at_end):
    """Reactions are none, unless an operator wants to see them."""
    server = start()
    ann = leave_at_end(Chat(server.address))
    ann.ask_ok("create", name="tea", room="tea")
    seq = ann.post("tea", "0")["seq"]
    for n in range(50):
        ann.ask_ok("edit", room="tea", seq=seq, message=str(n))
        ann.ask_ok("react", room="tea", seq=seq, reaction="+1", remove=n % 2 == 1)
    ann.leave()
    server.stop()
    lines = [line for line in server.lines if "message: action=" in line]
    assert 0 < len([line for line in lines if "action=edit" in line]) < 50
    assert not [line for line in lines if "action=react" in line]
