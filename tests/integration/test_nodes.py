"""Nodes that are one chat, and a real Redis that fails."""

import contextlib
import json
import re
import signal

import pytest

from accounts import Further
from api import KEY, Backend, Stream
from client import TEXT, Chat, frame
from passwords import add_user, try_login
from receiver import Receiver
from redis_server import Redis
from server import AT_ONCE, PARLEYD, Server, eventually

KEPT = ("--appendonly", "yes", "--appendfsync", "always")


@pytest.fixture
def redis():
    with Redis(*KEPT) as redis:
        yield redis


@pytest.fixture
def node(redis):
    """Starts nodes of one chat; those that still run at the end are stopped and
    checked."""
    running = []

    def node(*options):
        running.append(Server(PARLEYD, *AT_ONCE, "--broker-url", redis.url, *options))
        running[-1].wait_for_line("the broker is ready")
        return running[-1]

    yield node
    for server in running:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def pair(node, leave_at_end):
    """Two members of a persistent room, on two nodes."""
    first, second = node(), node()
    alice, bob = leave_at_end(Chat(first.address)), leave_at_end(Chat(second.address))
    alice.ask_ok("create", name="tea", room="tea", persistent=True)
    eventually(lambda: bob.ask("join", room="tea")["event"] == "joined")
    alice.name_of_node, bob.name_of_node = first, second
    return alice, bob


def posted(member, text, key):
    """Posts until it is acknowledged; returns its number."""
    answers = []

    def is_acknowledged():
        answers.append(member.ask("broadcast", room="tea", message=text, key=key))
        assert answers[-1].get("code") in (None, "unavailable", "store_failed"), answers[-1]
        return answers[-1]["event"] == "ack"

    eventually(is_acknowledged)
    return answers[-1]["seq"]


def received(member, text):
    """The number of the message, when it arrives."""
    while True:
        event = member.next()
        if event["event"] == "broadcast" and event.get("message") == text:
            return event["seq"]


def goes_on(alice, bob, key):
    assert posted(alice, key, key) == received(bob, key)
    assert posted(bob, key + "-", key + "-") == received(alice, key + "-")


def test_redis_is_killed_and_comes_back(redis, pair):
    alice, bob = pair
    goes_on(alice, bob, "before")
    redis.kill()
    assert alice.ask("create", name="x", room="x")["code"] in (
        "unavailable", "store_failed")
    redis.start()
    goes_on(alice, bob, "after")
    page = alice.ask_ok("history", room="tea")["messages"]
    assert [message["seq"] for message in page] == [1, 2, 3, 4]


def test_redis_stands_still(redis, pair):
    alice, bob = pair
    redis.signal(signal.SIGSTOP)
    alice.send_command("broadcast", room="tea", message="late", key="late", ref="l")
    pair[0].name_of_node.wait_for_line("no answer")
    redis.signal(signal.SIGCONT)
    assert received(bob, "late") == posted(alice, "late", "late")
    goes_on(alice, bob, "after")


@pytest.mark.parametrize("fault", [
    ("SCRIPT", "FLUSH"), ("CLIENT", "KILL", "TYPE", "pubsub"),
    ("CLIENT", "KILL", "TYPE", "normal"), ("FLUSHALL",),
], ids=" ".join)
def test_redis_loses_something(redis, pair, fault):
    alice, bob = pair
    old = 30  # more than the places that a node remembers
    for number in range(old):
        posted(alice, f"old {number}", f"key {number}")
    goes_on(alice, bob, "before")
    redis.ask(*fault)
    goes_on(alice, bob, "after")
    for member in pair:
        page = member.ask_ok("history", room="tea", limit=50)["messages"]
        assert [message["seq"] for message in page] == list(range(1, old + 5))


def script_calls(redis):
    """How many scripts Redis has run."""
    return int(re.search(r"cmdstat_evalsha:calls=(\d+)",
                         redis.ask("INFO", "commandstats"))[1])


def test_what_is_posted_at_once_is_one_call(redis, pair):
    alice, bob = pair
    goes_on(alice, bob, "before")
    before = script_calls(redis)
    count = 200
    alice.send(b"".join(
        frame(TEXT, json.dumps({"command": "broadcast", "room": "tea",
                                "message": f"m{number}"}).encode())
        for number in range(count)))
    received(bob, f"m{count - 1}")
    calls = script_calls(redis) - before
    # A call that is under way, and one with what was read meanwhile; and the
    # leases of the nodes.
    assert calls < count / 10, calls


def test_one_node_sends_the_events_of_all(node, leave_at_end):
    """In order, to the receiver of hooks; another node goes on if the sender is
    killed."""
    receiver = Receiver()
    first, second = node(*receiver.options()), node(*receiver.options())
    first.wait_for_line("events are sent by node")
    alice, bob = leave_at_end(Chat(first.address)), leave_at_end(Chat(second.address))
    alice.ask_ok("create", name="tea", room="tea", persistent=True)
    eventually(lambda: bob.ask("join", room="tea")["event"] == "joined")
    for number in range(10):
        goes_on(alice, bob, f"key {number}")

    def numbers():
        return [event["seq"] for event in receiver.events("message")]

    eventually(lambda: len(numbers()) >= 20)
    assert numbers() == list(range(1, 21))
    ids = [event["number"] for event in receiver.events()]
    assert ids == sorted(set(ids))
    joined = {event["member_id"]: event["generation"]
              for event in receiver.events("joined")}
    # The receiver fails for a while; then the node that sends is killed.
    receiver.answer = lambda asked: (500, b"", {})
    goes_on(alice, bob, "late")
    first.kill()
    receiver.answer = lambda asked: (204, b"", {})
    assert posted(bob, "alone", "alone") == 23
    eventually(lambda: 23 in numbers() and receiver.events("left"))
    firsts = list(dict.fromkeys(numbers()))
    assert firsts == list(range(1, 24))
    ids = [event["number"] for event in receiver.events()]
    assert ids == sorted(set(ids))
    left = receiver.events("left")[0]
    assert left["member_id"] == alice.id and left["generation"] == joined[alice.id]
    assert receiver.unsigned == 0 and receiver.most_at_once <= 1
    receiver.stop()


def test_nodes_know_each_other(node):
    admin = ("--admin-key", KEY, "--broker-node-url")
    first = node(*admin, "https://one.example", "--broker-node", "one")
    second = node(*admin, "https://two.example", "--broker-node", "two")
    with Chat(second.address):
        backend = Backend(first.address)

        def known():
            return {each["url"]: each for each in backend.get("/v1/nodes")["nodes"]}

        eventually(lambda: known().get("https://two.example", {}).get("connections"))
        one, two = known()["https://one.example"], known()["https://two.example"]
        assert one["self"] and one["alive"] and not two["self"] and two["alive"]
        assert one["id"].startswith("one.") and one["version"] == two["version"]
        backend.close()


def test_readers_over_http_need_no_member_on_their_node(node, leave_at_end):
    first, second = node("--admin-key", KEY), node("--admin-key", KEY)
    alice = leave_at_end(Chat(first.address))
    alice.ask_ok("create", name="tea", room="tea", persistent=True)
    posted(alice, "before", "before")
    backend = Backend(second.address)
    eventually(lambda: backend.get("/v1/rooms/tea").status == 200)
    live = Stream(second.address, "tea")
    again = Stream(second.address, "tea", query="?last_event_id=" + alice.ask_ok(
        "history", room="tea")["epoch"] + ":0")
    assert again.message()["message"] == "before"
    posted(alice, "after", "after")
    assert live.message()["message"] == again.message()["message"] == "after"
    backend.connection.request("GET", "/v1/rooms/tea/messages?after=2&wait=30s", None,
                               {"Authorization": f"Bearer {KEY}"})
    posted(alice, "third", "third")
    page = json.loads(backend.connection.getresponse().read())
    assert [message["message"] for message in page["messages"]] == ["third"]
    for reader in (live, again, backend):
        reader.close()


def test_rooms_of_other_nodes_are_counted(redis, node, leave_at_end):
    first, second = node("--admin-key", KEY), node("--admin-key", KEY)
    alice = leave_at_end(Chat(first.address))
    for room, count in ("tea", 3), ("den", 0):
        alice.ask_ok("create", name=room, room=room, persistent=True)
        for _ in range(count):
            alice.ask_ok("broadcast", room=room, message="m")
    alice.ask_ok("react", room="tea", seq=1, reaction="+")
    backend = Backend(second.address)

    def listed():
        return {room["room"]: room for room in backend.get("/v1/rooms")["rooms"]}

    eventually(lambda: len(listed()) == 2)
    rooms = listed()
    assert (rooms["tea"]["seq"], rooms["den"]["seq"]) == (3, 0)
    there = Backend(first.address)
    assert rooms == {room["room"]: room for room in there.get("/v1/rooms")["rooms"]}
    redis.kill()
    # What is not known any more is not in the list.
    eventually(lambda: "seq" not in listed()["tea"])
    backend.close(), there.close()


def test_the_connections_of_a_user_share_its_rates(node, leave_at_end, accounts):
    burst = 1000
    limits = (*accounts.options, "--limits-messages", "1/s", "--limits-messages-burst",
              str(burst), "--limits-patience", "0", "--limits-connections-per-user", "2")
    first, second = node(*limits), node(*limits)
    members = [leave_at_end(accounts.connect(first, "alice")),
               leave_at_end(accounts.connect(second, "alice", kind=Further))]
    with pytest.raises(AssertionError, match="4103.*too_many_connections"):
        accounts.connect(first, "alice", kind=Further)
    for number, member in enumerate(members):
        # It has a place behind both connections.
        member.ask_ok("create", name=f"r{number}", room=f"r{number}", persistent=True)
    # Each has half of the burst, and is not refused so often that it is closed.
    count = burst // 2 + 50
    for member in members:
        member.send(b"".join(
            frame(TEXT, json.dumps({"command": "ping", "ref": str(number)}).encode())
            for number in range(count)))
    for member in members:
        assert any(member.next()["event"] == "error" for _ in range(count))


def test_failed_log_ins_count_at_all_nodes(node, tmp_path):
    users = tmp_path / "users"
    add_user(users, "alice")
    options = ("--auth-kind", "password", "--auth-users", str(users), "--admin-key", KEY,
               "--limits-logins", "1")
    first, second = node(*options), node(*options)
    assert try_login(first.address, "alice", "wrong").status == 401
    backend, there = Backend(first.address), Backend(second.address)
    backend.post("/v1/rooms", {"room": "later", "persistent": True})
    eventually(lambda: there.get("/v1/rooms/later").status == 200)
    assert try_login(second.address, "alice").status == 429
    backend.close(), there.close()


def test_files_are_in_a_directory_of_all_nodes(redis, node, leave_at_end, tmp_path, accounts):
    where = ("--files-dir", str(tmp_path / "files"), *accounts.options)
    first, second = node(*where), node(*where)
    alice, bob = (leave_at_end(accounts.connect(server, name))
                  for server, name in ((first, "alice"), (second, "bob")))
    alice.ask_ok("create", name="tea", room="tea", persistent=True)
    eventually(lambda: bob.ask("join", room="tea")["event"] == "joined")
    uploader = Backend(second.address, accounts.token("alice"))
    file = uploader.ask("POST", "/v1/files?name=a.bin", b"some bytes").body
    reader = Backend(second.address, accounts.token("bob"))
    assert reader.get(file["url"]).status == 404
    alice.ask_ok("broadcast", room="tea", message={"file": {"id": file["id"]}})
    assert bob.expect("broadcast", room="tea")["message"]["file"]["size"] == 10
    assert reader.get(file["url"]).raw == b"some bytes"
    other = Server(PARLEYD, "--broker-url", redis.url, "--files-dir",
                   str(tmp_path / "other"), *accounts.options)
    other.wait_for_line("another directory of files")
    assert other.process.wait() == 75


def test_files_outlive_their_node(node, tmp_path, accounts):
    """A node is killed in the middle of an upload, which goes on at another."""
    where = ("--files-dir", str(tmp_path / "files"), *accounts.options)
    first, second = node(*where), node(*where)
    token = accounts.token("alice")
    here, there = Backend(first.address, token), Backend(second.address, token)
    tus = {"tus_resumable": "1.0.0"}
    whole = here.ask("POST", "/v1/files?name=a.bin", b"kept").body
    begun = here.ask("POST", "/v1/files", b"", upload_length="10", **tus)
    location = begun.headers["Location"].partition(str(first.address[1]))[2] \
        or begun.headers["Location"]
    piece = {"content_type": "application/offset+octet-stream", **tus}
    assert here.ask("PATCH", location, b"12345", upload_offset="0", **piece).status == 204
    first.kill()
    assert there.get(whole["url"]).raw == b"kept"
    at = there.ask("HEAD", location, **tus).headers["Upload-Offset"]
    assert at == "5"
    assert there.ask("PATCH", location, b"67890", upload_offset=at, **piece).status == 204
    third = Backend(node(*where).address, token)
    assert third.get(location).raw == b"1234567890"
    for backend in here, there, third:
        backend.close()


def test_nodes_without_a_directory_have_no_files(node, accounts):
    backend = Backend(node(*accounts.options).address, accounts.token("alice"))
    refused = backend.ask("POST", "/v1/files?name=a.bin", b"some bytes")
    assert (refused.status, refused.raw) == (404, b"There are no files here\n")
    backend.close()


def test_the_members_of_a_killed_node_leave(pair, node):
    alice, bob = pair
    bob.name_of_node.kill()
    while (event := alice.next())["event"] != "leave":
        pass
    assert event["member"] == bob.name
    with Chat(node().address) as carol:
        assert bob.name not in carol.ask_ok("list")["members"]


def test_an_empty_room_ends_at_all_nodes(node, leave_at_end):
    """Also if the node that was to remove it is killed; not while a backend posts."""
    options = ("--rooms-empty-for", "2s", "--admin-key", KEY)
    nodes = [node(*options) for _ in range(3)]
    members = [leave_at_end(Chat(server.address)) for server in nodes]
    backend = Backend(nodes[0].address)
    members[2].ask_ok("create", name="used", room="used", persistent=True)
    for room in "one", "two":
        members[1].ask_ok("create", name=room, room=room, persistent=True)
        eventually(lambda: members[2].ask("join", room=room)["event"] == "joined")
        members[1].ask_ok("leave", room=room)
    members[2].ask_ok("leave", room="one")

    for room in "stays", "news":
        backend.post("/v1/rooms", {"room": room, "persistent": True})

    def rooms():
        backend.post("/v1/rooms/news/messages", {"message": "new"})
        return {room["room"] for room in members[1].ask_ok("rooms")["rooms"]}

    eventually(lambda: rooms() == {"used", "two", "news"})
    backend.close()
    members[0].close()
    nodes[0].kill()
    backend = Backend(nodes[1].address)
    members[2].ask_ok("leave", room="two")
    eventually(lambda: rooms() == {"used", "news"})
    backend.close()


def test_a_room_is_deleted_while_its_history_is_awaited(redis, leave_at_end):
    """Rooms are in two Redis, of which that of the room answers late."""
    with Redis(*KEPT) as other, contextlib.ExitStack() as stack:
        urls = f"{redis.url},{other.url}"
        first, second = (
            stack.enter_context(Server(PARLEYD, *AT_ONCE, "--broker-url", urls,
                                       "--broker-timeout", "1m"))
            for _ in range(2))
        for server in first, second:
            server.wait_for_line("the broker is ready")
        alice, bob = Chat(first.address), leave_at_end(Chat(second.address))
        chat = redis if redis.ask("KEYS", "*chat*") else other
        late = other if chat is redis else redis
        rooms = [f"room{n}" for n in range(20)]
        for room in rooms:
            alice.ask_ok("create", name=room, room=room)
        eventually(lambda: len(bob.ask_ok("rooms")["rooms"]) == len(rooms))
        room = next(room for room in rooms if late.ask("KEYS", f"*room:{room}:*"))
        late.signal(signal.SIGSTOP)
        bob.send_command("join", room=room, ref="late")
        alice.ask_ok("delete", room=room)
        eventually(lambda: len(alice.ask_ok("rooms")["rooms"]) == len(rooms) - 1)
        late.signal(signal.SIGCONT)
        got = bob.next()
        assert (got["event"], got.get("code"), got.get("ref")) == (
            "error", "room_not_found", "late")
        alice.leave()
