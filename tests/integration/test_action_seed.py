"""What clients of the dialect `action` rely on, byte for byte: their library waits for
a greeting, and takes the next frame for the answer."""

import json
import re

import pytest

import nodes
from client import BINARY, CLOSE, PING, PONG, TEXT, close_frame, frame, get, head, Connection
from dialects import NO_JSON, SENT, Action, error

MEMBER = Action

MIB = 1 << 20

# --- plain HTTP, paths, greeting ---------------------------------------------


@pytest.mark.parametrize("path", ["/", "/health", "/ws", "/any/thing?x=1"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_http_requests_are_answered_with_426(server, path, method):
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


def test_numbers_are_relayed_verbatim(room):
    made, a, b = room
    a.send_text('{"action":"message","body":[1.0, 1e2,12345678901234567890]}')
    assert '"body":[1.0, 1e2,12345678901234567890]' in b.read_message()


def test_a_message_stays_in_its_room(room, meet):
    made, a, b = room
    c = meet()
    c.create("elsewhere")
    assert c.answer("message", "not here") == SENT
    assert a.pending() == b.pending() == []


def test_every_member_gets_the_same_order(room, meet):
    made, a, b = room
    listener = meet()
    listener.join(made)
    for n in range(20):
        a.send_command("message", f"a{n}"), b.send_command("message", f"b{n}")
    received = [listener.next()["body"] for _ in range(40)]
    for each, letter in (a, "a"), (b, "b"):
        got = [frame["body"] for frame in each.pending() if "body" in frame]
        assert got == [text for text in received if text[0] != letter]


def test_outside_a_room_nothing_can_be_posted(meet):
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
def test_invalid_json_is_reported(meet, text):
    a = meet()
    a.send_frame(BINARY, text.encode("latin-1"))
    a.expect(**error(NO_JSON))
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


def test_a_message_that_dialects_cannot_encode_is_refused(room):
    made, a, b = room
    assert a.answer("message", "x" * (MIB - 500)) == error("Server error: Message is too large")
    assert b.pending() == []


def test_above_a_mebibyte_the_connection_is_closed(room):
    made, a, b = room
    a.send_frame(TEXT, b"x" * (MIB + 1))
    a.expect_close(1009)
    assert b.pending() == []


def test_a_fast_sender_is_refused_and_stays_connected(start):
    server = start("--limits-messages", "1/s", "--limits-messages-burst", "5", "--limits-patience", "0",
                   listen=["127.0.0.1:0=action"])
    a = Action(server.address)
    made = a.create()
    # In one packet: the rate gives nothing back meanwhile.
    message, join = (json.dumps({"action": action, "body": body})
                     for action, body in (("message", "x"), ("join", made)))
    a.send(frame(TEXT, message) * 20 + frame(TEXT, join))
    slower = error("Rate limit exceeded, please slow down")
    answers = [a.next() for _ in range(21)]
    refused = answers.count(slower)
    assert refused >= 2 and answers.count(SENT) == 21 - refused >= 4
    # A node refuses at once, also while messages are on their way to the others.
    if nodes.COUNT == 1:
        assert answers[:4] == [SENT] * 4
        assert answers[-2:] == [slower] * 2
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
    b.expect_close(1000)
    a.answer("leave")
    assert meet().answer("join", made) == error(f"Room {made} does not exist")
    b.socket.close()
