"""Rooms: creating, joining, leaving, listing, and the events of that."""

import asyncio
import json

import pytest
import websockets

from client import Chat
from server import DEADLINE


@pytest.fixture
def room(join):
    """A room with a and b in it, both with empty inboxes."""
    a, b = join(), join()
    made = a.ask_ok("create", name="den")["room"]
    b.ask_ok("join", room=made)
    a.pending()
    b.pending()
    return made, a, b


def test_the_greeting_has_limits_and_versions(join):
    greeting = join().greeting
    assert greeting["data"] == {"id": greeting["id"]}
    assert greeting["server"].startswith("parley/")
    assert greeting["durability"] == "none"
    assert greeting["ping_ms"] == 25000
    limits = {"message_bytes": 65536, "rooms_per_member": 64}
    assert greeting["limits"] == limits


def test_the_subprotocol_is_chosen_if_offered(join):
    offer = {"Sec-WebSocket-Protocol": "chat, parley.v1"}
    chosen = join(**offer).response.headers
    assert chosen["sec-websocket-protocol"] == "parley.v1"
    assert "sec-websocket-protocol" not in join().response.headers
    other = join(**{"Sec-WebSocket-Protocol": "chat"})
    assert "sec-websocket-protocol" not in other.response.headers


def test_the_creator_is_in_its_room(join):
    a = join()
    made = a.ask("create", name="Game Night")
    assert made == {
        "event": "created",
        "ref": made["ref"],
        "room": made["room"],
        "name": "Game Night",
        "persistent": False,
    }
    assert len(made["room"]) == 8 and int(made["room"], 16) >= 0
    assert a.ask("list", room=made["room"])["members"] == [a.name]
    assert a.pending() == []


def test_a_requested_id_is_given_once(join):
    a, b = join(), join()
    assert a.ask_ok("create", name="x", room="my-room_1.x")["room"] == "my-room_1.x"
    assert b.refusal("create", name="y", room="my-room_1.x")["code"] == "room_exists"


def test_joining_notifies_the_others_and_answers_the_joiner(join):
    a, b = join(), join()
    room = a.ask_ok("create", name="den")["room"]
    a.post(room, "before")
    joined = b.ask("join", room=room)
    assert joined == {
        "event": "joined",
        "ref": joined["ref"],
        "room": room,
        "name": "den",
        "epoch": joined["epoch"],
        "seq": 1,
        "members": [a.name, b.name],
        "count": 2,
        "messages": [],
    }
    notified = [e for e in a.pending() if "room" in e]
    assert notified == [
        {"event": "join", "room": room, "member": b.name, "member_id": b.id}
    ]


def test_joining_twice_answers_and_sends_no_event(room):
    room, a, b = room
    assert b.ask("join", room=room)["event"] == "joined"
    assert a.pending() == b.pending() == []


def test_an_unknown_room_is_created_only_if_requested(join):
    a = join()
    refused = a.refusal("join", room="attic")
    assert refused["code"] == "room_not_found"
    assert refused["message"] == "Room attic does not exist"
    joined = a.ask_ok("join", room="attic", create=True)
    assert (joined["name"], joined["count"]) == ("attic", 1)


def test_leaving_notifies_the_others(room):
    room, a, b = room
    left = b.ask("leave", room=room)
    assert left == {"event": "left", "room": room, "ref": left["ref"]}
    gone = {"event": "leave", "room": room, "member": b.name, "member_id": b.id}
    assert a.pending() == [gone]
    assert b.refusal("leave", room=room)["code"] == "not_in_room"


def test_disconnecting_leaves_every_room(room):
    room, a, b = room
    b.close()
    a.expect("leave", room=room, member=b.name, member_id=b.id)
    assert a.ask("list", room=room)["members"] == [a.name]


def test_a_room_ends_with_its_last_member(room):
    room, a, b = room
    a.ask_ok("leave", room=room)
    b.ask_ok("leave", room=room)
    assert b.refusal("join", room=room)["code"] == "room_not_found"


def test_a_persistent_room_stays_with_its_history(join):
    a = join()
    made = a.ask("create", name="archive", persistent=True)
    assert made["persistent"] is True
    room = made["room"]
    a.post(room, "kept")
    a.ask_ok("leave", room=room)
    back = a.ask_ok("join", room=room, history=10)
    assert [m["message"] for m in back["messages"]] == ["kept"]
    assert back["seq"] == 1


def test_rooms_lists_all_of_them(room):
    room, a, b = room
    listed = {each["room"]: each for each in b.ask("rooms")["rooms"]}
    assert listed[room] == {
        "room": room,
        "name": "den",
        "members": 2,
        "persistent": False,
    }


def test_a_full_room_refuses(join):
    a, b, c = join(), join(), join()
    room = a.ask_ok("create", name="booth", max_members=2)["room"]
    b.ask_ok("join", room=room)
    refused = c.refusal("join", room=room)
    assert (refused["code"], refused["limit"]) == ("room_full", 2)
    b.ask_ok("leave", room=room)
    c.ask_ok("join", room=room)


def test_a_broadcast_in_a_room_is_numbered_and_signed(room):
    room, a, b = room
    a.send_command("broadcast", room=room, message="hi", ref="c1")
    sent = a.expect("broadcast")
    assert sent == {
        "event": "broadcast",
        "room": room,
        "seq": 1,
        "at": sent["at"],
        "member": a.name,
        "member_id": a.id,
        "message": "hi",
    }
    ack = a.expect("ack")
    assert ack == {
        "event": "ack",
        "ref": "c1",
        "room": room,
        "seq": 1,
        "at": sent["at"],
        "recipients": 2,
    }
    assert b.pending() == [sent]


def test_no_ref_no_ack(room):
    room, a, b = room
    a.send_command("broadcast", room=room, message="hi")
    assert [e["event"] for e in a.pending()] == ["broadcast"]


def test_an_ack_in_the_lobby_counts_listeners_only(join):
    a, _ = join(), join()
    ack = a.ask("broadcast", message="hi")
    assert ack == {"event": "ack", "ref": ack["ref"], "recipients": 2}


@pytest.mark.parametrize("ref", ["x", "e" * 64, "\u00e9", 0, -5, 2**53 - 1])
def test_a_ref_comes_back_as_it_was(join, ref):
    a = join()
    a.send_command("ping", ref=ref)
    assert a.expect("pong")["ref"] == ref


@pytest.mark.parametrize("ref", ["", "e" * 65, 1.5, True, [], {}])
def test_a_bad_ref_is_a_bad_field(join, ref):
    a = join()
    a.send_command("ping", ref=ref)
    assert "ref" not in a.expect("error", code="bad_field", field="ref")


def test_others_never_see_a_ref(room):
    room, a, b = room
    a.ask_ok("broadcast", room=room, message="hi")
    a.ask_ok("dm", recipient=b.name, message="psst")
    a.ask_ok("name", name="roomy")
    a.ask_ok("leave", room=room)
    events = b.pending()
    assert [e["event"] for e in events] == ["broadcast", "dm", "renamed", "leave"]
    assert not any("ref" in e for e in events)


@pytest.mark.parametrize(
    "message",
    ["text", 0, -1.5e300, True, False, [], {}, [1, [2, {"deep": None}]], "\u0000"],
)
def test_any_json_value_is_a_message_in_a_room(room, message):
    room, a, b = room
    a.ask_ok("broadcast", room=room, message=message)
    assert b.expect("broadcast")["message"] == message
    page = b.ask("history", room=room, limit=1)
    assert page["messages"][0]["message"] == message


def test_what_is_inside_a_message_is_kept_as_sent(room):
    room, a, b = room
    raw = '{"Command" : "x","n":1.0e+2,"n2":12345678901234567890,"u":"\\u00e9"}'
    a.send_text(f'{{"command":"broadcast","room":"{room}","message":{raw}}}')
    got = json.loads(b.read_message(), parse_float=str, parse_int=str)
    assert got["message"] == json.loads(raw, parse_float=str, parse_int=str)


def test_every_member_sees_the_same_order(room):
    room, a, b = room
    for n in range(50):
        a.send_command("broadcast", room=room, message=f"a{n}")
        b.send_command("broadcast", room=room, message=f"b{n}")
    seen = []
    for each in a, b:
        events = [each.next() for _ in range(100)]
        assert [e["seq"] for e in events] == list(range(1, 101))
        seen.append([e["message"] for e in events])
    assert seen[0] == seen[1]


def test_typing_reaches_the_others_only(room):
    room, a, b = room
    a.send_command("typing", room=room)
    assert a.pending() == []
    typing = {"event": "typing", "room": room, "member": a.name, "member_id": a.id}
    assert b.pending() == [typing]


def test_deflated_and_plain_members_get_the_same(start):
    """The library negotiates and checks what the test would get wrong."""
    server = start("--deflate-enabled", "on")
    plain = Chat(server.address)
    plain.ask_ok("join", room="mixed", create=True)
    asyncio.run(asyncio.wait_for(deflated_member(server.address), DEADLINE))
    received = [e for e in plain.pending() if e["event"] == "broadcast" and "seq" in e]
    assert [e["message"] for e in received] == MESSAGES


MESSAGES = [*("x" * 2**n for n in range(0, 16, 3)), "\u03ba\u00e9 " * 5000]


async def deflated_member(address):
    async with websockets.connect("ws://%s:%d/ws" % address) as member:
        assert [each.name for each in member.extensions] == ["permessage-deflate"]

        async def answer(event):
            while True:
                got = json.loads(await member.recv())
                if got["event"] == event:
                    return got

        await member.send('{"command":"join","room":"mixed"}')
        await answer("joined")
        for n, message in enumerate(MESSAGES, 1):
            sent = {"command": "broadcast", "room": "mixed", "message": message}
            await member.send(json.dumps({**sent, "ref": n}))
            assert (await answer("broadcast"))["message"] == message
            assert (await answer("ack"))["ref"] == n


def test_messages_stay_in_their_room(room, join):
    room, a, b = room
    c = join()
    c.ask_ok("create", name="elsewhere")
    a.pending(), b.pending()
    a.post(room, "secret")
    assert c.pending() == []
    assert [e["message"] for e in b.pending()] == ["secret"]


def test_large_rooms_get_counts_instead_of_presence(start):
    server = start("--presence-up-to", "2")
    a, b, c, d = (Chat(server.address) for _ in range(4))
    room = a.ask_ok("create", name="hall")["room"]
    b.ask_ok("join", room=room)
    assert [e["event"] for e in a.pending() if "room" in e] == ["join"]
    c.ask_ok("join", room=room)
    d.ask_ok("join", room=room)
    # At most one a second, the joiners included; the last is never lost.
    for each in a, b, c, d:
        counts = []
        while not counts or counts[-1] != 4:
            got = each.next()
            if "room" in got:
                assert got["event"] == "count", got
                counts.append(got["count"])
    assert len(counts) <= 2
    c.close(), d.close()
    while a.next().get("event") != "count":
        pass
    b.ask_ok("leave", room=room)
    a.pending()
    b.ask_ok("join", room=room)
    assert [e["event"] for e in a.pending() if "room" in e] == ["join"]


def test_members_are_left_out_above_the_threshold(start):
    server = start("--presence-up-to", "2")
    members = [Chat(server.address) for _ in range(3)]
    for count, each in enumerate(members, 1):
        joined = each.ask_ok("join", room="hall", create=True)
        assert joined["count"] == count
        assert ("members" in joined) == (count <= 2)


def test_a_large_lobby_announces_newcomers_to_themselves(start):
    server = start("--lobby-announce-up-to", "2")
    a = Chat(server.address)
    b = Chat(server.address)
    assert [e["message"] for e in a.pending()] == [f"{b.name} has joined!"]
    c = Chat(server.address)
    assert a.pending() == b.pending() == []
    c.close()
    b.close()
    d = Chat(server.address)
    assert [e["message"] for e in a.pending()] == [f"{d.name} has joined!"]
