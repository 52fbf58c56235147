"""A full disk: writing stops, reading does not."""

import contextlib
import json
import resource
import socket
import urllib.error
import urllib.request

import pytest

from client import Chat
from server import DEADLINE, eventually


@pytest.fixture
def server(start, tmp_path):
    return start(
        *("--store-kind", "file", "--store-dir", str(tmp_path / "store")),
        *("--store-probe", "100ms"),
    )


def let_files_grow(server, most):
    """Limits the size of files: a write beyond it fails, as on a full disk."""
    hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, hard))


def readiness(server):
    host, port = server.address
    url = f"http://{host}:{port}/readyz?verbose"
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def figure(server, name):
    """Returns the value of a metric."""
    host, port = server.address
    url = f"http://{host}:{port}/metrics"
    with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
        lines = answer.read().decode().splitlines()
    return [float(line.split()[1]) for line in lines if line.startswith(name)]


def test_a_full_disk_stops_writing_not_reading(server):
    with Chat(server.address) as a, Chat(server.address) as b:
        a.ask_ok("create", name="den", room="den", persistent=True)
        b.ask_ok("join", room="den")
        a.post("den", "kept")
        a.pending(), b.pending()

        let_files_grow(server, 4096)
        refused = a.refusal("broadcast", room="den", message="lost")
        assert refused["code"] == "store_failed"
        assert refused["retry_after_ms"] > 0
        later = a.refusal("broadcast", room="den", message="refused")
        assert later["code"] == "unavailable"

        status, body = readiness(server)
        assert (status, body["status"]) == (503, "unavailable")
        assert body["checks"]["store"] == body["reason"] != "ok"
        eventually(lambda: figure(server, "parley_store_writable") == [0])

        page = b.ask_ok("history", room="den", limit=10)["messages"]
        assert [m["message"] for m in page] == ["kept"]
        b.ask_ok("create", name="one-off", room="now")
        b.post("now", "still talking")
        assert b.pending() == [], "a message that is not stored is not delivered"

        let_files_grow(server, resource.RLIM_INFINITY)
        eventually(lambda: readiness(server)[0] == 200)
        assert a.post("den", "again")["seq"] == 2
        eventually(lambda: figure(server, "parley_store_failures_total") == [1])


def test_messages_lost_by_the_disk_are_counted_once(start, tmp_path):
    store = tmp_path / "store"
    options = "--store-kind", "file", "--store-dir", str(store)
    server = start(*options)
    with Chat(server.address) as a:
        a.ask_ok("create", name="den", room="den", persistent=True)
        for text in "first", "second", "third":
            a.post("den", text)
    server.stop()
    segment = store / "seg-0000000000000001.log"
    segment.write_bytes(segment.read_bytes().replace(b"second", b"secund"))

    for lost in 1, 0:
        server = start(*options)
        assert figure(server, "parley_store_lost_records_total") == [lost]
        assert figure(server, "parley_store_writable") == [1]
        server.stop()


def test_a_retry_after_a_failure_is_stored_once(server):
    with Chat(server.address) as a:
        a.ask_ok("create", name="den", room="den", persistent=True)
        let_files_grow(server, 4096)
        sent = {"room": "den", "message": "x", "key": "k"}
        assert a.refusal("broadcast", **sent)["code"] == "store_failed"
        let_files_grow(server, resource.RLIM_INFINITY)
        eventually(lambda: readiness(server)[0] == 200)
        assert a.post(**sent)["seq"] == 1
        assert a.post(**sent)["duplicate"] is True


# --- descriptors ------------------------------------------------------------------

SMALL_SEGMENTS = ("--store-segment", "2MiB")


def post_much(chat):
    """More than two segments hold."""
    for n in range(100):
        chat.post("den", f"{n} " + "x" * 50_000)


def test_silent_connections_leave_descriptors_to_the_store(start, tmp_path):
    server = start(
        *("--store-kind", "file", "--store-dir", str(tmp_path / "store")),
        *SMALL_SEGMENTS,
        files=160,
    )
    with contextlib.ExitStack() as silent, Chat(server.address) as a:
        a.ask_ok("create", name="den", room="den", persistent=True)
        for _ in range(200):
            try:
                silent.enter_context(socket.create_connection(server.address, 1))
            except OSError:
                break
        post_much(a)
        assert len(list((tmp_path / "store").glob("seg-*"))) > 2


def test_a_lack_of_descriptors_stops_writing_for_a_while(start, tmp_path):
    server = start(
        *("--store-kind", "file", "--store-dir", str(tmp_path / "store")),
        *(*SMALL_SEGMENTS, "--store-probe", "100ms"),
    )
    with Chat(server.address) as a:
        a.ask_ok("create", name="den", room="den", persistent=True)
        before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (1, before[1]))
        refused = None
        while refused is None:
            answer = a.ask("broadcast", room="den", message="x" * 50_000)
            refused = answer if answer["event"] == "error" else None
        assert refused["code"] in ("store_failed", "unavailable")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
        eventually(lambda: readiness(server)[0] == 200)
        post_much(a)
