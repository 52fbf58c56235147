"""What clients of the dialect `action` rely on, to the word: their library
blocks for a greeting, and takes the very next frame for the answer."""

import asyncio
import json
import re
import statistics
import time

import pytest
import websockets

from client import BINARY, CLOSE, PING, PONG, TEXT, close_frame, frame, get, head, Connection
from dialects import NOTHING, Action
from server import AT_ONCE, DEADLINE, PARLEYD, Server

MIB = 1 << 20
SENT = {"status": "success", "message": "Message sent"}


def error(text):
    return {"status": "error", "message": text}


@pytest.fixture(scope="module")
def server():
    with Server(PARLEYD, *AT_ONCE, listen=["127.0.0.1:0=action"]) as server:
        yield server


@pytest.fixture
def meet(server):
    members = []

    def meet(target="/"):
        members.append(Action(server.address, target))
        return members[-1]

    yield meet
    for member in members:
        member.leave()


@pytest.fixture
def room(meet):
    """A room with a and b in it."""
    a, b = meet(), meet()
    made = a.create("Game Night")
    b.join(made)
    return made, a, b


# --- plain HTTP, paths, greeting ---------------------------------------------


@pytest.mark.parametrize("path", ["/", "/health", "/ws", "/any/thing?x=1"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_http_is_told_to_upgrade(server, path, method):
    got = get(server.address, path, method)
    assert got.status == 426
    assert got.headers["upgrade"].lower() == "websocket"
    assert got.headers["sec-websocket-version"] == "13"
    assert (got.body == b"") == (method == "HEAD")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_are_answered_here_as_well(server, path):
    assert get(server.address, path).status == 200


@pytest.mark.parametrize("path", ["/", "/ws", "/chat", "/a/b/c?d=e", "/livez", "/?name=system"])
def test_any_path_upgrades(meet, path):
    a = meet(path)
    assert a.greeting["status"] == "connected"
    assert a.pending() == []


def test_the_greeting_is_the_first_frame(meet):
    a, b = meet(), meet()
    for each in a, b:
        assert each.greeting == {
            "status": "connected",
            "client_id": each.id,
            "message": "Welcome!",
        }
        assert re.fullmatch("[0-9a-f]{8}", each.id)
        assert each.pending() == []
    assert a.id != b.id


# --- create -------------------------------------------------------------------

NAMES = [
    ("Game Night", "Game Night"),
    ({"room_name": "Test Room"}, "Test Room"),
    ({"name": "Test Room"}, "Test Room"),
    ({"room_name": "one", "name": "two"}, "one"),
    ({"room_name": None, "name": "two"}, "two"),
    ({"room_name": 5}, "5"),
    ({"other": 1}, '{"other": 1}'),
    ({}, "{}"),
    (5, "5"),
    (True, "true"),
    ([1, "x"], '[1, "x"]'),
    (None, "None"),
    (NOTHING, "None"),
    ("it's \"quoted\" \\ \u00e9\u20ac\U0001f600", "it's \"quoted\" \\ \u00e9\u20ac\U0001f600"),
    ("  trimmed\t", "trimmed"),
    ("x\u0000y\u202ez\u200b", "xyz"),
    ("n" * 100, "n" * 64),
]


@pytest.mark.parametrize("body, name", NAMES, ids=ascii)
def test_a_room_is_created_with_any_name(meet, body, name):
    a, b = meet(), meet()
    got = a.answer("create", body)
    room = got["room_id"]
    assert got == {
        "status": "success",
        "room_id": room,
        "message": f"Room '{name}' created",
    }
    assert re.fullmatch("[0-9a-f]{8}", room)
    assert b.answer("join", {"room_id": room}) == {
        "status": "success",
        "message": f"Joined room '{name}'",
        "room_id": room,
    }


@pytest.mark.parametrize("body", ["", "   ", "\u200b"], ids=ascii)
def test_a_room_without_a_name_is_called_by_its_id(meet, body):
    got = meet().answer("create", body)
    assert got["message"] == f"Room '{got['room_id']}' created"


def test_names_need_not_be_unique(meet):
    assert meet().create("twin") != meet().create("twin")


def test_who_creates_a_room_is_in_it(meet):
    a = meet()
    a.create()
    assert a.answer("message", "anybody here?") == SENT


def test_creating_leaves_the_room_before(room, meet):
    made, a, b = room
    other = a.create("elsewhere")
    assert a.answer("message", "not for b") == SENT
    assert b.pending() == []
    b.post("not for a")
    assert a.pending() == []
    b.join(other)
    assert meet().answer("join", {"room_id": made}) == error(f"Room {made} does not exist")


# --- join ---------------------------------------------------------------------


@pytest.mark.parametrize("spell", [lambda room: {"room_id": room}, lambda room: room])
def test_a_room_is_joined_by_its_id(meet, spell):
    a, b = meet(), meet()
    made = a.create("Test Room")
    assert b.answer("join", spell(made)) == {
        "status": "success",
        "message": "Joined room 'Test Room'",
        "room_id": made,
    }
    assert a.pending() == []


UNKNOWN = [
    ({"room_id": "nope"}, "nope"),
    ("nope", "nope"),
    ({"room_id": "no/pe \u00e9"}, "no/pe \u00e9"),
    ({"room_id": "x" * 65}, "x" * 65),
    ({"room_id": ""}, ""),
    ({"room_id": 5}, "5"),
    ({"room_id": False}, "false"),
    ({"room_id": [1]}, "[1]"),
    ({"room_id": {"a": 1}}, '{"a": 1}'),
    ({"room_id": None}, "None"),
    ({"room": "x"}, "None"),
    ({}, "None"),
    ([], "None"),
    ("", "None"),
    (0, "None"),
    (0.0, "None"),
    (False, "None"),
    (None, "None"),
    (NOTHING, "None"),
]


@pytest.mark.parametrize("body, named", UNKNOWN, ids=ascii)
def test_an_unknown_room_cannot_be_joined(meet, body, named):
    a = meet()
    assert a.answer("join", body) == error(f"Room {named} does not exist")
    assert a.answer("leave") == error("Not in any room")


@pytest.mark.parametrize("body", [5, -0.5, True, [1], [[]]], ids=ascii)
def test_what_names_no_room_is_a_server_error(meet, body):
    got = meet().answer("join", body)
    assert got["status"] == "error"
    assert got["message"].startswith("Server error: ")


def test_joining_leaves_the_room_before_without_a_word(room, meet):
    made, a, b = room
    c = meet()
    other = c.create("elsewhere")
    b.join(other)
    assert a.pending() == c.pending() == []
    a.post("not for b")
    assert b.pending() == []
    c.post("for b")
    b.expect(**{"from": c.id, "body": "for b"})


def test_joining_the_room_one_is_in_changes_nothing(room):
    made, a, b = room
    for each in a, b:
        assert each.answer("join", {"room_id": made}) == {
            "status": "success",
            "message": "Joined room 'Game Night'",
            "room_id": made,
        }
    assert a.post("still here") == []
    b.expect(**{"from": a.id, "body": "still here"})


def test_the_only_member_may_join_its_room_again(meet):
    a = meet()
    made = a.create()
    a.join(made)
    assert a.answer("message", "x") == SENT


def test_a_refused_join_leaves_one_where_one_is(room):
    made, a, b = room
    assert b.answer("join", "nope") == error("Room nope does not exist")
    a.post("still here?")
    b.expect(**{"from": a.id, "body": "still here?"})


def test_the_answer_to_a_join_comes_before_what_is_said_there(room, meet):
    """Traffic in either room never comes between a request and its answer."""
    made, a, b = room
    c = meet()
    other = c.create("elsewhere")
    for n in range(50):
        a.say("message", f"here {n}")
        c.say("message", f"there {n}")
        b.say("join", {"room_id": other if n % 2 == 0 else made})
    answers = 0
    while answers < 50:
        got = b.next()
        if "status" in got:
            assert got["status"] == "success", got
            answers += 1
    c.pending(), a.pending()


# --- leave, and the end of rooms ----------------------------------------------


@pytest.mark.parametrize("body", [NOTHING, {}, None, "x", 5, [1]], ids=ascii)
def test_leaving_ignores_its_body(room, body):
    made, a, b = room
    assert b.answer("leave", body) == {"status": "success", "message": "Left room"}
    assert a.pending() == []
    a.post("not for b")
    assert b.pending() == []
    assert b.answer("leave") == error("Not in any room")


def test_a_room_ends_with_its_last_member(room, meet):
    made, a, b = room
    c = meet()
    a.answer("leave")
    b.answer("leave")
    assert c.answer("join", made) == error(f"Room {made} does not exist")


def test_a_room_ends_when_its_last_member_disconnects(meet):
    a, c = meet(), meet()
    made = a.create()
    a.close()
    assert c.answer("join", made) == error(f"Room {made} does not exist")


def test_who_disconnects_is_not_announced(room):
    made, a, b = room
    b.close()
    assert a.pending() == []
    assert a.answer("message", "alone") == SENT


# --- message ------------------------------------------------------------------

BODIES = ["Hello everyone!", "", '{"custom": "payload"}', "\u00e9\u20ac\U0001f600\u2028", "<&>\0",
          5, -1.5e3, True, False, None, [], [1, [2]], {}, {"a": {"b": None}}]


@pytest.mark.parametrize("body", BODIES, ids=ascii)
def test_a_message_reaches_the_others_as_it_was_sent(room, meet, body):
    made, a, b = room
    c = meet()
    c.join(made)
    assert a.answer("message", body) == SENT
    for each in b, c:
        each.expect(**{"from": a.id, "body": body})
    assert a.pending() == b.pending() == c.pending() == []


def test_numbers_are_relayed_to_the_letter(room):
    made, a, b = room
    a.send_text('{"action":"message","body":[1.0, 1e2,12345678901234567890]}')
    assert '"body":[1.0, 1e2,12345678901234567890]' in b.read_message()


def test_a_message_stays_in_its_room(room, meet):
    made, a, b = room
    c = meet()
    c.create("elsewhere")
    assert c.answer("message", "not here") == SENT
    assert a.pending() == b.pending() == []


def test_every_member_hears_the_same_order(room, meet):
    made, a, b = room
    listener = meet()
    listener.join(made)
    for n in range(20):
        a.say("message", f"a{n}"), b.say("message", f"b{n}")
    heard = [listener.next()["body"] for _ in range(40)]
    for each, letter in (a, "a"), (b, "b"):
        got = [frame["body"] for frame in each.pending() if "body" in frame]
        assert got == [text for text in heard if text[0] != letter]


def test_outside_a_room_nothing_can_be_said(meet):
    a = meet()
    assert a.answer("message", "x") == error("You must join a room first")
    a.create()
    a.answer("leave")
    assert a.answer("message", "x") == error("You must join a room first")


def test_a_message_needs_a_body(room):
    made, a, b = room
    got = a.answer("message")
    assert got["status"] == "error"
    assert got["message"].startswith("Server error: ")
    assert b.pending() == []


# --- what is wrong ------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "hello", "{", '{"action":', '{"action":"leave"} x', "\xff"])
def test_what_is_no_json_is_called_so(meet, text):
    a = meet()
    a.send_frame(BINARY, text.encode("latin-1"))
    a.expect(**error("Invalid JSON format"))
    a.create()


@pytest.mark.parametrize("text", ["[]", "5", '"x"', "null", "true", '["action"]'])
def test_json_that_is_no_object_is_a_server_error(meet, text):
    a = meet()
    a.send_text(text)
    got = a.next()
    assert got["status"] == "error"
    assert re.fullmatch("Server error: .+", got["message"])
    a.create()


@pytest.mark.parametrize("action", ["fly", "Create", "", " leave", 5, None, True, [], ["leave"], {}])
def test_an_action_is_one_of_four(meet, action):
    assert meet().ask({"action": action, "body": "x"}) == error("Invalid action")


@pytest.mark.parametrize("text", [{}, {"body": "x"}, {"Action": "leave"}, {"command": "list"}])
def test_an_action_must_be_given(meet, text):
    assert meet().ask(text) == error("Invalid action")


def test_other_keys_are_ignored(meet):
    got = meet().ask({"client_id": [1], "action": "create", "body": "x", "z": {}})
    assert got["message"] == "Room 'x' created"


def test_binary_json_is_json_and_answers_are_text(meet):
    a = meet()
    a.send_frame(BINARY, b'{"action":"create","body":"x"}')
    assert isinstance(a.read_message(), str)


def test_one_command_does_not_wait_for_the_next_frame(server):
    """What comes with the request is answered behind the greeting."""
    with Connection(server.address) as connection:
        connection.send(head("/") + frame(TEXT, '{"action":"leave"}') + close_frame(1000))
        assert connection.read_response().status == 101
        received = connection.read_until(b"\x88\x02\x03\xe8")
        assert received.index(b"connected") < received.index(b"Not in any room")


# --- limits -------------------------------------------------------------------


def test_the_largest_message_is_relayed_whole(room):
    made, a, b = room
    around = len('{"action":"message","body":""}')
    text = "x" * (MIB - 512 - 2)
    a.send_text('{"action":"message","body":"%s"}' % text)
    got = b.read_message()
    assert len(got) <= MIB
    assert json.loads(got)["body"] == text
    assert a.next() == SENT
    assert len(text) + around < MIB


def test_a_message_that_others_could_not_be_told_is_refused(room):
    made, a, b = room
    assert a.answer("message", "x" * (MIB - 500)) == error("Server error: Message is too large")
    assert b.pending() == []


def test_above_a_mebibyte_the_connection_is_closed(room):
    made, a, b = room
    a.send_frame(TEXT, b"x" * (MIB + 1))
    assert a.read_close().code == 1009
    assert b.pending() == []


def test_who_is_too_fast_is_told_so_and_stays(start):
    server = start("--limits-messages", "1/s", "--limits-messages-burst", "5",
                   listen=["127.0.0.1:0=action"])
    a = Action(server.address)
    made = a.create()
    for _ in range(4):
        assert a.answer("message", "x") == SENT
    slower = error("Rate limit exceeded, please slow down")
    assert a.answer("message", "x") == slower
    assert a.answer("join", made) == slower
    a.leave()


@pytest.mark.parametrize("options, create", [
    (["--limits-rooms", "1"], True),
    (["--limits-room-members", "1"], False),
])
def test_other_refusals_are_server_errors(start, options, create):
    server = start(*options, listen=["127.0.0.1:0=action"])
    a, b = Action(server.address), Action(server.address)
    made = a.create()
    got = b.answer("create", "x") if create else b.answer("join", made)
    assert got["status"] == "error"
    assert re.fullmatch("Server error: .+", got["message"])
    a.leave(), b.leave()


# --- the connection -----------------------------------------------------------


def test_a_ping_is_answered_with_its_payload(meet):
    a = meet()
    a.send_frame(PING, b"1234")
    got = a.read_frame()
    assert (got.opcode, got.payload) == (PONG, b"1234")


def test_a_close_is_echoed_after_the_member_is_gone(room, meet):
    made, a, b = room
    b.send_frame(CLOSE, b"\x03\xe8")
    assert b.read_close().code == 1000
    a.answer("leave")
    assert meet().answer("join", made) == error(f"Room {made} does not exist")
    b.socket.close()


# --- a client like the first ones ---------------------------------------------


class ChatClient:
    """As an application would use it: requests are paired with answers by
    taking the next frame; messages are listened for in the background."""

    def __init__(self):
        self.latencies = []

    @classmethod
    async def connect(cls, url):
        self = cls()
        self.socket = await websockets.connect(url)
        greeting = json.loads(await self.socket.recv())
        assert greeting["status"] == "connected"
        self.id = greeting["client_id"]
        return self

    async def say(self, action, body):
        await self.socket.send(json.dumps({"action": action, "body": body}))

    async def request(self, action, body):
        await self.say(action, body)
        answer = json.loads(await self.socket.recv())
        assert answer["status"] == "success", answer
        return answer["room_id"]

    async def talk(self, rate, count):
        began = time.monotonic()
        for n in range(count):
            await asyncio.sleep(began + n / rate - time.monotonic())
            body = json.dumps({"number": n, "time": time.monotonic()})
            await self.say("message", body)

    async def listen(self, count):
        """Until so many messages were heard, and one's own are said."""
        last = {}
        said = 0
        while len(self.latencies) < count or said < count // len(last):
            got = json.loads(await self.socket.recv())
            if "status" in got:
                assert got == SENT, got
                said += 1
                continue
            body = json.loads(got["body"])
            assert body["number"] == last.get(got["from"], -1) + 1
            last[got["from"]] = body["number"]
            self.latencies.append(time.monotonic() - body["time"])


async def converse(url, clients, rate, count):
    members = [await ChatClient.connect(url) for _ in range(clients)]
    room = await members[0].request("create", {"room_name": "Latency"})
    for member in members[1:]:
        assert await member.request("join", {"room_id": room}) == room
    heard = count * (clients - 1)
    await asyncio.gather(*(each.listen(heard) for each in members),
                         *(each.talk(rate, count) for each in members))
    for member in members:
        await member.say("leave", {})
        await member.socket.close()
    return [each.latencies for each in members]


def test_four_who_say_thirty_messages_a_second_miss_nothing(start, talk_seconds):
    """With the limits that are preset."""
    server = start("--limits-messages", "50/s", "--limits-bytes", "128KiB/s",
                   listen=["127.0.0.1:0=action"])
    url = "ws://%s:%d/" % server.address
    count = 30 * talk_seconds
    run = converse(url, clients=4, rate=30, count=count)
    heard = asyncio.run(asyncio.wait_for(run, talk_seconds + DEADLINE))
    assert [len(each) for each in heard] == [3 * count] * 4
    average = statistics.mean(sum(heard, []))
    print(f"{3 * count} heard by each, {1000 * average:.2f} ms on average")
    assert average < 0.5
