"""One chat with members of all dialects: each gets messages in its own dialect."""

import itertools
import re

import pytest

from client import CLOSE, Chat
from dialects import Action, Topic
from server import AT_ONCE, PARLEYD, Server

DIALECTS = ["command", "action", "topic"]
MADE_ID = re.compile("[0-9a-f]{8}")
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server():
    listen = [f"127.0.0.1:0={dialect}" for dialect in DIALECTS]
    with Server(PARLEYD, *AT_ONCE, listen=listen) as server:
        yield server


class Member:
    """The same interface for the members of each dialect: `shown` is its name as others
    see it; room, text and number of recipients are plain values."""

    def is_called(self, member_id):
        return member_id == self.id

    def discard_frames(self):
        self.client.pending()

    def has_no_frames(self):
        return self.client.pending() == []


class NativeMember(Member):
    def __init__(self, address):
        self.client = Chat(address)
        self.shown, self.id = self.client.name, self.client.id

    def create(self):
        return self.client.ask_ok("create", name="den", room=f"r{next(numbers)}")["room"]

    def join(self, room, name=None):
        self.client.ask_ok("join", room=room)

    def leave(self, room):
        self.client.ask_ok("leave", room=room)

    def send_command(self, room, text):
        return self.client.post(room, text)["recipients"]

    def receive(self, room, author, text):
        got = self.client.expect("broadcast", room=room, member=author.shown, message=text)
        assert author.is_called(got["member_id"])
        assert got["seq"] > 0 and got["at"] > 0

    def has_no_frames(self):
        """Newcomers in the lobby are ignored."""
        return [e for e in self.client.pending() if "room" in e] == []


class ActionMember(Member):
    def __init__(self, address):
        self.client = Action(address)
        self.shown = self.id = self.client.id

    def create(self):
        return self.client.create()

    def join(self, room, name=None):
        self.client.join(room)

    def leave(self, room):
        assert self.client.answer("leave")["status"] == "success"

    def send_command(self, room, text):
        assert self.client.post(text) == []

    def receive(self, room, author, text):
        got = self.client.next()
        assert got == {"from": got["from"], "body": text}
        assert author.is_called(got["from"])


class TopicMember(Member):
    def __init__(self, address):
        self.client = Topic(address)
        self.id = None  # the dialect has none

    def create(self):
        room = f"r{next(numbers)}"
        self.join(room)
        return room

    def join(self, room, name="alice"):
        self.client.join(name, room)
        self.shown = self.client.name

    def leave(self, room):
        assert self.client.ask({"type": "leave"})["type"] == "left"

    def send_command(self, room, text):
        return self.client.post(text)[1]["recipients"]

    def receive(self, room, author, text):
        got = self.client.next()
        wanted = {"type": "message", "username": author.shown, "message": text, "topic": room}
        assert {name: got[name] for name in wanted} == wanted

    def is_called(self, member_id):
        self.id = self.id or member_id
        return MADE_ID.fullmatch(member_id) and member_id == self.id


@pytest.fixture
def meet(server, leave_at_end):
    kinds = dict(zip(DIALECTS, (NativeMember, ActionMember, TopicMember)))
    places = dict(zip(DIALECTS, server.addresses))

    def meet(dialect):
        member = kinds[dialect](places[dialect])
        leave_at_end(member.client)
        return member

    return meet


@pytest.mark.parametrize("one", DIALECTS)
@pytest.mark.parametrize("other", DIALECTS)
def test_two_talk_in_a_room_of_either(meet, one, other):
    a, b = meet(one), meet(other)
    room = a.create()
    b.join(room)
    a.discard_frames()
    for n in range(3):
        a.send_command(room, f"hello {n}")
        b.receive(room, a, f"hello {n}")
        b.send_command(room, f"hi {n}")
        a.receive(room, b, f"hi {n}")
    assert a.has_no_frames() and b.has_no_frames()


@pytest.mark.parametrize("author", DIALECTS)
def test_every_dialect_gets_a_message_and_is_counted(meet, author):
    members = [meet(dialect) for dialect in DIALECTS * 2]
    room = members[0].create()
    for each in members[1:]:
        each.join(room)
    for each in members:
        each.discard_frames()
    speaker = members[DIALECTS.index(author)]
    recipients = speaker.send_command(room, "to all")
    for each in members:
        if each is not speaker:
            each.receive(room, speaker, "to all")
    assert recipients == (None if author == "action" else 6)
    for each in members:
        assert each.has_no_frames()


@pytest.mark.parametrize("dialect", ["action", "topic"])
def test_joins_and_leaves_are_sent_to_native_members(meet, dialect):
    native, other = meet("command"), meet(dialect)
    room = native.create()
    other.join(room)
    came = native.client.expect("join", room=room, member=other.shown)
    assert other.is_called(came["member_id"])
    other.leave(room)
    native.client.expect("leave", room=room, member=other.shown, member_id=came["member_id"])
    other.join(room)
    native.client.expect("join", room=room, member=other.shown)
    other.client.close()
    native.client.expect("leave", room=room, member=other.shown)
    assert native.has_no_frames()


def test_joining_another_room_leaves_the_first(meet):
    native, acting, guest = meet("command"), meet("action"), meet("topic")
    room = native.create()
    acting.join(room), guest.join(room)
    native.discard_frames()
    acting.create()
    native.client.expect("leave", room=room, member=acting.shown)
    guest.leave(room)
    guest.create()
    native.client.expect("leave", room=room, member="alice")
    assert native.has_no_frames()


@pytest.mark.parametrize("dialect", ["action", "topic"])
def test_native_joins_and_leaves_are_not_sent_to_other_dialects(meet, dialect):
    other, native = meet(dialect), meet("command")
    room = other.create()
    native.join(room)
    native.client.send_command("typing", room=room)
    native.client.ask_ok("name", name=f"nick{next(numbers)}")
    native.leave(room)
    assert other.has_no_frames()


def test_the_list_has_members_of_all_dialects(meet):
    native, acting, guest = meet("command"), meet("action"), meet("topic")
    room = native.create()
    acting.join(room), guest.join(room, "bob")
    listed = native.client.ask_ok("list", room=room)["members"]
    assert listed == [native.shown, acting.shown, "bob"]
    joined = native.client.ask_ok("join", room=room)
    assert joined["count"] == 3


def test_native_members_see_all_rooms(meet):
    native, acting, guest = meet("command"), meet("action"), meet("topic")
    made = {each: each.create() for each in (native, acting, guest)}
    rooms = {r["room"]: r for r in native.client.ask_ok("rooms")["rooms"]}
    assert [rooms[room]["members"] for room in made.values()] == [1, 1, 1]
    assert rooms[made[acting]]["name"] == "den"
    assert rooms[made[guest]]["name"] == made[guest]


def test_guests_see_rooms_with_guests(meet):
    native, acting, guest, another = (meet(d) for d in DIALECTS + ["topic"])
    silent, shared, own = native.create(), acting.create(), guest.create()
    another.join(shared, "bob")
    listed = {t["topic"]: t for t in guest.client.ask({"type": "list"})["topics"]}
    assert silent not in listed
    assert listed[own]["user_count"] == 1
    assert shared in listed


def test_the_lobby_is_for_native_members(meet):
    native, acting, guest = meet("command"), meet("action"), meet("topic")
    guest.create()
    assert native.client.ask_ok("list")["members"] == [native.shown]
    native.client.send_command("broadcast", message="hello, lobby")
    native.client.expect("broadcast", message="hello, lobby")
    assert acting.has_no_frames() and guest.has_no_frames()


def test_dialects_without_dm_get_no_private_message(meet):
    native, acting, guest = meet("command"), meet("action"), meet("topic")
    room = native.create()
    guest.join(room)
    member_id = native.client.expect("join")["member_id"]
    for recipient in acting.id, member_id, "alice":
        refusal = native.client.refusal("dm", recipient=recipient, message="psst")
        assert refusal["code"] == "member_not_found"
        assert refusal["message"] == f"Member '{recipient}' not found"
    assert acting.has_no_frames() and guest.has_no_frames()


VALUES = [({"a": [1, 2]}, '{"a": [1, 2]}'), (5, "5"), (["x"], '["x"]')]


@pytest.mark.parametrize("author", ["command", "action"])
@pytest.mark.parametrize("value, text", VALUES, ids=lambda v: str(v))
def test_guests_see_json_as_text(meet, author, value, text):
    speaker, guest = meet(author), meet("topic")
    room = speaker.create()
    guest.join(room)
    speaker.discard_frames()
    speaker.send_command(room, value)
    guest.receive(room, speaker, text)


def test_guests_see_the_beginning_of_long_json(meet):
    acting, guest = meet("action"), meet("topic")
    guest.join(acting.create())
    acting.client.post(["x" * 6000])
    message = guest.client.next()["message"]
    assert message == '["' + "x" * 4998 + "\u2026"


def test_a_long_text_is_delivered_whole(meet):
    """The author's own dialect limits the length of its messages."""
    acting, native, guest = meet("action"), meet("command"), meet("topic")
    room = acting.create()
    native.join(room), guest.join(room)
    native.discard_frames()
    text = "\u00e9" * 100_000
    acting.send_command(room, text)
    native.receive(room, acting, text)
    guest.receive(room, acting, text)


def test_no_frame_exceeds_the_limit_of_python_clients(meet):
    acting, native, guest = meet("action"), meet("command"), meet("topic")
    room = acting.create()
    native.join(room), guest.join(room)
    native.discard_frames()
    body = "x" * ((1 << 20) - 512 - 2)
    acting.client.send_text('{"action":"message","body":"%s"}' % body)
    for each in native, guest:
        assert len(each.client.read_message()) <= 1 << 20


def test_the_dialect_of_the_creator_sets_the_member_limit(meet):
    guests = [meet("topic") for _ in range(100)]
    room = guests[0].create()
    for n, each in enumerate(guests[1:]):
        each.join(room, f"m{n}")
    native, acting = meet("command"), meet("action")
    assert native.client.refusal("join", room=room)["code"] == "room_full"
    assert acting.client.answer("join", room)["status"] == "error"


def test_messages_of_guests_are_in_the_history(meet):
    guest, native = meet("topic"), meet("command")
    room = guest.create()
    guest.send_command(room, "one")
    guest.send_command(room, "two")
    joined = native.client.ask_ok("join", room=room, history=10)
    assert [m["message"] for m in joined["messages"]] == ["one", "two"]
    assert {m["member"] for m in joined["messages"]} == {"alice"}


@pytest.mark.parametrize("maker", DIALECTS)
def test_a_room_exists_until_its_last_member_leaves(meet, maker):
    first = meet(maker)
    room = first.create()
    others = [meet(dialect) for dialect in DIALECTS]
    for each in others:
        each.join(room)
    first.leave(room)
    for each in others[1:]:
        each.leave(room)
    late = meet("action")
    late.join(room)
    late.leave(room), others[0].leave(room)
    answer = late.client.answer("join", room)
    assert answer == {"status": "error", "message": f"Room {room} does not exist"}


def test_a_drain_closes_members_of_all_dialects(start):
    server = start(listen=[f"127.0.0.1:0={dialect}" for dialect in DIALECTS])
    native, acting, guest = (kind(at) for kind, at in
                             zip((NativeMember, ActionMember, TopicMember), server.addresses))
    room = acting.create()
    guest.join(room)
    server.signal()
    native.client.expect_bye(1001)
    for each in acting, guest:
        got = each.client.read_frame()
        assert (got.opcode, got.code, got.reason) == (CLOSE, 1001, "going_away")
        each.client.send_frame(CLOSE, got.payload)
    assert server.wait() == 0


def test_limits_of_messages_bind_their_author_only(meet):
    """A native message is bounded by limits.message_bytes, elsewhere too."""
    native, guest = meet("command"), meet("topic")
    room = guest.create()
    native.join(room)
    refusal = native.client.refusal("broadcast", room=room, message="x" * 70_000)
    assert refusal["code"] == "message_too_large"
    native.send_command(room, "javascript: is allowed here")
    guest.receive(room, native, "javascript: is allowed here")
