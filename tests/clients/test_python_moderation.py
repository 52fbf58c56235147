"""The native client: changes of messages, read positions, private talks, and the
commands of owners and moderators."""

import pytest

from parley_client.native import (
    ChatError,
    Connected,
    Deleted,
    DirectMessage,
    Edited,
    Invited,
    Kicked,
    Message,
    Parley,
    Reacted,
    ReadElsewhere,
    Redacted,
    RoleChanged,
    SlowChanged,
    TopicChanged,
)

SOON = {"first_delay": 0.01, "longest_delay": 0.1}


@pytest.fixture
def url(direct):
    return direct


@pytest.fixture
def user(start, accounts):
    """Connects a user of a server with accounts."""
    server = start(*accounts.options)

    def user(name, **more):
        return Parley("ws://%s:%d" % server.address,
                      token=accounts.token(name), **more)

    return user


async def until(events, kind):
    async for event in events:
        if isinstance(event, kind):
            return event


def test_messages_change(url, run):
    async def main():
        async with Parley(url) as ann, Parley(url) as bob:
            room = await ann.create("Tea")
            seat = await bob.join(room.id)
            for n in range(3):
                await room.send(n)
            await room.edit(1, {"n": "one"})
            edited = await until(seat, Edited)
            assert (edited.seq, edited.message, edited.member_id) == (
                1, {"n": "one"}, ann.id)
            await room.redact(2, reason="wrong")
            assert await until(seat, Redacted) == Redacted(
                room.id, 2, ann.name, ann.id, (await until(room, Redacted)).at,
                "wrong")
            await seat.react(3, "+1")
            assert await until(room, Reacted) == Reacted(
                room.id, 3, "+1", bob.name, bob.id, 1)
            page = await seat.history()
            first, second, third = page.messages
            assert (first.message, first.edited) == ({"n": "one"}, edited.at)
            assert (second.message, second.redacted) == (None, True)
            assert (third.reactions, third.reacted) == ({"+1": 1}, ("+1",))
            await seat.react(3, "+1", remove=True)
            assert (await until(room, Reacted)).removed
            with pytest.raises(ChatError) as refused:
                await seat.edit(1, "mine")
            assert refused.value.code == "forbidden"
            # A room with a redacted message can be joined with its history.
            async with Parley(url) as eve:
                late = await eve.join(room.id, history=3)
                seen = [await until(late, Message) for _ in range(3)]
                assert [m.redacted for m in seen] == [False, True, False]

    run(main())


def test_changes_while_away_are_made_up_for(url, relay, run):
    async def main():
        far = "ws://%s:%d" % relay.address[:2]
        async with Parley(url) as ann, Parley(far, **SOON) as bob:
            room = await ann.create("Tea")
            seat = await bob.join(room.id)
            for n in range(3):
                await room.send(n)
                await until(seat, Message)
            relay.cut()
            await room.edit(1, "one")
            await room.redact(2)
            await room.send("last")
            relay.restore()
            await until(bob.events(), Connected)
            edited, redacted = await until(seat, Edited), await until(
                seat, Redacted)
            assert (edited.seq, edited.message) == (1, "one")
            assert (redacted.seq, redacted.by) == (2, None)
            assert (await until(seat, Message)).message == "last"

    run(main())


def test_owners_and_moderators(url, run):
    async def main():
        async with Parley(url) as ann, Parley(url) as bob, Parley(url) as eve:
            room = await ann.create("Tea", topic="Leaves", moderated=True)
            assert (room.topic, room.role, room.is_moderated) == (
                "Leaves", "owner", True)
            seat, stool = await bob.join(room.id), await eve.join(room.id)
            assert (seat.topic, seat.role) == ("Leaves", "")
            with pytest.raises(ChatError) as refused:
                await seat.send("hi")
            assert refused.value.details["right"] == "post"
            await room.set_role(bob.id, "moderator")
            role = await until(seat, RoleChanged)
            assert (role.member_id, role.role, role.by_id, seat.role) == (
                bob.id, "moderator", ann.id, "moderator")
            await seat.set_topic("Water")
            assert (await until(room, TopicChanged)).topic == room.topic == "Water"
            await seat.set_slow(60000)
            assert (await until(room, SlowChanged)).slow_ms == 60000
            await seat.set_slow(0)
            await seat.mute(eve.id, duration_ms=60000, reason="noise")
            muted = await until(stool, RoleChanged)
            while muted.member_id != eve.id:
                muted = await until(stool, RoleChanged)
            assert (muted.role, muted.until, muted.reason) == (
                "muted", muted.at + 60000, "noise")
            await seat.unmute(eve.id)
            await seat.kick(eve.name, reason="spam")
            with pytest.raises(ChatError) as kicked:
                await until(stool, Message)
            assert kicked.value.code == "kicked" and not stool.is_open
            stool = await eve.join(room.id)
            await room.ban(eve.id)
            with pytest.raises(ChatError) as banned:
                await until(stool, Message)
            assert banned.value.code == "banned"
            await room.unban(eve.id)
            stool = await eve.join(room.id)
            assert (await until(room, Kicked)).member_id == eve.id
            await room.delete()
            assert (await until(room, Deleted)).by_id == ann.id
            for each in room, seat, stool:
                with pytest.raises(ChatError) as deleted:
                    await until(each, Message)
                assert deleted.value.code == "deleted"

    run(main())


def test_an_invitation_to_a_private_room(url, run):
    async def main():
        async with Parley(url) as ann, Parley(url) as bob:
            room = await ann.join("den", create=True, private=True)
            assert room.is_private and room.role == "owner"
            with pytest.raises(ChatError, match="does not exist"):
                await bob.join("den")
            await room.invite(bob.name)
            assert await until(bob.events(), Invited) == Invited(
                "den", "den", ann.name, ann.id)
            seat = await bob.join("den")
            (info,) = [r for r in await bob.rooms() if r.room == "den"]
            assert info.private and seat.is_private
            await room.delete()

    run(main())


def test_what_a_user_has_read(user, run):
    async def main():
        async with user("ann") as ann, user("bob") as bob, user("bob") as phone:
            room = await ann.create("Tea", room="tea", persistent=True)
            seat = await bob.join("tea")
            for n in range(3):
                await room.send(n)
            await seat.read(1)
            assert await until(phone.events(), ReadElsewhere) == ReadElsewhere(
                "tea", 1)
            (mine,) = await phone.my_rooms()
            assert (mine.room, mine.seq, mine.read, mine.unread) == (
                "tea", 3, 1, 2)
            # Left on one device, it is left on all.
            other = await phone.join("tea")
            await other.leave()
            with pytest.raises(StopAsyncIteration):
                while True:
                    await seat.__anext__()
            assert await bob.my_rooms() == []

    run(main())


def test_a_private_talk(user, run):
    async def main():
        async with user("ann") as ann, user("bob") as bob:
            talk = ann.talk(bob.id)
            sent = await talk.send("psst", key="k")
            assert (sent.member_id, sent.room, sent.seq, sent.away) == (
                bob.id, talk.id, 1, False)
            assert (await talk.send("psst", key="k")).duplicate
            received = bob.events()
            got = await until(received, DirectMessage)
            assert got == DirectMessage(
                ann.name, ann.id, "psst", talk.id, 1, sent.at)
            back = bob.talk(ann.id)
            assert back.id == talk.id
            await talk.edit(1, "hush")
            assert (await until(received, Edited)).room == talk.id
            (message,) = (await back.history()).messages
            assert message.message == "hush" and not message.mine
            (info,) = await bob.my_rooms()
            assert (info.is_talk, info.unread) == (True, 1)
            await back.read(1)
            (info,) = await bob.my_rooms()
            assert info.unread == 0
            bob_id = bob.id
            await bob.close()
            assert (await ann.talk(bob_id).send("later")).away

    run(main())
