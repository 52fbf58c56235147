"""parleyd ctl trace: the entries of a room, a member, a connection."""

import json
import subprocess

import pytest

from api import KEY, Backend
from client import TEXT, Chat, frame
from server import DEADLINE, ENVIRONMENT, PARLEYD
from tracing import SECRET, Trace, opened


@pytest.fixture
def server(start):
    return start("--admin-key", KEY)


def test_a_message_in_a_room(server):
    with Chat(server.address) as author, Chat(server.address) as reader:
        author.ask_ok("join", room="tea", create=True)
        reader.ask_ok("join", room="tea")
        with Trace(server, "--room", "tea") as trace:
            author.post("tea", SECRET)
            number = opened(server, 0)
            accepted = trace.wait_for("accepted", what="broadcast", member=author.id)
            assert accepted["connection"] == number and accepted["room"] == "tea"
            published = trace.wait_for("published", what="message", seq=1)
            assert published["count"] == 2 and published["member"] == author.id
            # The author is sent its answer with it.
            assert trace.wait_for("sent", room="tea")["count"] == 1
            trace.wait_for("sent", connection=number)
            assert author.ask("broadcast", room="tea", message="")["event"] == "error"
            refused = trace.wait_for("refused", what="broadcast")
            assert refused["why"] == "bad_field" and refused["detail"] == "message"
            author.ask("broadcast", room="other", message=SECRET)
            reader.send_command("leave", room="tea")
            trace.wait_for("accepted", what="leave", member=reader.id)
            assert not [e for e in trace.seen if e.get("room") == "other"]


def test_a_member_from_its_commands_to_its_end(server):
    with Chat(server.address) as alice, Chat(server.address) as bob:
        with Trace(server, "--user", alice.id) as trace:
            bob.ask_ok("ping")
            alice.ask_ok("ping")
            trace.wait_for("accepted", what="ping", member=alice.id)
            assert bob.id not in json.dumps(trace.seen)
            alice.close(1000)
            closed = trace.wait_for("closed", connection=opened(server, 0))
            assert closed["code"] == 1000 and closed["why"] == "client"


def test_a_slow_reader(start, tmp_path):
    """Over a Unix socket, since TCP hides it for megabytes."""
    server = start("--admin-key", KEY, "--history-messages", "100", "--presence-up-to", "0",
                   listen=("127.0.0.1:0", f"unix:{tmp_path}/sock"))
    with Chat(server.address) as author, Chat(server.addresses[1]) as slow:
        author.ask_ok("join", room="busy", create=True)
        slow.ask_ok("join", room="busy")
        with Trace(server, "--room", "busy") as trace:
            for _ in range(40):
                author.post("busy", "x" * 16384)
            lags = trace.wait_for("lags", member=slow.id)
            author.send_command("typing", room="busy")
            trace.wait_for("dropped", connection=lags["connection"], count=1)
            for _ in range(100):
                author.post("busy", "what it reads next is not kept any more")
            slow.expect_bye(4102)
            closed = trace.wait_for("closed", connection=lags["connection"])
            assert closed["code"] == 4102 and closed["why"] == "slow_consumer"
            assert any(e.get("behind") == 1 for e in trace.seen)


def test_a_connection_beyond_its_budget(start_preset):
    server = start_preset("--admin-key", KEY, "--limits-messages", "5", "--limits-messages-burst", "5")
    with Chat(server.address) as member:
        with Trace(server, "--connection", opened(server, 0)) as trace:
            member.send(frame(TEXT, '{"command":"ping"}') * 12)
            assert trace.wait_for("paused")["why"] == "budget"
            trace.wait_for("resumed", why="budget")


def test_a_sample(server):
    with Chat(server.address) as author:
        author.ask_ok("join", room="tea", create=True)
        with Trace(server, "--room", "tea", "--sample", "50") as trace:
            for _ in range(100):
                author.post("tea", SECRET)
            author.ask("broadcast", room="tea")
            trace.wait_for("refused")
            assert 3 <= len(trace.seen) <= 10


def test_what_is_asked_for(server):
    backend = Backend(server.address)
    for query in "", "?room=a&user=b", "?connection=0", "?connection=x", "?room=" + "a" * 65:
        assert backend.get(f"/v1/trace{query}").status == 422, query
    assert Backend(server.address, None).get("/v1/trace?room=a").status == 401
    backend.close()
    refused = subprocess.run([PARLEYD, "ctl", "--key", KEY, "--url",
                              "http://%s:%d" % server.address, "trace", "--rom", "tea"],
                             env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert refused.returncode == 64 and "--rom" in refused.stderr


def test_there_are_at_most_eight(server):
    traces = [Trace(server, "--room", "tea") for _ in range(8)]
    backend = Backend(server.address)
    refused = backend.get("/v1/trace?room=tea")
    assert refused.status == 503 and "as many traces" in refused["text"]
    backend.close()
    for trace in traces:
        trace.__exit__()


def test_a_drain_ends_it(server):
    with Trace(server, "--connection", "1") as trace:
        server.stop()
        assert trace.line() == b""
        assert trace.process.wait(DEADLINE) == 0

