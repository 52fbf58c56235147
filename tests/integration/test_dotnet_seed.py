"""What clients of the ASP.NET server rely on: its types, rooms and errors."""

import re

import pytest

from client import BINARY, CLOSE, TEXT, Chat, WebSocket
from dialects import (
    ACCEPT, CONTENT, FINISH, HELLO, OFFER, TERMINATE, Action, Dotnet, DotnetText, Topic, mux_frame,
)
from server import AT_ONCE, PARLEYD, Server

MEMBER = Dotnet
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_ROOM = "610a68d6-b314-4af0-8b45-add401a1e2a7"


def message(text, kind="system", username="System", **fields):
    return {
        "Username": username, "Message": text, "ToUsername": "", "ToUsernames": [],
        "ChatType": "public", "RoomId": "", "Type": kind,
    } | fields


def error(text, username="System"):
    return message(text, "error", username)


@pytest.fixture
def server():
    """A lobby for each test: who leaves it is announced to all."""
    with Server(PARLEYD, *AT_ONCE, listen=["127.0.0.1:0=dotnet"]) as server:
        yield server


@pytest.fixture
def pair(meet):
    return meet(), meet()


def create(member, name="dev"):
    got = member.ask_for("createRoom", name)
    room = got["RoomId"]
    assert GUID.fullmatch(room)
    assert got == message(f"Room '{name}' created successfully. ID: {room}", "roomCreated",
                          RoomId=room)
    return room


def join(member, room, name="dev"):
    got = member.ask_for("joinRoom", f"{room}|")
    assert got == message(f"Successfully joined room '{name}'", "roomJoined", RoomId=room)


@pytest.fixture
def room(pair):
    """Two members of a room."""
    a, b = pair
    room = create(a)
    join(b, room)
    assert a.next() == notice(room, f"{b.name} joined the room")
    return room, a, b


def notice(room, text):
    return message(text, RoomId=room, ChatType="room")


# --- connecting ---------------------------------------------------------------


def test_a_client_is_welcomed_and_not_announced(pair):
    a, b = pair
    for member in pair:
        assert re.fullmatch("User_[0-9a-f]{8}", member.name)
        assert member.greeting == message(
            f"Welcome {member.name}! You are now connected to the chat.")
    assert a.pending() == []
    assert a.users() == [a.name, b.name]


def test_a_name_may_be_asked_for(meet):
    assert meet("/ws?name=alice").name == "alice"
    assert meet("/ws?name=alice").name == "alice#2"


def test_leaving_is_announced_with_the_present_name(pair):
    a, b = pair
    b.ask_for("setUsername", "bob")
    a.next()
    b.leave()
    assert a.next() == message("bob left the chat")


def test_a_client_that_was_not_welcomed_does_not_leave(meet, leave_at_end, server):
    a = meet()
    half = leave_at_end(Dotnet(server.address, offers=()))
    half.send_stream(mux_frame(OFFER, 1, b"messages"))
    assert half.read_mux() == (ACCEPT, 1, b"")
    assert a.users() == [a.name]
    half.leave()
    assert a.pending() == []


def test_the_client_may_finish(pair):
    a, b = pair
    b.send_stream(mux_frame(FINISH, 1))
    assert [b.read_mux(), b.read_mux()] == [(FINISH, 1, b""), (FINISH, 3, b"")]
    close = b.read_close(answer=True)
    assert close.code == 1000
    assert a.next() == message(f"{b.name} left the chat")


def test_channels_in_another_order(meet, leave_at_end, server):
    a = meet()
    b = leave_at_end(Dotnet(server.address, offers=("files", "messages")))
    assert b.ids == {"files": 1, "messages": 3}
    a.send_command("chat", "hello")
    assert b.next()["Message"] == "hello"


def test_a_stream_byte_by_byte(meet, leave_at_end, server):
    a = meet()
    b = leave_at_end(Dotnet(server.address, offers=()))
    for byte in mux_frame(OFFER, 1, b"messages") + mux_frame(OFFER, 3, b"files"):
        b.send_stream(bytes([byte]))
    b.ids = {"messages": 1, "files": 3}
    assert [b.read_mux(), b.read_mux()] == [(ACCEPT, 1, b""), (ACCEPT, 3, b"")]
    b.welcomed()
    for byte in mux_frame(CONTENT, 1, b'{"Type":"chat","Message":"slow"}\n'):
        b.send_stream(bytes([byte]))
    assert a.next() == message("slow", "chat", b.name)


HOSTILE = [
    b"GET / HTTP/1.1",
    HELLO[:4] + bytes(16),
    HELLO + mux_frame(CONTENT, 5, b"{}\n"),
    HELLO + mux_frame(OFFER, 2, b"messages"),
    HELLO + mux_frame(ACCEPT, 1),
    HELLO + mux_frame(FINISH, 9),
    HELLO + mux_frame(OFFER, 1, b"files") + mux_frame(OFFER, 1, b"messages"),
    HELLO + mux_frame(OFFER, 1, b"files") + mux_frame(TERMINATE, 1) + mux_frame(CONTENT, 1, b"x"),
    HELLO + mux_frame(OFFER, 1, b"messages" * 2560) + b"\x00\x00\x00\x00\x03\x50\x01",
    HELLO + b"\x02\x00\x00\x00\x01\xff\xff",
]


@pytest.mark.parametrize("stream", HOSTILE, ids=lambda stream: stream[20:32].hex() or "hello")
def test_a_violation_costs_the_connection_only(meet, server, leave_at_end, stream):
    a = meet()
    b = leave_at_end(WebSocket(server.address))
    b.send_frame(BINARY, stream)
    while (got := b.read_frame()).opcode != CLOSE:
        pass
    assert got.code == 1002
    assert a.pending() == []


def test_games_with_unknown_channels_and_credit_change_nothing(meet, pair):
    a, b = pair
    for frame in (mux_frame(TERMINATE, 99), mux_frame(5, 1, bytes(4)), mux_frame(200, 7, b"x" * 9)):
        b.send_stream(frame)
    b.send_stream(mux_frame(OFFER, 5, b"video"))
    assert b.read_mux() == (TERMINATE, 5, b"")
    b.send_stream(mux_frame(TERMINATE, 5))
    b.send_command("chat", "still here")
    assert a.next()["Message"] == "still here"


def test_other_channels_are_refused_and_unknown_codes_ignored(meet):
    a = meet()
    a.send_stream(mux_frame(9, 1, b"x") + mux_frame(5, 1, bytes(8)) + mux_frame(9, 77, b"x")
                  + mux_frame(OFFER, 5, b"other"))
    assert a.read_mux() == (TERMINATE, 5, b"")
    assert a.users() == [a.name]


def test_many_commands_in_one_message(pair):
    a, b = pair
    lines = b"".join(b'{"Message":"%d"}\n' % n for n in range(3000))
    frames = [mux_frame(CONTENT, 1, lines[at:at + 20000]) for at in range(0, len(lines), 20000)]
    b.send_stream(b"".join(frames))
    assert [a.next()["Message"] for _ in range(3000)] == [str(n) for n in range(3000)]
    assert b.users() == [a.name, b.name]


def test_a_long_message_is_sent_in_several_frames(pair):
    a, b = pair
    text = "é\U0001f389\n" * 3000
    b.send_command("chat", text)
    assert a.next()["Message"] == text


# --- types --------------------------------------------------------------------


def test_chat_reaches_all_but_its_author(meet, pair):
    a, b = pair
    c = meet()
    a.send_command("chat", "hello é")
    assert b.next() == c.next() == message("hello é", "chat", a.name)
    assert a.pending() == []


def test_other_keys_of_a_chat_are_kept(pair):
    a, b = pair
    a.send_json({"Username": "x", "Message": "hello", "ToUsername": "é", "ToUsernames": ["c"],
            "ChatType": "odd", "RoomId": "r", "Timestamp": "2001-01-01T00:00:00Z"})
    assert b.next() == message("hello", "chat", a.name, ToUsername="é", ToUsernames=["c"],
                               ChatType="odd", RoomId="r")


def test_types_match_in_any_case_but_two(pair):
    a, b = pair
    for kind in ("Chat", "PrivateChat", "privatechat", "dance", ""):
        a.send_command(kind, "hello", ToUsername=b.name)
    assert a.ask_for("LISTUSERS")["Message"].startswith("Online users: ")
    assert b.pending() == []


@pytest.mark.parametrize("line", ["", " ", "x", "{", "[]", '{"Type":5}', '{"Message":{}}',
                                  '{"Type":"listUsers","Type":"listUsers"}'])
def test_lines_that_cannot_be_read_are_skipped(meet, line):
    a = meet()
    a.send_text(line)
    assert a.pending() == []


def test_a_new_name_is_published_to_all(pair):
    a, b = pair
    sent = message(f"{a.name} is now known as alice", username="system")
    assert a.ask_for("setUsername", " alice cooper") == b.next() == sent
    assert a.users() == ["alice", b.name]
    assert b.ask_for("setUsername", "alice")["Message"].endswith("is now known as alice#2")


@pytest.mark.parametrize("name, text", [
    ("", "Username cannot be empty"),
    ("  ", "Username cannot be empty"),
    ("ROOM:x", "Username cannot start with 'ROOM:' - this prefix is reserved for room "
               "identifiers"),
    ("system", "Name is not allowed"),
])
def test_names_that_are_refused(meet, name, text):
    assert meet().ask_for("setUsername", name) == error(text, "system")


@pytest.mark.parametrize("kind", ["privateMessage", "pm", "DM"])
@pytest.mark.parametrize("text, to", [("{} psst you", False), ("{} psst you", True),
                                      ("psst you", True)])
def test_a_private_message_reaches_both(meet, pair, kind, text, to):
    a, b = pair
    c = meet()
    a.send_command(kind, text.format(b.name), **{"ToUsername": b.name} if to else {})
    wanted = message("psst you", "privateMessage", a.name, ToUsername=b.name, ChatType="private")
    assert a.next() == b.next() == wanted
    assert c.pending() == []


def test_a_private_chat_reaches_both(pair):
    a, b = pair
    a.send_command("privateChat", f"{b.name} psst", ToUsername=b.name)
    wanted = message(f"{b.name} psst", "privateChat", a.name, ToUsername=b.name,
                     ChatType="private")
    assert a.next() == b.next() == wanted


@pytest.mark.parametrize("kind, text, to, answer", [
    ("privateMessage", "bob", "",
     "Usage: privateMessage <username> <message>\nExample: privateMessage John Hello there!"),
    ("PM", "", "", "Usage: PM <username> <message>\nExample: PM John Hello there!"),
    ("pm", "ROOM:x hi", "",
     "Invalid username 'ROOM:x' - cannot send private message to room identifier"),
    ("pm", "bob hi", "", "User 'bob' not found or not online"),
    ("dm", "hi", "bob", "User 'bob' not found or not online"),
    ("privateChat", "hi", "", "Private chat requires a target username"),
    ("privateChat", "hi", "bob", "User 'bob' not found or not online"),
])
def test_private_messages_that_are_refused(meet, kind, text, to, answer):
    assert meet().ask_for(kind, text, ToUsername=to) == error(answer)


def test_names_of_private_messages_match_exactly(meet):
    a, _ = meet(), meet("/ws?name=Bob")
    assert a.ask_for("pm", "bob hi") == error("User 'bob' not found or not online")


# --- rooms --------------------------------------------------------------------


def test_a_name_of_a_room_ends_at_a_bar(meet):
    create(meet(), "dev")
    got = meet().ask_for("createRoom", "my dev|about|True|secret")
    assert got["Message"].startswith("Room 'my dev' created successfully. ID: ")


def test_joining_is_announced_to_the_others(room):
    room, a, b = room
    assert a.ask_for("joinRoom", room) == error("You are already a member of room 'dev'")
    assert b.pending() == []


@pytest.mark.parametrize("kind, text, answer", [
    ("createRoom", "", "Usage: createRoom <roomName>\nExample: createRoom MyRoom"),
    ("CREATEROOM", "|x", "Usage: CREATEROOM <roomName>\nExample: CREATEROOM MyRoom"),
    ("joinRoom", "|x", "Usage: joinRoom <roomId>\nExample: joinRoom abc-123-def-456"),
    ("joinRoom", NO_ROOM, f"Room '{NO_ROOM}' does not exist"),
    ("roomMessage", NO_ROOM,
     "Usage: roomMessage <roomId> <message>\nExample: roomMessage abc-123 Hello room!"),
    ("roomMessage", f"{NO_ROOM} hi", f"You are not a member of room '{NO_ROOM}'"),
    ("leaveRoom", NO_ROOM, f"You are not a member of room '{NO_ROOM}'"),
    ("listRoomMembers", NO_ROOM, f"You are not a member of room '{NO_ROOM}'"),
    ("leaveRoom", "", "Usage: leaveRoom <roomId>\nExample: leaveRoom abc-123-def-456"),
    ("inviteToRoom", NO_ROOM,
     "Usage: inviteToRoom <roomId>|<username>\nExample: inviteToRoom abc-123-def-456|John"),
    ("send", "", "Usage: send <filepath> [username|roomId]\nExample: send C:\\file.txt john "
                 "or send C:\\file.txt room-uuid"),
    ("send", "/etc/passwd bob", "File not found: /etc/passwd"),
])
def test_commands_that_are_refused(meet, kind, text, answer):
    assert meet().ask_for(kind, text) == error(answer)


@pytest.mark.parametrize("form, has_id", [
    ("roomMessage {} hello  room!", True), ("{} hello  room!", False), ("hello  room!", True),
])
def test_a_room_message_reaches_all_members(meet, room, form, has_id):
    room, a, b = room
    c = meet()
    a.send_command("roomMessage", form.format(room), RoomId=room if has_id else "")
    wanted = message("hello  room!", "roomMessage", a.name, RoomId=room, ChatType="room")
    assert a.next() == b.next() == wanted
    assert c.pending() == []
    c.send_command("roomMessage", f"{room} hi")
    assert c.next() == error(f"You are not a member of room '{room}'")


def test_command_lines_in_text_messages(meet, server, leave_at_end):
    """The forms of the README, on connections without a stream."""
    a = leave_at_end(DotnetText(server.address))
    assert a.first["Message"] == f"Online users: {a.name}"
    b = leave_at_end(DotnetText(server.address, first='{"type": "listUsers"}'))
    assert b.first["Message"] == f"Online users: {a.name}, {b.name}"
    stream = meet()
    a.send_text("createRoom my dev")
    made = a.next()
    room = made["RoomId"]
    assert made == message(f"Room 'my dev' created successfully. ID: {room}", "roomCreated",
                           RoomId=room)
    b.send_text(f"joinRoom {room}")
    assert b.next() == message("Successfully joined room 'my dev'", "roomJoined", RoomId=room)
    assert a.next() == notice(room, f"{b.name} joined the room")
    join(stream, room, "my dev")
    a.next(), b.next()
    b.send_text(f"roomMessage {room} Hello  room!")
    wanted = message("Hello  room!", "roomMessage", b.name, RoomId=room, ChatType="room")
    assert a.next() == b.next() == stream.next() == wanted
    a.send_text('{"TYPE": "chat", "message": "to all"}')
    assert b.next() == stream.next() == message("to all", "chat", a.name)
    a.send_text(f"sendFile {room} /etc/passwd")
    assert a.next() == error("File not found: /etc/passwd")
    a.send_text("dance")
    assert a.next()["Type"] == "error"
    assert b.pending() == stream.pending() == []


def test_a_renamed_member_is_listed_in_its_rooms(room):
    room, a, b = room
    b.ask_for("setUsername", "bob")
    a.next()
    assert a.ask_for("listRoomMembers", room)["Message"] == (
        f"Members of room '{room}': {a.name}, bob")


def test_a_member_may_leave(room):
    room, a, b = room
    assert b.ask_for("leaveRoom", room) == message(f"Left room: {room}", "roomLeft", RoomId=room)
    assert a.next() == notice(room, f"{b.name} left the room")


def test_a_member_that_disconnects_leaves_its_rooms(room):
    room, a, b = room
    b.leave()
    assert a.next() == notice(room, f"{b.name} left the room")
    assert a.next() == message(f"{b.name} left the chat")


def test_rooms_and_their_members_are_listed(room):
    room, a, b = room
    assert a.ask_for("listRooms") == message(f"Rooms: dev (ID: {room}, members: 2)", "roomList")
    assert b.ask_for("listRoomMembers", room) == message(
        f"Members of room '{room}': {a.name}, {b.name}", "roomMembers", RoomId=room)
    a.ask_for("leaveRoom", room), b.next()
    b.ask_for("leaveRoom", room)
    assert a.ask_for("listRooms") == message("There are no rooms", "roomList")


def test_members_of_all_dialects_in_one_room(meet, server, leave_at_end):
    a = meet("/ws?name=dora")
    action = leave_at_end(Action(server.address, "/ws/action"))
    native = leave_at_end(Chat(server.address, "/ws/command"))
    room = create(a, "den")
    action.join(room)
    native.ask_ok("join", room=room)
    topic = leave_at_end(Topic(server.address, "/ws/topic"))
    native.ask_ok("create", name="tea", room="tea")
    a.pending()
    join(a, "tea", "tea")
    topic.join("tom", "tea")
    a.pending(), native.pending()
    a.send_command("roomMessage", f"{room} to the den")
    assert action.next()["body"] == "to the den"
    assert native.expect("broadcast", room=room)["message"] == "to the den"
    a.next()
    action.post("by action")
    assert a.next() == message("by action", "roomMessage", action.id, RoomId=room,
                               ChatType="room")
    topic.post("by topic")
    assert a.next() == message("by topic", "roomMessage", "tom", RoomId="tea", ChatType="room")
    a.send_command("roomMessage", "tea by dotnet")
    assert topic.next()["message"] == "by dotnet"
    native.pending()
    native.ask_ok("broadcast", room="tea", message={"dice": 6})
    assert a.next()["Message"] == "by dotnet"
    assert a.next()["Message"] == '{"dice": 6}'


def test_a_creator_invites_and_kicks(meet, room):
    room, a, b = room
    c = meet()
    assert a.ask_for("inviteToRoom", f"{room}|{c.name}") == notice(room, "inviteToRoom: done")
    assert c.next() == notice(room, f"{a.name} invited you to room 'dev'. ID: {room}")
    a.send_command("kickFromRoom", f"{room}|{b.name}")
    assert a.next() == notice(room, f"{b.name} left the room")
    assert a.next() == notice(room, "kickFromRoom: done")
    assert b.next() == message(f"You were removed from room: {room}", "roomLeft", RoomId=room)
    assert b.ask_for("kickFromRoom", f"{room}|{a.name}")["Type"] == "error"
    assert a.ask_for("inviteToRoom", f"{room}|zoe") == error(
        "User 'zoe' not found or not online")


def test_a_server_never_sends_a_text_to_a_stream(pair):
    a, b = pair
    a.send_command("chat", "hello")
    got = b.read_frame()
    assert got.opcode != TEXT and got.payload[:1] == bytes([CONTENT])
