"""Budgets of connections: one that exceeds them is slowed down, and refused only if it
goes on."""

import json
import threading
import time

from accounts import Accounts, Further
from api import KEY, Backend
from client import TEXT, Chat, frame
from dialects import Action
from server import DEADLINE
from tracing import Trace, opened


def commands(count, **fields):
    """Returns so many commands as one packet, with refs."""
    return b"".join(
        frame(TEXT, json.dumps({"ref": n, **fields}).encode()) for n in range(count)
    )


def post(author, count):
    for n in range(count):
        author.send_command("message", f"{n}" + "x" * 100_000)


def test_twenty_messages_of_a_hundred_kilobytes_go_through_at_once(start_preset):
    server = start_preset("--admin-key", KEY, listen=["127.0.0.1:0=action"])
    with Action(server.address) as a, Action(server.address) as b:
        b.join(a.create())
        with Trace(server, "--connection", opened(server, 0, "action")) as trace:
            author = threading.Thread(target=post, args=(a, 20))
            author.start()
            for n in range(20):
                assert b.next()["body"].startswith(f"{n}x")
            author.join()
            a.leave()
            trace.wait_for("closed")
            assert not trace.is_paused("budget")


def test_a_client_that_is_too_fast_is_slowed_down_and_refused_nothing(start_preset):
    server = start_preset()
    count = 3000  # 2000 at once, then 1000 a second
    with Chat(server.address) as chat:
        began = time.monotonic()
        chat.send(commands(count, command="ping"))
        for n in range(count):
            chat.expect("pong", ref=n)
        took = time.monotonic() - began
    print(f"{took:.3f} s")
    assert 0.9 < took < DEADLINE


def test_a_client_that_goes_on_is_refused_and_closed(start_preset):
    server = start_preset(
        *("--limits-messages", "200/s", "--limits-messages-burst", "10"),
        *("--limits-patience", "1s"),
    )
    with Chat(server.address) as chat, Chat(server.address) as other:
        began = time.monotonic()
        chat.send(commands(1000, command="ping"))
        bye, before = chat.expect_bye(4101)
        took = time.monotonic() - began
        assert bye["reason"] == "rate_limited"
        kinds = [event["event"] for event in before]
        served = kinds.index("error")
        # 40 at once, then 200 a second for a second, or for as long as it took.
        assert 40 <= served <= 45 + 200 * took, (served, took)
        assert all(
            event["code"] == "rate_limited" and event["retry_after_ms"] > 0
            for event in before
            if event["event"] == "error"
        )
        assert 0.8 < took < DEADLINE
        other.ask_ok("ping")


def test_answers_are_charged_by_their_size(start_preset):
    """A request of 61 bytes for a page of 200 KB."""
    server = start_preset("--limits-bytes", "1MiB/s", "--limits-bytes-burst", "1MiB")
    with Chat(server.address) as chat:
        chat.ask_ok("join", room="r", create=True)
        for _ in range(4):
            chat.post("r", "x" * 50_000)
        began = time.monotonic()
        chat.send(commands(15, command="history", room="r"))
        for n in range(15):
            chat.expect("history", ref=n)
        took = time.monotonic() - began
    print(f"{took:.3f} s")
    # 3 MB: the first at once, the others at 1 MiB a second.
    assert 1.3 < took < DEADLINE


def join_with_others(author, server):
    """Into a room of 21."""
    author.ask_ok("join", room="r", create=True)
    others = [Chat(server.address) for _ in range(20)]
    for each in others:
        each.ask_ok("join", room="r")
    return others


def test_copies_for_others_are_charged(start_preset):
    server = start_preset("--limits-fanout", "1MiB/s", "--limits-fanout-burst", "1MiB")
    with Chat(server.address) as author:
        others = join_with_others(author, server)
        began = time.monotonic()
        for _ in range(15):
            author.send_command("broadcast", room="r", message="x" * 10_000)
        for each in others:
            each.inbox.clear()
            received = 0
            while received < 15:
                received += each.next()["event"] == "broadcast"
        took = time.monotonic() - began
        for each in others:
            each.leave()
    print(f"{took:.3f} s")
    # 15 × 10 kB × 21 receivers: 3 MB.
    assert 1.3 < took < DEADLINE


def test_an_author_in_a_large_room_is_slowed_down_and_refused_nothing(start_preset):
    """For any duration: copies for a large room are no fault of the author."""
    server = start_preset(
        *("--limits-fanout", "1MiB/s", "--limits-fanout-burst", "1MiB"),
        *("--limits-patience", "500ms"),
    )
    with Chat(server.address) as author:
        others = join_with_others(author, server)
        began = time.monotonic()
        author.send(commands(15, command="broadcast", room="r", message="x" * 10_000))
        assert {e["event"] for e in answers_to(author, 15)} == {"ack"}
        took = time.monotonic() - began
        for each in others:
            each.leave()
    print(f"{took:.3f} s")
    # 15 × 10 kB × 21 receivers: 3 MB.
    assert took > 1.3


def test_a_client_that_is_slowed_down_is_not_idle(start_preset):
    """Its pong waits in the socket, behind its commands."""
    server = start_preset(
        *("--limits-messages", "100/s", "--limits-messages-burst", "10"),
        *("--limits-ping-interval", "1s", "--limits-pong-timeout", "200ms"),
    )
    with Chat(server.address) as chat:
        chat.send(commands(300, command="ping"))
        answered = 0
        while answered < 300:
            answered += chat.next()["event"] == "pong"


def messages_await(chat, message, count):
    while count > 0:
        event = chat.next()
        count -= (event["event"], event.get("message")) == ("broadcast", message)


def test_a_newcomer_does_not_flush_a_room_at_once(start_preset):
    server = start_preset(
        *("--auth-trusted-proxies", "127.0.0.1", "--history-messages", "100"),
        *("--limits-room-fill-time", "4s", "--admin-key", KEY),
    )
    newcomer = {"X-Forwarded-For": "203.0.113.7"}
    with Chat(server.address) as alice, Chat(server.address, **newcomer) as flood:
        alice.ask_ok("create", name="tea", room="tea")
        flood.ask_ok("join", room="tea")
        began = time.monotonic()
        flood.send(commands(100, command="broadcast", room="tea", message="flood"))
        messages_await(alice, "flood", 100)
        took = time.monotonic() - began
        # Half of the room at once, the rest in 2 s; a pause ends with a tick.
        assert took > 1.8
        with Chat(server.address, **{"X-Forwarded-For": "203.0.113.8"}) as other:
            other.ask_ok("join", room="tea")
            with Trace(server, "--user", other.id) as trace:
                other.send(commands(50, command="broadcast", room="tea", message="hi"))
                messages_await(other, "hi", 50)
                other.close()
                trace.wait_for("closed")
                assert not trace.is_paused("budget")


# --- of users, of addresses ----------------------------------------------------


def user_connections(server, accounts):
    """Five of one user, in two dialects."""
    token = {"Authorization": "Bearer " + accounts.token("ann")}
    first = Chat(server.addresses[0], **token)
    return [first, *(Further(server.addresses[0], **token) for _ in range(2)),
            *(Action(server.addresses[1], **token) for _ in range(2))]


def answers_to(chat, count):
    """The answers to commands(count); other events are left out."""
    found = []
    while len(found) < count:
        event = chat.next()
        if event.get("ref") == len(found):
            found.append(event)
    return found


def ping_all(connections, count):
    """Sends so many commands on each, and waits for all answers."""
    for each in connections:
        if isinstance(each, Action):
            each.send(b"".join(frame(TEXT, b'{"action":"none"}')
                               for _ in range(count)))
        else:
            each.send(commands(count, command="ping"))
    for each in connections:
        if isinstance(each, Action):
            assert {each.next()["message"] for _ in range(count)} == {
                "Invalid action"}
        else:
            assert {e["event"] for e in answers_to(each, count)} == {"pong"}


def test_the_connections_of_a_user_share_a_budget(start_preset, tmp_path):
    accounts = Accounts(tmp_path / "key")
    server = start_preset(
        *accounts.options, "--limits-messages", "200/s",
        "--limits-messages-burst", "40",
        listen=["127.0.0.1:0", "127.0.0.1:0=action"])
    connections = user_connections(server, accounts)
    with accounts.connect(server, "bob") as bob:
        began = time.monotonic()
        ping_all(connections, 60)
        took = time.monotonic() - began
        # 40 at once, the others at 200 a second. Each alone needs 0.1 s.
        assert took > 1.2
        # Another user has a budget of its own.
        ping_all([bob], 40)
        for each in connections:
            each.leave()


def test_a_user_that_goes_on_is_refused_with_the_reason(start_preset, tmp_path):
    accounts = Accounts(tmp_path / "key")
    server = start_preset(
        *accounts.options, "--limits-messages", "50/s",
        "--limits-messages-burst", "20", "--limits-patience", "1s",
        listen=["127.0.0.1:0", "127.0.0.1:0=action"])
    a, b, *others = user_connections(server, accounts)
    a.send(commands(90, command="ping"))
    b.send(commands(90, command="ping"))
    notified = answers_to(a, 90) + answers_to(b, 90)
    refused = [e for e in notified if e["event"] == "error"]
    assert 0 < len(refused) <= 180 - 20
    assert {(e["code"], e["exceeded"]) for e in refused} == {
        ("rate_limited", "limits.messages")}
    for each in a, b, *others:
        each.leave()


def test_requests_over_http_have_the_budget_of_their_user(start_preset, tmp_path):
    accounts = Accounts(tmp_path / "key")
    server = start_preset(
        *accounts.options, "--admin-key", KEY, "--limits-messages", "1/s",
        "--limits-messages-burst", "20", "--limits-patience", "0")
    backend = Backend(server.address)
    backend.publish("tea", 0, create=True)

    def refused_of(count, ask):
        """The answers to so many requests that are refused."""
        refused = [got for got in [ask() for _ in range(count)] if got.status == 429]
        for got in refused:
            assert (got["error"], got["exceeded"]) == ("rate_limited", "limits.messages")
            assert got["retry_after_ms"] > 0 and got.headers["Retry-After"]
        return refused

    with accounts.connect(server, "ann") as ann:
        reader = Backend(server.address, accounts.token("ann"))
        assert refused_of(40, lambda: reader.get("/v1/rooms/tea/messages"))
        # Her WebSocket has the same budget.
        assert "error" in {ann.ask("ping")["event"] for _ in range(5)}
        # A backend has no budget, but ann has, also for what a backend posts as her; not for
        # others.
        name = {"as": {"id": ann.id, "name": "ann"}}
        assert refused_of(5, lambda: backend.post(
            "/v1/rooms/tea/messages", {"message": 1, **name}))
        results = backend.post("/v1/messages", {"messages": [
            *({"room": "tea", "message": 1, **name} for _ in range(5)),
            {"room": "tea", "message": 2}]})["results"]
        assert 429 in [each["status"] for each in results[:5]]
        assert results[5]["status"] == 201
        ann.leave()
    # It does not begin anew with another connection.
    assert refused_of(5, lambda: reader.get("/v1/rooms/tea/messages"))
    admin = Backend(server.address, accounts.token("root", "--can", "admin"))
    assert refused_of(40, lambda: admin.post("/v1/messages", {
        "messages": [{"room": "tea", "message": 3}]}))
    for each in backend, reader, admin:
        each.close()


def test_anonymous_requests_of_an_address_share_a_budget(start_preset):
    server = start_preset(
        "--admin-key", KEY, "--auth-trusted-proxies", "127.0.0.1",
        "--limits-budgets-per-ip", "2", "--limits-messages", "1/s",
        "--limits-messages-burst", "10")
    backend = Backend(server.address)
    backend.publish("tea", 0, create=True)
    reader = Backend(server.address, None)
    statuses = {host: [reader.get("/v1/rooms/tea/messages", X_Forwarded_For=host).status
                       for _ in range(30)] for host in ("203.0.113.9", "203.0.113.8")}
    for each in statuses.values():
        assert each[:15] == [200] * 15 and 429 in each
    backend.close()
    reader.close()


def test_joins_of_a_user_are_limited(start_preset, tmp_path):
    accounts = Accounts(tmp_path / "key")
    server = start_preset(
        *accounts.options, "--limits-joins", "20/s", "--limits-joins-burst", "5",
        "--limits-patience", "2s")
    token = {"Authorization": "Bearer " + accounts.token("ann")}
    with Chat(server.address, **token) as a, Further(server.address, **token) as b:
        began = time.monotonic()
        for each in a, b:
            each.send(commands(10, command="join", room="tea", create=True))
        for each in a, b:
            assert {e["event"] for e in answers_to(each, 10)} == {"joined"}
        assert time.monotonic() - began > 0.6
        a.send(commands(60, command="join", room="tea"))
        refused = [e for e in answers_to(a, 60) if e["event"] == "error"]
        assert refused and {e["exceeded"] for e in refused} == {"limits.joins"}


def test_the_anonymous_clients_of_an_address_share_some_budgets(start_preset):
    server = start_preset(
        "--auth-trusted-proxies", "127.0.0.1", "--limits-budgets-per-ip", "2",
        "--limits-messages", "100/s", "--limits-messages-burst", "20",
        "--limits-patience", "500ms")

    def client(host):
        return Chat(server.address, **{"X-Forwarded-For": host})

    flood = [client("203.0.113.9") for _ in range(8)]
    with client("203.0.113.9") as neighbour, client("203.0.113.8") as other:
        for each in flood:
            each.send(commands(40, command="ping"))
        served = [each.ask_ok("ping")["at"] for each in (neighbour, other)]
        times = sorted(e["at"] for each in flood for e in answers_to(each, 40))
        # 320 commands: 40 at once, 200 a second. Each alone needs 0.2 s.
        assert times[-1] - times[0] > 1200
        # Neither waited behind the flood.
        assert max(served) < times[-20]
    for each in flood:
        each.leave()
