"""The HTTP API for backends: docs/api.md."""

import json
import subprocess
import threading
import time
import urllib.parse
from http.client import HTTPException

import pytest

from accounts import Accounts, Further
from api import KEY, Backend, Stream
from certificates import make_certificate
from client import Chat, Connection, Gone
from server import AT_ONCE, DEADLINE, ENVIRONMENT, PARLEYD, Server, eventually
from test_auth import make_token, SECRET

OPTIONS = ("--admin-key", KEY)


@pytest.fixture(scope="module")
def parleyd():
    with Server(PARLEYD, *AT_ONCE, *OPTIONS) as server:
        yield server


@pytest.fixture
def backend(parleyd):
    backend = Backend(parleyd.address)
    yield backend
    backend.close()


@pytest.fixture
def stream(parleyd):
    streams = []

    def open_stream(room, **how):
        streams.append(Stream(parleyd.address, room, **how))
        return streams[-1]

    yield open_stream
    for each in streams:
        each.close()


# --- who may ask --------------------------------------------------------------


def test_without_a_key_there_is_no_api(start):
    backend = Backend(start().address)
    for method, target in (("GET", "/v1/info"), ("GET", "/v1/openapi.json"),
                           ("POST", "/v1/messages"), ("GET", "/v1/rooms/r/events")):
        assert backend.ask(method, target).status == 404
    backend.close()


@pytest.mark.parametrize("key", [None, "", "0", KEY[:-1], KEY + "0", KEY.upper()])
def test_a_wrong_key_is_refused(parleyd, key):
    backend = Backend(parleyd.address, key)
    refused = backend.post("/v1/rooms/r/messages", {"message": 1})
    assert (refused.status, refused["error"]) == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    backend.close()


def test_the_key_may_be_in_a_file_and_is_read_again(start, tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    server = start("--admin-key-file", str(file))
    backend = Backend(server.address)
    assert backend.get("/v1/info").status == 200
    file.write_text("another-key-of-16\n")
    server.signal(1)
    server.wait_for_line("reloaded")
    assert backend.get("/v1/info").status == 401
    backend.key = "another-key-of-16"
    assert backend.get("/v1/info").status == 200
    backend.close()


def test_a_key_of_the_environment_is_not_printed():
    done = subprocess.run([PARLEYD, "--print-config"], capture_output=True, text=True,
                          timeout=DEADLINE,
                          env={**ENVIRONMENT, "PARLEY_ADMIN_KEY": KEY})
    assert done.returncode == 0 and KEY not in done.stdout
    assert "# admin.key = ***" in done.stdout


@pytest.mark.parametrize("options, why", [
    (["--admin-key", "short"], "needs at least 16 visible characters"),
    (["--admin-key", KEY + " x"], "needs at least 16 visible characters"),
    (["--admin-key", KEY, "--admin-key-file", "f"], "are both given"),
    (["--admin-listen", ":0"], "needs admin.key"),
    (["--admin-name", "\u202e"], "is not a name"),
])
def test_bad_options_are_named(options, why):
    done = subprocess.run([PARLEYD, *options], capture_output=True, text=True,
                          timeout=DEADLINE, env=ENVIRONMENT)
    assert done.returncode == 64 and why in done.stderr


def test_the_api_may_have_addresses_of_its_own(start, tmp_path):
    path = str(tmp_path / "admin")
    server = start(*OPTIONS, "--admin-listen", f"unix:{path}")
    assert server.wait_for_line(r"listening on unix:(\S+)")[1] == path
    inside, outside = Backend(path), Backend(server.address)
    assert inside.get("/v1/info").status == 200
    assert outside.get("/v1/info").status == 404
    with Chat(server.address) as a:
        a.ask_ok("join", room="r", create=True)
        assert inside.publish("r", "hi").status == 201
        assert a.next()["message"] == "hi"
    inside.close()
    outside.close()


# --- publishing ---------------------------------------------------------------


def test_a_message_reaches_members_and_history(backend, join):
    a = join()
    room = a.ask_ok("create", name="one")["room"]
    done = backend.publish(room, {"a": [1, None]})
    assert done.status == 201
    assert done.body == {"room": room, "seq": 1, "at": done["at"],
                         "epoch": done["epoch"], "recipients": 1}
    sent = a.next()
    assert (sent["member"], sent["member_id"]) == ("server", "server")
    assert (sent["message"], sent["at"]) == ({"a": [1, None]}, done["at"])
    assert a.ask("history", room=room)["messages"][0]["message"] == {"a": [1, None]}
    # It is in no list.
    assert a.ask("list", room=room)["members"] == [a.name]
    assert a.ask("join", room=room)["count"] == 1


def test_a_message_may_have_a_user_as_author(backend, join):
    a = join()
    room = a.ask_ok("create", name="as")["room"]
    backend.publish(room, 1, **{"as": {"id": "u42", "name": "Ada"}})
    backend.publish(room, 2, **{"as": {"id": "u42"}})
    sent = [a.next() for _ in range(2)]
    assert [(each["member"], each["member_id"]) for each in sent] == [
        ("Ada", "u42"), ("u42", "u42")]


def test_a_retry_is_stored_once(backend):
    first = backend.publish("retries", "x", create=True, key="k1")
    again = backend.publish("retries", "x", key="k1")
    assert (first.status, again.status) == (201, 200)
    assert again.body == {"room": "retries", "seq": first["seq"], "at": first["at"],
                          "epoch": first["epoch"], "duplicate": True}
    header = backend.post("/v1/rooms/retries/messages", {"message": "x"},
                          Idempotency_Key="k1")
    assert (header.status, header["duplicate"]) == (200, True)


@pytest.mark.parametrize("body, status, field", [
    (b"", 400, None),
    (b"{", 400, None),
    (b"[1]", 400, None),
    (b'{"message":1,"message":2}', 400, None),
    (b'{"message":"\xff"}', 400, None),
    (b"[" * 100000, 400, None),
    ({}, 422, "message"),
    ({"message": ""}, 422, "message"),
    ({"message": 1, "key": "x" * 65}, 422, "key"),
    ({"message": 1, "as": {"id": "no blank"}}, 422, "as.id"),
    ({"message": 1, "as": {"name": "\u202e"}}, 422, "as.name"),
    ({"message": "x" * 70000}, 413, None),
])
def test_a_bad_message_is_named(backend, body, status, field):
    backend.ask("PUT", "/v1/rooms/bad")
    refused = backend.post("/v1/rooms/bad/messages", body)
    assert refused.status == status
    assert refused.body.get("field") == field


def test_a_body_that_is_too_large_is_refused(parleyd):
    with Connection(parleyd.address) as connection:
        connection.send(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: "
                        b"Bearer " + KEY.encode() +
                        b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        try:
            for _ in range(40):
                connection.send(piece)
        except OSError:
            pass
        try:
            assert connection.read_response().status == 413
        except Gone:
            pass  # a reset overtook the answer


def test_a_room_that_does_not_exist(backend):
    refused = backend.post("/v1/rooms/nowhere/messages", {"message": 1})
    assert (refused.status, refused["error"]) == (404, "room_not_found")
    made = backend.publish("nowhere", 1, create=True)
    assert (made.status, made["seq"]) == (201, 1)
    assert backend.get("/v1/rooms/nowhere")["persistent"] is True
    bad = backend.post("/v1/rooms/no%20blank/messages", {"message": 1, "create": True})
    assert (bad.status, bad["field"]) == (422, "room")


def test_a_batch_has_a_result_for_each(backend):
    done = backend.post("/v1/messages", {"messages": [
        {"room": "batch", "message": 1, "create": True},
        {"room": "batch-2", "message": 1},
        {"room": "batch", "message": 2, "key": "k"},
        {"room": "batch"},
        {"room": "batch", "message": 2, "key": "k"},
    ]})
    assert done.status == 200
    assert [each["status"] for each in done["results"]] == [201, 404, 201, 422, 200]
    assert [each.get("seq") for each in done["results"]] == [1, None, 2, None, 2]
    assert done["results"][3]["field"] == "message"


def test_a_broadcast_reaches_the_lobby(backend, join):
    a, b = join(), join()
    a.pending(), b.pending()
    assert backend.post("/v1/broadcast", {"message": "hi"})["recipients"] >= 2
    for each in a, b:
        assert each.expect("broadcast")["member"] == "server"


# --- rooms and members --------------------------------------------------------


def test_rooms_are_made_listed_and_read(backend):
    made = backend.ask("PUT", "/v1/rooms/kitchen", {"name": "Kitchen"})
    assert made.status == 201
    assert made.body == {"room": "kitchen", "name": "Kitchen", "members": 0,
                         "persistent": True, "created": made["created"],
                         "active": made["active"], "seq": 0, "epoch": made["epoch"]}
    again = backend.ask("PUT", "/v1/rooms/kitchen", {"name": "Other"})
    assert (again.status, again.body) == (200, made.body)
    assert backend.get("/v1/rooms/kitchen").body == made.body
    exists = backend.post("/v1/rooms", {"room": "kitchen"})
    assert (exists.status, exists["error"]) == (409, "room_exists")
    unnamed = backend.post("/v1/rooms", {"name": "Chosen"})
    assert unnamed.status == 201 and len(unnamed["room"]) == 8
    listed, after = [], ""
    while True:
        page = backend.get(f"/v1/rooms?limit=1&after={after}")
        listed += [each["room"] for each in page["rooms"]]
        after = listed[-1]
        if not page["more"]:
            break
    assert listed == sorted(listed)
    assert {"kitchen", unnamed["room"]} <= set(listed)


def test_members_are_listed_and_disconnected(backend, join):
    a, b = join(), join()
    room = a.ask_ok("create", name="members")["room"]
    b.ask_ok("join", room=room)
    listed = backend.get(f"/v1/rooms/{room}/members")["members"]
    assert [each["member_id"] for each in listed] == sorted([a.id, b.id])
    everyone = [each["member_id"] for each in backend.get("/v1/members")["members"]]
    assert {a.id, b.id} <= set(everyone) and everyone == sorted(everyone)
    assert backend.get(f"/v1/rooms/{room}/members?limit=1")["more"] is True
    assert backend.ask("DELETE", f"/v1/members/{b.id}").status == 204
    b.expect_bye(4003)
    eventually(lambda: len(
        backend.get(f"/v1/rooms/{room}/members")["members"]) == 1)
    gone = backend.ask("DELETE", f"/v1/members/{b.id}")
    assert (gone.status, gone["error"]) == (404, "member_not_found")


def test_members_are_moderated(backend, join):
    a, b = join(), join()
    room = a.ask_ok("create", name="moderated")["room"]
    b.ask_ok("join", room=room)
    target = f"/v1/rooms/{room}"
    done = backend.post(f"{target}/kick", {"member": b.id, "reason": "spam"})
    assert (done.status, done.raw) == (204, b"")
    kicked = b.expect("kick", room=room)
    assert (kicked["member_id"], kicked["by"], kicked["reason"]) == (
        b.id, "server", "spam")
    b.ask_ok("join", room=room)
    assert backend.post(f"{target}/ban", {"member": b.id}).status == 204
    b.expect("role", room=room)
    assert b.refusal("join", room=room)["code"] == "forbidden"
    assert backend.post(f"{target}/unban", {"member": b.id}).status == 204
    b.ask_ok("join", room=room)
    assert backend.post(f"{target}/mute", {"member": b.id}).status == 204
    assert b.refusal("broadcast", room=room, message="x")["code"] == "forbidden"
    assert backend.post(f"{target}/unmute", {"member": b.id}).status == 204
    b.pending()
    b.post(room, "y")
    unknown = backend.post(f"{target}/kick", {"member": "unknown"})
    assert (unknown.status, unknown["error"]) == (404, "member_not_found")
    assert backend.post(f"{target}/kick", {}).status == 422
    assert backend.post("/v1/rooms/no-room/kick", {"member": b.id}).status == 404


def test_members_are_invited_and_get_roles(backend, join):
    a = join()
    assert backend.ask("PUT", "/v1/rooms/by-invitation", {"private": True}).status == 201
    assert a.refusal("join", room="by-invitation")["code"] == "room_not_found"
    assert backend.post("/v1/rooms/by-invitation/invite", {"member": a.id}).status == 204
    a.expect("invite", room="by-invitation")
    a.ask_ok("join", room="by-invitation")
    target = "/v1/rooms/by-invitation/role"
    assert backend.post(target, {"member": a.id, "role": "moderator"}).status == 204
    assert a.expect("role", room="by-invitation")["role"] == "moderator"
    for body, field in (({"member": a.id}, "role"), ({"role": "owner"}, "member"),
                        ({"member": a.id, "role": "king"}, "role")):
        refused = backend.post(target, body)
        assert (refused.status, refused["field"]) == (422, field)
    assert backend.ask("DELETE", "/v1/rooms/by-invitation").status == 204


def test_a_room_is_changed(backend, join):
    a = join()
    made = backend.ask("PUT", "/v1/rooms/changing", {
        "topic": "first", "slow_ms": 5, "moderated": True})
    assert made.status == 201
    assert (made["topic"], made["slow_ms"], made["moderated"]) == ("first", 5, True)
    assert "private" not in made.body
    assert a.ask_ok("join", room="changing")["topic"] == "first"
    done = backend.ask("PATCH", "/v1/rooms/changing", {"topic": "second", "slow_ms": 0})
    assert (done.status, done["topic"]) == (200, "second")
    assert "slow_ms" not in done.body
    a.expect("topic", room="changing", topic="second", by="server")
    a.expect("slow", room="changing")
    assert "topic" not in backend.ask("PATCH", "/v1/rooms/changing", {"topic": ""}).body
    assert backend.ask("PATCH", "/v1/rooms/changing", {}).status == 200
    refused = backend.ask("PATCH", "/v1/rooms/changing", {"topic": "two\nlines"})
    assert (refused.status, refused["field"]) == (422, "topic")
    assert backend.ask("PATCH", "/v1/rooms/no-room", {"topic": "x"}).status == 404
    assert backend.ask("DELETE", "/v1/rooms/changing").status == 204


def test_a_message_is_redacted(backend, join):
    a = join()
    room = a.ask_ok("create", name="redacted")["room"]
    a.post(room, "secret")
    assert backend.ask("DELETE", f"/v1/rooms/{room}/messages/1").status == 204
    assert a.expect("redact", room=room, seq=1)["by"] == "server"
    page = backend.get(f"/v1/rooms/{room}/messages")
    assert page["messages"][0]["redacted"] and "message" not in page["messages"][0]
    refused = backend.ask("DELETE", f"/v1/rooms/{room}/messages/2")
    assert (refused.status, refused["error"]) == (404, "message_not_found")
    refused = backend.ask("DELETE", f"/v1/rooms/{room}/messages/one")
    assert (refused.status, refused["field"]) == (422, "seq")


def test_one_connection_is_closed(start, tmp_path):
    accounts = Accounts(tmp_path / "key")
    server = start(*OPTIONS, *accounts.options)
    backend = Backend(server.address)
    with accounts.connect(server, "ann") as first, \
            accounts.connect(server, "ann", kind=Further) as second:
        target = f"/v1/members/{first.id}/connections"
        listed = backend.get(target)["connections"]
        assert [each["dialect"] for each in listed] == ["command", "command"]
        numbers = [each["connection"] for each in listed]
        newest = max(numbers)
        assert backend.ask("DELETE", f"/v1/connections/{newest}").status == 204
        second.expect_bye(4003)
        first.ask_ok("ping")
        eventually(lambda: [each["connection"] for each in backend.get(
            target)["connections"]] == [min(numbers)])
        # Not a WebSocket any more; not the backend's own connection.
        for number in newest, newest + 1, 999999:
            refused = backend.ask("DELETE", f"/v1/connections/{number}")
            assert (refused.status, refused["error"]) == (404, "member_not_found")
        refused = backend.ask("DELETE", "/v1/connections/x")
        assert (refused.status, refused["field"]) == (422, "connection")
    assert backend.get("/v1/members/unknown/connections").status == 404
    backend.close()


def test_a_room_is_deleted(backend, join, stream):
    a = join()
    room = a.ask_ok("create", name="doomed", persistent=True)["room"]
    reader = stream(room)
    assert backend.ask("DELETE", f"/v1/rooms/{room}").status == 204
    assert a.expect("deleted", room=room)["by"] == "server"
    assert reader.event() == ("end", {"room": room, "reason": "room_not_found"})
    assert backend.ask("DELETE", f"/v1/rooms/{room}").status == 404
    assert backend.get(f"/v1/rooms/{room}").status == 404


def test_private_rooms_are_for_backends_and_their_members(parleyd, backend, join):
    a = join()
    room = a.ask_ok("create", name="secret", private=True)["room"]
    a.post(room, "x")
    target = f"/v1/rooms/{room}/messages"
    assert backend.get(target)["messages"][0]["message"] == "x"
    page = Backend(parleyd.address, None)
    assert page.get(target).status == 404
    page.close()
    made = f"/v1/rooms/{backend.post('/v1/rooms', {'name': 'of the server'})['room']}"
    assert backend.get(made).status == 200


def test_info_describes_the_server(backend):
    info = backend.get("/v1/info")
    assert info["server"].startswith("parley/") and info["durability"] == "none"
    assert 0 <= info["uptime_ms"] < 600000


# --- reading ------------------------------------------------------------------


def test_history_comes_in_pages(backend):
    for n in range(5):
        backend.publish("pages", n, create=True)
    page = backend.get("/v1/rooms/pages/messages?limit=2")
    assert [each["message"] for each in page["messages"]] == [3, 4]
    assert page["more"] is True
    page = backend.get("/v1/rooms/pages/messages?before=4&limit=9")
    assert [each["seq"] for each in page["messages"]] == [1, 2, 3]
    page = backend.get("/v1/rooms/pages/messages?after=3")
    assert [each["seq"] for each in page["messages"]] == [4, 5]


def test_a_reader_waits_for_a_message(parleyd, backend):
    first = backend.publish("wait", 1, create=True)
    reader = Backend(parleyd.address)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(reader.get(
        f"/v1/rooms/wait/messages?after=1&epoch={first['epoch']}&wait=20s")))
    waiting.start()
    backend.publish("wait", 2)
    waiting.join(DEADLINE)
    assert [each["message"] for each in answers[0]["messages"]] == [2]
    begun = time.monotonic()
    assert reader.get("/v1/rooms/wait/messages?after=2&wait=1")["messages"] == []
    assert 0.9 < time.monotonic() - begun < DEADLINE
    # The numbers of another epoch are not those of this one.
    page = reader.get("/v1/rooms/wait/messages?after=2&epoch=other&wait=20")
    assert [each["seq"] for each in page["messages"]] == [1, 2]
    reader.close()


def test_a_stream_sends_new_messages(backend, stream, join):
    backend.publish("stream", "before", create=True)
    reader = stream("stream")
    assert reader.status == 200
    assert reader.response.headers["Content-Type"] == "text/event-stream"
    assert reader.response.headers["X-Accel-Buffering"] == "no"
    backend.publish("stream", "a\nb")
    a = join()
    a.ask_ok("join", room="stream")
    a.post("stream", {"deep": ["\r\n"]})
    got = [reader.message() for _ in range(2)]
    assert [each["message"] for each in got] == ["a\nb", {"deep": ["\r\n"]}]
    assert got[1]["member_id"] == a.id
    assert a.ask("list", room="stream")["members"] == [a.name]
    back = stream("stream", last=reader.last.rpartition(":")[0] + ":1")
    assert [back.message()["seq"] for _ in range(2)] == [2, 3]
    back = stream("stream", query="?last_event_id=" + reader.last)
    backend.publish("stream", "new")
    assert back.message()["message"] == "new"


def test_a_stream_sends_changes_and_presence(backend, join, stream):
    a = join()
    room = a.ask_ok("create", name="lively")["room"]
    a.post(room, "first")
    plain, full = stream(room), stream(room, query="?events=message,change,presence")
    only = stream(room, query="?events=presence")
    b = join(target="/ws?name=bob")
    b.ask_ok("join", room=room)
    a.ask_ok("edit", room=room, seq=1, message="first, edited")
    b.ask_ok("react", room=room, seq=1, reaction="+1")
    b.post(room, "second")
    a.ask_ok("redact", room=room, seq=2, reason="spam")
    b.ask_ok("leave", room=room)
    member = {"member": b.name, "member_id": b.id}
    expected = [
        ("joined", {"room": room, **member}),
        ("edited", {"seq": 1, "message": "first, edited", "member_id": a.id}),
        ("reacted", {"seq": 1, "reaction": "+1", "count": 1, **member}),
        ("message", {"seq": 2, "message": "second", **member}),
        ("redacted", {"seq": 2, "reason": "spam", "member_id": a.id}),
        ("left", {"room": room, **member}),
    ]
    for reader, kinds in ((full, {kind for kind, _ in expected}),
                          (plain, {"edited", "reacted", "message", "redacted"}),
                          (only, {"joined", "left"})):
        for kind, fields in expected:
            if kind in kinds:
                got, data = reader.event()
                assert (got, {name: data[name] for name in fields}) == (kind, fields)
    refused = backend.get(f"/v1/rooms/{room}/events?events=message,everything")
    assert (refused.status, refused["field"]) == (422, "events")


def poll(backend, room, **query):
    answer = backend.get(f"/v1/rooms/{room}/events?{urllib.parse.urlencode(query)}")
    assert answer.status == 200, answer
    return answer["events"], answer["last_event_id"]


def test_polls_return_the_events_of_a_stream(backend, join, stream):
    """All events between two polls come with the next one, in order."""
    a = join()
    room = a.ask_ok("create", name="polled")["room"]
    everything = {"events": "message,change,presence"}
    reader = stream(room, query=f"?events={everything['events']}")
    events, last = poll(backend, room, wait=0, **everything)
    assert events == []
    b = join(target="/ws?name=bert")
    b.ask_ok("join", room=room)
    a.post(room, "first")
    events, last = poll(backend, room, wait=20, last_event_id=last, **everything)
    a.ask_ok("edit", room=room, seq=1, message="first, edited")
    b.ask_ok("react", room=room, seq=1, reaction="+1")
    b.ask_ok("leave", room=room)
    a.ask_ok("redact", room=room, seq=1)
    while len(events) < 6:
        more, last = poll(backend, room, wait=20, last_event_id=last, **everything)
        events += more
    assert [each["event"] for each in events] == [
        "joined", "message", "edited", "reacted", "left", "redacted"]
    assert [(each.pop("event"), each) for each in events] == [
        reader.event() for _ in events]


def test_a_poll_waits_for_an_event(parleyd, backend, join):
    a = join()
    room = a.ask_ok("create", name="awaited")["room"]
    a.post(room, "before")
    reader = Backend(parleyd.address)
    _, last = poll(reader, room, wait=0)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(
        poll(reader, room, wait="20s", last_event_id=last)))
    waiting.start()
    a.ask_ok("redact", room=room, seq=1)
    waiting.join(DEADLINE)
    assert [(each["event"], each["seq"]) for each in answers[0][0]] == [("redacted", 1)]
    reader.close()
    # A late one has the changes of messages, like a stream.
    events, _ = poll(backend, room, wait=20, last_event_id=last.rsplit(":", 2)[0] + ":7:7")
    assert [each["event"] for each in events] == ["changed"]


def test_a_stream_that_goes_on_has_what_became_of_messages(join, stream):
    a = join()
    room = a.ask_ok("create", name="resumed")["room"]
    reader = stream(room)
    for text in "one", "two", "three":
        a.post(room, text)
        reader.message()
    reader.close()
    a.ask_ok("edit", room=room, seq=1, message="one, edited")
    a.ask_ok("redact", room=room, seq=3)
    a.post(room, "four")
    again = stream(room, last=reader.last)
    for seq, fields in (1, {"message": "one, edited"}), (3, {"redacted": True}):
        kind, data = again.event()
        assert (kind, data["seq"]) == ("changed", seq)
        assert {name: data[name] for name in fields} == fields
    assert again.message()["message"] == "four"
    # A new stream gets no earlier changes, and one without changes none at all.
    fresh, deaf = stream(room), stream(room, last=reader.last, query="?events=message")
    assert deaf.message()["message"] == "four"
    a.post(room, "five")
    for each in again, fresh, deaf:
        assert each.message()["message"] == "five"


def test_a_stream_that_is_far_behind_has_a_gap(join, stream):
    """More than is kept happens at once, perhaps in one turn of the loop."""
    a = join()
    room = a.ask_ok("create", name="busy")["room"]
    a.post(room, "x")
    reader = stream(room)
    text = "x" * 60_000
    for n in range(3):
        a.send_command("edit", room=room, seq=1, message=f"{n}{text}")
    a.ask_ok("ping")
    kind, data = reader.event()
    while data.get("message") != "2" + text:
        assert kind in ("edited", "gap")
        kind, data = reader.event()
    assert kind == "edited"
    a.post(room, "after")
    assert reader.message()["message"] == "after"


def test_a_stream_of_another_epoch_begins_anew(backend, stream):
    backend.publish("epochs", 1, create=True)
    reader = stream("epochs", last="0123456789abcdef:7")
    kind, data = reader.event()
    assert (kind, data["epoch_changed"]) == ("gap", True)
    assert reader.message()["seq"] == 1


def test_a_gap_is_reported(start):
    server = start(*OPTIONS, "--history-messages", "3")
    backend = Backend(server.address)
    for n in range(10):
        epoch = backend.publish("gap", n, create=True)["epoch"]
    reader = Stream(server.address, "gap", last=f"{epoch}:2")
    assert reader.event() == (
        "gap", {"room": "gap", "epoch": epoch, "missing": [3, 7]})
    assert [reader.message()["seq"] for _ in range(3)] == [8, 9, 10]
    reader.close()
    backend.close()


def test_a_stream_ends_with_its_room(backend, stream, join):
    a = join()
    room = a.ask_ok("create", name="brief")["room"]
    reader = stream(room)
    a.ask_ok("leave", room=room)
    assert reader.event() == ("end", {"room": room, "reason": "room_not_found"})
    assert reader.event() is None
    assert stream(room).status == 404


def test_streams_end_when_the_server_goes_down(start):
    server = start(*OPTIONS)
    backend = Backend(server.address)
    backend.publish("r", 1, create=True)
    reader = Stream(server.address, "r")
    server.signal()
    assert reader.event() is None
    server.assert_clean(server.wait())


@pytest.mark.parametrize("target", [
    "/v1/rooms/x/messages?after=-1", "/v1/rooms/x/messages?limit=1001",
    "/v1/rooms/x/messages?after=1&wait=61", "/v1/rooms/x/messages?after=%00",
    "/v1/rooms/x/events?last_event_id=%ff:1", "/v1/rooms/x/events?last_event_id=:",
    "/v1/rooms/%ff", "/v1/rooms/%00/members", "/v1/rooms?limit=1e3",
    "/v1/members?after=" + "x" * 3000,
])
def test_bad_parameters_are_named(backend, target):
    refused = backend.get(target)
    assert refused.status == 422 and refused["field"]


# --- users --------------------------------------------------------------------


def test_users_read_what_a_websocket_could(start, tmp_path):
    key = tmp_path / "secret"
    key.write_text(SECRET)
    server = start(*OPTIONS, "--auth-kind", "jwt", "--auth-key", str(key))
    backend = Backend(server.address)
    backend.publish("r", "hi", create=True)
    target = "/v1/rooms/r/messages"
    user = Backend(server.address, make_token())
    assert [each["message"] for each in user.get(target)["messages"]] == ["hi"]
    assert user.post(target, {"message": 1}).status == 403
    assert user.get("/v1/members").status == 403
    user.key = make_token(parley={"can": ["post"]})
    assert user.get(target).status == 403
    user.key = make_token(parley={"can": ["read"], "rooms": ["other"]})
    assert user.get(target).status == 403
    user.key = make_token(parley={"can": ["admin"]})
    assert user.post(target, {"message": "by an admin"}).status == 201
    # An administrator of some rooms is none of the server.
    user.key = make_token(parley={"can": ["admin"], "rooms": ["other"]})
    refused = user.post(target, {"message": "by an admin of others"})
    assert (refused.status, refused.body["error"]) == (403, "forbidden")
    refused = user.get(target)
    assert (refused.status, refused.body["error"]) == (403, "forbidden")
    user.key = "nonsense"
    assert user.get(target).status == 401
    assert user.get("/v1/members").status == 401
    user.key = None
    assert user.get(target).status == 401
    assert user.get(f"{target}?token={make_token()}").status == 200
    assert Stream(server.address, "r", key=None).status == 401
    reader = Stream(server.address, "r", key=make_token())
    backend.publish("r", "more")
    assert reader.message()["message"] == "more"
    for each in reader, user, backend:
        each.close()


def test_pages_of_other_sites_are_refused(parleyd, backend):
    backend.publish("origins", 1, create=True)
    host = "%s:%d" % parleyd.address[:2]
    page = Backend(parleyd.address, None)
    target = "/v1/rooms/origins/messages"
    assert page.get(target, Origin="https://evil.example").status == 403
    own = page.get(target, Origin=f"http://{host}")
    assert own.status == 200
    assert own.headers["Access-Control-Allow-Origin"] == f"http://{host}"
    page.close()


def test_a_stream_ends_with_its_token(start, tmp_path):
    key = tmp_path / "secret"
    key.write_text(SECRET)
    server = start(*OPTIONS, "--auth-kind", "jwt", "--auth-key", str(key),
                   "--auth-leeway", "0")
    backend = Backend(server.address)
    backend.publish("r", 1, create=True)
    token = make_token(exp=int(time.time()) + 5)
    reader = Stream(server.address, "r", key=token)
    kind, data = reader.event()
    assert (kind, data["reason"]) == ("end", "token_expired")
    reader.close()
    backend.close()


# --- durability ---------------------------------------------------------------


def test_what_was_acknowledged_survives_a_kill(start, tmp_path):
    options = (*OPTIONS, "--store-kind", "file", "--store-dir", str(tmp_path / "s"),
               "--history-messages", "0")
    server = start(*options)
    backend = Backend(server.address)
    acked = [backend.publish("r", 0, create=True, key="k0")]
    with pytest.raises((OSError, HTTPException)):
        threading.Timer(0.5, server.kill).start()
        while True:
            acked.append(backend.publish("r", len(acked), create=True, key=f"k{len(acked)}"))
    server.process.wait()
    backend.close()
    server.stop = lambda: None
    server = start(*options)
    backend = Backend(server.address)
    kept = []
    while True:
        page = backend.get(f"/v1/rooms/r/messages?after={len(kept)}&limit=1000")
        kept += [each["message"] for each in page["messages"]]
        if not page["more"]:
            break
    assert kept[:len(acked)] == list(range(len(acked)))
    again = backend.publish("r", len(acked) - 1, key=f"k{len(acked) - 1}")
    assert again["duplicate"] and again["seq"] == acked[-1]["seq"]
    backend.close()


def test_a_stream_loses_nothing_by_a_kill(start, tmp_path):
    options = (*OPTIONS, "--store-kind", "file", "--store-dir", str(tmp_path / "s"))
    server = start(*options)
    backend = Backend(server.address)
    backend.publish("r", 0, create=True)
    reader = Stream(server.address, "r")
    for n in range(1, 20):
        backend.publish("r", n)
    got = [reader.message()["message"] for _ in range(10)]
    last = reader.last
    server.kill()
    server.stop = lambda: None
    reader.close()
    backend.close()
    server = start(*options)
    backend = Backend(server.address)
    backend.publish("r", 20)
    reader = Stream(server.address, "r", last=last)
    while got[-1] != 20:
        got.append(reader.message()["message"])
    assert got == list(range(1, 21))
    reader.close()
    backend.close()


def test_no_answer_comes_before_the_disk(start, tmp_path):
    """If the store cannot write, the answer is an error with retry_after."""
    options = (*OPTIONS, "--store-kind", "file", "--store-dir", str(tmp_path / "s"),
               "--store-min-free", "1000GiB")
    server = start(*options)
    backend = Backend(server.address)
    refused = backend.ask("PUT", "/v1/rooms/r")
    assert refused.status == 503 and refused.headers["Retry-After"]
    assert refused["error"] in ("unavailable", "store_failed")
    backend.close()


# --- slow readers -------------------------------------------------------------


def test_slow_streams_take_no_memory(start):
    server = start(*OPTIONS, "--history-bytes", "64MiB", "--history-total-bytes", "128MiB",
                   "--history-messages", "0")
    backend = Backend(server.address)
    backend.publish("r", 0, create=True)
    slow = [Stream(server.address, "r") for _ in range(50)]
    text = "x" * 60000
    backend.publish("r", text)
    before = server.memory()
    count = 300
    for _ in range(count):
        backend.publish("r", text)
    # The history itself, and not 50 times that.
    assert server.memory() - before < 3 * count * len(text)
    for each in slow[:5]:
        assert [each.message()["seq"] for _ in range(count + 1)] == list(
            range(2, count + 3))
    for each in slow:
        each.close()
    backend.close()


# --- parleyd ctl --------------------------------------------------------------


def ctl_url(server):
    address = server.address
    return f"unix:{address}" if isinstance(address, str) else "http://%s:%d" % address[:2]


def ctl(server, *arguments, key=KEY, **environment):
    return subprocess.run(
        [PARLEYD, "ctl", "--url", ctl_url(server), *(("--key", key) if key else ()), *arguments],
        capture_output=True, text=True, timeout=DEADLINE,
        env={**ENVIRONMENT, **environment})


def test_ctl_asks_a_server(parleyd, join):
    assert json.loads(ctl(parleyd, "info").stdout)["server"].startswith("parley/")
    made = ctl(parleyd, "create", "by-ctl")
    assert made.returncode == 0 and json.loads(made.stdout)["room"] == "by-ctl"
    a = join()
    a.ask_ok("join", room="by-ctl")
    done = ctl(parleyd, "publish", "by-ctl", 'say "hi"\n')
    assert json.loads(done.stdout)["seq"] == 1
    assert a.next()["message"] == 'say "hi"\n'
    page = json.loads(ctl(parleyd, "history", "by-ctl").stdout)
    assert page["messages"][0]["seq"] == 1
    assert json.loads(ctl(parleyd, "history", "by-ctl", "1").stdout)["messages"] == []
    assert "by-ctl" in ctl(parleyd, "rooms").stdout
    assert json.loads(ctl(parleyd, "room", "by-ctl").stdout)["members"] == 1
    assert a.id in ctl(parleyd, "members", "by-ctl").stdout
    assert a.id in ctl(parleyd, "members").stdout
    assert ctl(parleyd, "disconnect", a.id).returncode == 0
    a.expect_bye(4003)


def test_ctl_moderates(parleyd, join):
    a = join()
    room = a.ask_ok("create", name="ctl")["room"]
    a.post(room, "text")
    b = join()
    for command, *arguments in (
            ("invite", room, b.id), ("topic", room, "by ctl"),
            ("role", room, b.id, "voice"), ("slow", room, "1500"), ("mute", room, b.id),
            ("unmute", room, b.id), ("redact", room, "1")):
        done = ctl(parleyd, command, *arguments)
        assert done.returncode == 0, done.stderr
    for wrong in "x", "1s", "-1", "":
        done = ctl(parleyd, "slow", room, wrong)
        assert done.returncode == 1 and "slow_ms" in done.stderr
    shown = json.loads(ctl(parleyd, "room", room).stdout)
    assert (shown["topic"], shown["slow_ms"]) == ("by ctl", 1500)
    b.expect("invite", room=room)
    listed = json.loads(ctl(parleyd, "connections", b.id).stdout)["connections"]
    assert ctl(parleyd, "close", str(listed[0]["connection"])).returncode == 0
    b.expect_bye(4003)


def test_ctl_shows_events_and_reaches_the_lobby(parleyd, join):
    a = join()
    assert ctl(parleyd, "broadcast", "to all").returncode == 0
    assert a.next()["message"] == "to all"
    assert ctl(parleyd, "create", "seen").returncode == 0
    with subprocess.Popen(
            [PARLEYD, "ctl", "--url", ctl_url(parleyd), "--key", KEY, "events", "seen"],
            stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as shown:
        try:
            assert shown.stdout.readline() == "retry: 2000\n"
            assert ctl(parleyd, "publish", "seen", "live").returncode == 0
            while not (line := shown.stdout.readline()).startswith("data:"):
                assert line
            assert json.loads(line[5:])["message"] == "live"
        finally:
            shown.kill()


def test_ctl_asks_over_tls(start, tmp_path):
    certificate, key = make_certificate(tmp_path, "localhost", "DNS:localhost")
    server = start(*OPTIONS, "--tls-certificate", str(certificate),
                   "--tls-key", str(key), listen=["127.0.0.1:0,tls"])
    port = server.address[1]

    def ask(host, *options):
        return subprocess.run(
            [PARLEYD, "ctl", "--url", f"https://{host}:{port}", "--key", KEY,
             *options, "info"], capture_output=True, text=True, timeout=DEADLINE,
            env=ENVIRONMENT)

    done = ask("localhost", "--ca", str(certificate))
    assert json.loads(done.stdout)["server"].startswith("parley/")
    for refused, why in (
            (ask("localhost"), "self-signed certificate"),
            (ask("127.0.0.1", "--ca", str(certificate)), "IP address mismatch"),
            (ask("localhost", "--ca", "/nowhere"), "No such file or directory")):
        assert refused.returncode == 69 and f"TLS: {why}" in refused.stderr, refused


def test_ctl_reports_errors(parleyd, tmp_path):
    refused = ctl(parleyd, "room", "no where")
    assert refused.returncode == 1 and "room_not_found" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert ctl(parleyd, "info", key="wrong").returncode == 1
    assert ctl(parleyd, "info", key=None).returncode == 64
    assert ctl(parleyd, "info", key=None, PARLEY_ADMIN_KEY=KEY).returncode == 0
    for arguments, why in (
            (("fly",), "no such command, see parleyd ctl --help: fly"),
            (("publish", "r"), "wrong number of arguments, see parleyd ctl --help: publish"),
            (("trace",), "trace: --room, --user or --connection is needed"),
            (("--url", "h:1", "info"), "h:1: expected http://HOST:PORT")):
        done = ctl(parleyd, *arguments)
        assert done.returncode == 64
        assert done.stderr.startswith(f"parleyd: ctl: {why}"), done.stderr
    for text, why in ((None, "No such file"), ("", "no key in the first line of")):
        path = tmp_path / "key"
        if text is not None:
            path.write_text(text)
        done = ctl(parleyd, "--key-file", str(path), "info", key=None)
        assert done.returncode == 66
        assert str(path) in done.stderr and why in done.stderr
    assert subprocess.run([PARLEYD, "ctl", "--key", KEY, "--url", "unix:/nowhere", "info"],
                          capture_output=True, env=ENVIRONMENT).returncode == 69
