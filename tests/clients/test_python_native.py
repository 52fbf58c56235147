"""The native client against a server that runs, is busy, limits rates, ends, or is
replaced by another one."""

import asyncio

import pytest

from parley_client.native import (
    Announced,
    ChatError,
    Connected,
    ConnectionLost,
    Count,
    DirectMessage,
    Disconnected,
    EpochChanged,
    Joined,
    Left,
    LobbyMessage,
    Message,
    Missing,
    Parley,
    Recipient,
    Refused,
    Renamed,
    Skipped,
    Typing,
)

SOON = {"first_delay": 0.01, "longest_delay": 0.1}


def url_of(address):
    return "ws://%s:%d" % address


@pytest.fixture(params=[0, 1], ids=["command", "action"])
def url(both, request):
    """Every listener has the native protocol."""
    return url_of(both.addresses[request.param])


async def take(events, count):
    """Returns the next so many events."""
    got = []
    async for event in events:
        got.append(event)
        if len(got) == count:
            return got


async def messages(room, count):
    """Returns the next so many messages; other events are left out."""
    got = []
    while len(got) < count:
        event = await room.__anext__()
        if isinstance(event, Message):
            got.append(event)
    return got


async def until(events, kind):
    async for event in events:
        if isinstance(event, kind):
            return event


# --- commands and events ------------------------------------------------------


def test_a_message_is_acknowledged_and_delivered_to_all(url, run):
    async def main():
        async with Parley(url, name="ann") as ann, Parley(url, name="bob") as bob:
            room = await ann.create("Tea")
            seat = await bob.join(room.id)
            sent = {"dice": [6, 1.5], "text": "\u00e9\U0001f600"}
            ack = await room.send(sent)
            assert (ack.room, ack.seq, ack.recipients, ack.duplicate) == (
                room.id, 1, 2, False)
            joined, mine = await take(room, 2)
            assert joined == Joined(room.id, "bob", bob.id)
            assert mine == Message(room.id, 1, ack.at, "ann", ann.id, sent, True)
            (theirs,) = await take(seat, 1)
            assert theirs == Message(room.id, 1, ack.at, "ann", ann.id, sent)
            assert theirs.time.timestamp() == ack.at / 1000
            await seat.leave()
            assert await take(room, 1) == [Left(room.id, "bob", bob.id)]
            await room.leave()

    run(main())


def test_events_of_other_members_arrive(url, run):
    async def main():
        async with Parley(url) as ann, Parley(url) as bob:
            room = await ann.create("Tea")
            seat = await bob.join(room.id)
            was = bob.name
            await seat.typing()
            name = await bob.rename("robert")
            assert (await take(room, 3))[1:] == [
                Typing(room.id, was, bob.id),
                Renamed(room.id, was, name, bob.id),
            ]
            assert await room.members() == [ann.name, name]
            assert name in await ann.members()
            (info,) = [each for each in await ann.rooms() if each.room == room.id]
            assert (info.name, info.members, info.persistent) == ("Tea", 2, False)
            assert await ann.ping() > 1_600_000_000_000

    run(main())


def test_names_are_numbered_and_refused_by_the_server(url, run):
    async def main():
        async with Parley(url, name="twin & co") as ann, Parley(url, name="twin & co") as bob:
            assert (ann.name, bob.name) == ("twin & co", "twin & co#2")
            with pytest.raises(ChatError) as refused:
                await bob.rename("root")
            assert refused.value.code == "name_invalid"
            assert bob.name == "twin & co#2"
        async with Parley(url, name="admin") as cat:
            assert cat.name != "admin"
            assert (await until(cat.events(), Refused)).code == "name_invalid"

    run(main())


def test_the_lobby_and_private_messages(url, run):
    async def main():
        async with Parley(url) as ann, Parley(url) as bob:
            received = ann.events()
            await until(received, Announced)
            assert await bob.say("hello") == len(await bob.members())
            assert await until(received, LobbyMessage) == LobbyMessage(bob.name, "hello")
            sent = await bob.dm(ann.name, "psst")
            assert sent == Recipient(ann.name, ann.id)
            assert await until(received, DirectMessage) == DirectMessage(
                bob.name, bob.id, "psst")
            with pytest.raises(ChatError, match="^Member 'zoe' not found$"):
                await bob.dm("zoe", "psst")

    run(main())


REFUSALS = [
    (lambda chat, room: chat.join("nope"), "room_not_found"),
    (lambda chat, room: chat.join("no spaces", create=True), "bad_field"),
    (lambda chat, room: chat.create(""), "name_invalid"),
    (lambda chat, room: chat.create("again", room=room.id), "room_exists"),
    (lambda chat, room: room.send(""), "bad_field"),
    (lambda chat, room: room.send("x" * 70000), "message_too_large"),
    (lambda chat, room: room.history(limit=1001), "bad_field"),
]


@pytest.mark.parametrize("ask, code", REFUSALS, ids=[code for _, code in REFUSALS])
def test_a_refusal_has_the_code_of_the_server(url, run, ask, code):
    async def main():
        async with Parley(url) as chat:
            room = await chat.create("Tea")
            with pytest.raises(ChatError) as refused:
                await ask(chat, room)
            assert refused.value.code == code
            assert str(refused.value) == refused.value.details["message"]

    run(main())


@pytest.mark.parametrize("message", [float("nan"), object()], ids=["nan", "object"])
def test_what_is_not_json_is_not_sent(url, run, message):
    async def main():
        async with Parley(url) as chat:
            room = await chat.create("Tea")
            with pytest.raises((TypeError, ValueError)):
                await room.send(message)
            assert (await room.send("but this")).seq == 1

    run(main())


# --- history ------------------------------------------------------------------


def test_history_comes_in_pages(url, run):
    async def main():
        async with Parley(url) as ann, Parley(url) as bob:
            room = await ann.create("Tea")
            for n in range(1, 31):
                await room.send(n)
            page = await room.history(before=11, limit=5)
            assert [each.message for each in page.messages] == [6, 7, 8, 9, 10]
            assert page.more and page.epoch == room.epoch
            assert [each.seq async for each in room.all_history(after=3)] == list(range(4, 31))
            seat = await bob.join(room.id, history=3)
            assert [each.seq for each in await messages(seat, 3)] == [28, 29, 30]
            assert await bob.join(room.id, history=3) is seat
            await room.send("next")
            assert (await messages(seat, 1))[0].seq == 31

    run(main())


def test_a_key_of_ones_own_is_stored_once(url, run):
    async def main():
        async with Parley(url) as ann, Parley(url) as bob:
            room = await ann.create("Tea")
            seat = await bob.join(room.id)
            first = await room.send("once", key="k")
            again = await seat.send("once", key="k")
            assert (again.seq, again.at) == (first.seq, first.at)
            assert again.duplicate and again.recipients is None

    run(main())


# --- clients that do not
# read ----------------------------------------------------------


def test_a_slow_reader_gets_every_message_and_the_presence(url, run):
    async def main():
        async with Parley(url, queue_size=10) as ann, Parley(url) as bob:
            room = await ann.create("Tea")
            for _ in range(20):
                await (await bob.join(room.id)).leave()
            for n in range(1, 101):
                await room.send(n)
            got = await take(room, 10 + 1 + 100)
            assert all(isinstance(each, (Joined, Left)) for each in got[:10])
            assert got[10] == Skipped(30)
            assert [each.seq for each in got[11:]] == list(range(1, 101))
            await room.send("live again")
            assert (await take(room, 1))[0].seq == 101

    run(main())


def test_a_reader_far_behind_gets_the_missing_range(start, run):
    server = start("--history-messages", "50")

    async def main():
        async with Parley(url_of(server.address), queue_size=10) as chat:
            room = await chat.create("Tea")
            for n in range(1, 101):
                await room.send(n)
            got = await take(room, 10 + 1 + 50)
            assert [each.seq for each in got[:10]] == list(range(1, 11))
            assert got[10] == Missing(room.id, 11, 50)
            assert [each.seq for each in got[11:]] == list(range(51, 101))

    run(main())


def test_unread_events_are_dropped_in_the_end(url, run):
    async def main():
        async with Parley(url, queue_size=10) as ann:
            for n in range(20):
                await ann.say(str(n))
            got = await take(ann.events(), 11)
            assert isinstance(got[0], Skipped) and got[0].count >= 10
            assert got[-1] == LobbyMessage(ann.name, "19")

    run(main())


def test_a_crowd_is_counted(start, run):
    server = start("--presence-up-to", "3")

    async def main():
        chats = [await Parley.connect(url_of(server.address)) for _ in range(5)]
        rooms = [await chat.join("tea", create=True) for chat in chats]
        count = await until(rooms[0], Count)
        assert count.room == "tea" and 3 < count.count <= 5
        for chat in chats:
            await chat.close()

    run(main())


# --- cancelled and closed -------------------------------------------------------


def test_a_cancelled_wait_loses_no_event(url, run):
    async def main():
        async with Parley(url) as ann:
            room = await ann.create("Tea")
            for n in range(50):
                reader = asyncio.ensure_future(take(room, 1))
                await asyncio.sleep(0)
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
                await room.send(n)
                assert (await take(room, 1))[0].message == n

    run(main())


def test_a_join_that_is_cancelled_does_not_stay_in_the_room(url, run):
    async def main():
        async with Parley(url) as ann, Parley(url) as bob:
            room = await ann.create("Tea")
            joining = asyncio.ensure_future(bob.join(room.id))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            joining.cancel()
            await asyncio.gather(joining, return_exceptions=True)
            await bob.ping()
            await bob.ping()
            assert await room.members() == [ann.name]
            for _ in range(20):
                joining = asyncio.ensure_future(bob.join(room.id))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                joining.cancel()
                seat = await bob.join(room.id)
                await seat.send("now")
                await seat.leave()

    run(main())


def test_closing_ends_everything(url, run):
    async def main():
        before = asyncio.all_tasks()
        chat = await Parley.connect(url)
        room = await chat.create("Tea")
        reader = asyncio.ensure_future(take(room, 1))
        other = asyncio.ensure_future(take(chat.events(), 100))
        sending = [asyncio.ensure_future(room.send(n)) for n in range(100)]
        await asyncio.sleep(0)
        await chat.close()
        await chat.close()
        assert await other is None
        await reader
        for outcome in await asyncio.gather(*sending, return_exceptions=True):
            assert isinstance(outcome, ConnectionLost)
        assert not room.is_open
        with pytest.raises(ConnectionLost):
            await room.send("too late")
        assert asyncio.all_tasks() == before

    run(main())


def test_a_room_that_is_left_ends(url, run):
    async def main():
        async with Parley(url) as chat:
            room = await chat.create("Tea")
            await room.send("unread")
            await room.leave()
            assert await take(room, 1) is None
            with pytest.raises(ChatError) as refused:
                await room.send("too late")
            assert refused.value.code == "room_not_found"

    run(main())


# --- limits ---------------------------------------------------------------------


def test_a_fast_sender_is_slowed_down_and_not_refused(start, run):
    server = start("--limits-messages", "100/s", "--limits-messages-burst", "20",
                   "--limits-patience", "0")

    async def main():
        async with Parley(url_of(server.address)) as chat:
            room = await chat.create("Tea")
            acks = await asyncio.gather(*(room.send(n) for n in range(150)))
            assert sorted(ack.seq for ack in acks) == list(range(1, 151))
            received = await messages(room, 150)
            assert sorted(each.message for each in received) == list(range(150))
            assert not any(ack.duplicate for ack in acks)

    run(main())


# --- lost connections -----------------------------------------------------------


def test_the_first_connection_is_tried_once(run, unused_port):
    with pytest.raises(ConnectionLost, match="Cannot connect"):
        run(Parley.connect(f"ws://127.0.0.1:{unused_port}"))


@pytest.mark.parametrize("path, status", [("/nowhere", 404)])
def test_a_refused_handshake_has_its_status(both, run, path, status):
    with pytest.raises(ConnectionLost) as lost:
        run(Parley.connect(url_of(both.address) + path))
    assert lost.value.status == status


def test_another_dialect_is_no_greeting(both, run):
    with pytest.raises(ConnectionLost, match="Not a greeting"):
        run(Parley.connect(url_of(both.address) + "/ws/action"))


def test_frames_that_are_not_valid_are_skipped(scripted_server, run):
    url, words = scripted_server
    words += [
        '{"event":"me","member":"alice","id":"1","durability":"none"}',
        "no JSON", "null", "[1]", "{}", '{"event":7}', '{"event":"dm"}',
        '{"event":"join","room":[]}', '{"ref":[1],"event":"ack"}',
        '{"event":"broadcast","message":"member2 has joined!"}',
        '{"event":"broadcast","member":"bob","member_id":"2","message":%s}'
        % ("9" * 5000),
        '{"event":"broadcast","member":"bob","member_id":"2","message":"hi"}',
    ]

    async def main():
        async with Parley(url) as chat:
            got = []
            async for event in chat.events():
                got.append(getattr(event, "message", None))
                if got[-1] == "hi":
                    return got

    assert run(main())[-2:] == [float("inf"), "hi"]


def test_a_connection_that_is_cut_is_made_again(relay, direct, run):
    """All messages from the outage arrive, once, and in order."""

    async def main():
        async with Parley(url_of(relay.address), name="ann", **SOON) as ann, Parley(
                direct, name="bob") as bob:
            room = await ann.create("Tea", persistent=True)
            seat = await bob.join(room.id)
            received = ann.events()
            before = ann.id
            for cut in range(5):
                await seat.send(f"before {cut}")
                relay.cut()
                lost = await until(received, Disconnected)
                assert lost.close_code == 1006 and 0 < lost.retry_in <= 0.1
                await seat.send(f"while away {cut}")
                relay.restore()
                again = await until(received, Connected)
                assert again.member_id == ann.id != before
                await seat.send(f"after {cut}")
            got = await messages(room, 15)
            assert [each.seq for each in got] == list(range(1, 16))
            assert [each.message for each in got[:3]] == [
                "before 0", "while away 0", "after 0"]
            ack = await room.send("all there")
            assert ack.seq == 16
            assert (await messages(room, 1))[0].mine

    run(main())


def test_what_is_sent_while_away_waits(relay, direct, run):
    async def main():
        async with Parley(url_of(relay.address), **SOON) as ann, Parley(direct) as bob:
            room = await ann.create("Tea", persistent=True)
            relay.cut()
            await until(ann.events(), Disconnected)
            sending = asyncio.gather(*(room.send(n) for n in range(100)), ann.say("lobby"))
            seat = await bob.join(room.id)
            relay.restore()
            acks = await sending
            assert [ack.seq for ack in acks[:-1]] == list(range(1, 101))
            assert [each.message for each in await messages(seat, 100)] == list(range(100))

    run(main())


def test_requests_without_a_key_are_not_repeated(relay, direct, run):
    async def main():
        async with Parley(url_of(relay.address), **SOON) as ann, Parley(direct) as bob:
            relay.drop_output()
            sending = asyncio.ensure_future(ann.dm(bob.name, "psst"))
            keyed = asyncio.ensure_future(ann.ping())
            await asyncio.sleep(0.01)
            relay.cut()
            with pytest.raises(ConnectionLost):
                await sending
            relay.restore()
            assert await keyed > 0

    run(main())


def test_a_message_whose_answer_got_lost_is_not_stored_again(relay, direct, run):
    async def main():
        async with Parley(url_of(relay.address), **SOON) as ann, Parley(direct) as bob:
            room = await ann.create("Tea", persistent=True)
            seat = await bob.join(room.id)
            relay.drop_output()
            sending = asyncio.ensure_future(room.send("once"))
            assert (await messages(seat, 1))[0].message == "once"
            relay.cut()
            relay.restore()
            ack = await sending
            assert ack.seq == 1 and ack.duplicate and ack.recipients is None
            assert (await room.send("next")).seq == 2
            assert [each.seq for each in await messages(room, 2)] == [1, 2]

    run(main())


def test_a_page_cut_short_is_followed_by_the_rest(relay, direct, run):
    """The missed messages are more than fit on a page, and than the queue holds."""

    async def main():
        async with Parley(url_of(relay.address), queue_size=100, **SOON) as ann, Parley(
                direct) as bob:
            room = await ann.create("Tea", persistent=True)
            seat = await bob.join(room.id)
            relay.cut()
            received = ann.events()
            await until(received, Disconnected)
            for n in range(1, 41):
                await seat.send(str(n) + "x" * 20000)
            relay.restore()
            await until(received, Connected)
            live = asyncio.gather(*(seat.send(n) for n in range(41, 301)))
            assert [each.seq for each in await messages(room, 300)] == list(range(1, 301))
            await live

    run(main())


def test_messages_lost_during_an_outage_are_reported(relay, direct, run):
    async def main():
        async with Parley(url_of(relay.address), **SOON) as ann, Parley(direct) as bob:
            room = await ann.create("Tea", persistent=True)
            seat = await bob.join(room.id)
            await room.send("first")
            await messages(room, 1)
            relay.cut()
            received = ann.events()
            await until(received, Disconnected)
            for n in range(2, 1502):
                await seat.send(n)
            relay.restore()
            missing = await until(room, Missing)
            assert missing == Missing(room.id, 2, 501)
            assert [each.seq for each in await messages(room, 1000)] == list(range(502, 1502))

    run(main())


def test_a_room_that_ended_meanwhile_is_lost(relay, run):
    async def main():
        async with Parley(url_of(relay.address), **SOON) as ann:
            room = await ann.create("Tea")
            other = await ann.join("den", create=True)
            assert (await other.send("hi")).seq == 1
            relay.cut()
            relay.restore()
            with pytest.raises(ChatError) as lost:
                await take(room, 1)
            assert lost.value.code == "room_not_found"
            assert not room.is_open
            # The other one was created again.
            changed = await until(other, EpochChanged)
            assert changed == EpochChanged("den", other.epoch)
            assert (await other.send("hi")).seq == 1
            assert (await messages(other, 1))[0].seq == 1

    run(main())


# --- accounts -----------------------------------------------------------------


def client_of(server, accounts, sub):
    async def token():
        return accounts.token(sub)

    return Parley(url_of(server.address), token=token)


def test_a_token_is_requested_and_renewed(start, run, accounts):
    """The end is within the last 30 s, so it is renewed at once."""
    server = start(*accounts.options)
    given = []
    second, first = (accounts.token("alice", "--ttl", ttl) for ttl in ("1h", "5s"))

    async def token():
        given.append(second if given else first)
        return given[-1]

    async def main():
        async with Parley(url_of(server.address), token=token) as chat:
            began = await chat.ping()
            # Beyond the end of the first token, on the same connection.
            while await chat.ping() < began + 5500:
                await asyncio.sleep(0.1)
            assert (chat.name, len(given)) == ("alice", 2)

    run(main())


def test_direct_messages_between_users(start, run, accounts):
    server = start(*accounts.options)

    async def main():
        async with client_of(server, accounts, "bob") as bob:
            async with client_of(server, accounts, "alice") as alice:
                got = await bob.dm(alice.id, "one")
                talk = bob.talk(alice.id).id
                assert got == Recipient("alice", alice.id, talk, 1, got.at)
                events = await take(alice.events(), 2)
                assert events[1:] == [
                    DirectMessage("bob", bob.id, "one", talk, 1, got.at)]
            while (await bob.members()) != ["bob"]:
                pass
            got = await bob.dm(alice.id, "two")
            assert got == Recipient("", alice.id, talk, 2, got.at, away=True)

    run(main())
