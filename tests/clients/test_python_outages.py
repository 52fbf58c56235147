"""Clients that go on while the server is restarted, or killed."""

import asyncio
import random
import signal

import pytest

from parley_client.native import (
    Connected,
    ConnectionLost,
    Disconnected,
    EpochChanged,
    Message,
    Missing,
    Parley,
)
from relay import Relay
from server import AT_ONCE, PARLEYD, Server

SOON = {"first_delay": 0.01, "longest_delay": 0.2}


class RestartableServer:
    """A server that can be started again, at the same address, with the same store."""

    def __init__(self, store):
        self.options = ("--store-kind", "file", "--store-dir", str(store))
        self.server = self._start("127.0.0.1:0")
        self.address = "%s:%d" % self.server.address
        self.url = f"ws://{self.address}"

    def _start(self, listen):
        return Server(PARLEYD, *AT_ONCE, *self.options, listen=[listen])

    def next(self):
        self.server = self._start(self.address)

    def kill(self):
        self.server.kill()


@pytest.fixture
def restartable(tmp_path):
    restartable = RestartableServer(tmp_path / "store")
    yield restartable
    restartable.server.stop()


async def in_background(work):
    await asyncio.get_running_loop().run_in_executor(None, work)


async def restarted(restartable):
    restartable.server.signal(signal.SIGTERM)
    await in_background(lambda: restartable.server.assert_clean(restartable.server.wait()))
    await in_background(restartable.next)


async def killed(restartable):
    await in_background(restartable.kill)
    await in_background(restartable.next)


class Listener:
    """Records the messages of a room; fails if one is lost."""

    def __init__(self, room):
        self.received = []
        self.task = asyncio.ensure_future(self._listen(room))

    async def _listen(self, room):
        async for event in room:
            assert not isinstance(event, (Missing, EpochChanged)), event
            if isinstance(event, Message):
                self.received.append(event)
                if event.message == "end":
                    return


async def talk(room, name, until, acks):
    """Posts messages, a few of them at a time."""

    async def one(n):
        acks[f"{name} {n}"] = await room.send(f"{name} {n}")

    n = 0
    while not until.is_set():
        await asyncio.gather(*(one(n + k) for k in range(4)))
        n += 4


@pytest.mark.parametrize("outage, times", [(restarted, 1), (killed, 8)])
def test_no_message_is_lost_or_stored_twice(restartable, run, outage, times):
    async def main():
        chats = [await Parley.connect(restartable.url, name=n, **SOON) for n in ("ann", "bob")]
        rooms = [await chats[0].create("Tea", room="tea", persistent=True)]
        rooms.append(await chats[1].join("tea"))
        listeners = [Listener(room) for room in rooms]
        done, acks = asyncio.Event(), {}
        talking = [
            asyncio.ensure_future(talk(room, chat.name, done, acks))
            for chat, room in zip(chats, rooms)
        ]
        for _ in range(times):
            before = len(acks)
            while len(acks) < before + 50:
                await asyncio.sleep(0.01)
            await outage(restartable)
        done.set()
        await asyncio.gather(*talking)
        end = await rooms[0].send("end")
        await asyncio.gather(*(listener.task for listener in listeners))

        stored = [each async for each in rooms[1].all_history()]
        for listener in listeners:
            received = listener.received
            assert [each.seq for each in received] == list(range(1, end.seq + 1))
            assert [each.message for each in received][-len(stored):] == [
                each.message for each in stored]
        # Every send is stored once, at the place that its answer names.
        places = {each.seq: each.message for each in listeners[0].received}
        assert len(acks) == end.seq - 1
        assert {ack.seq: sent for sent, ack in acks.items()} == {
            seq: sent for seq, sent in places.items() if sent != "end"}
        for chat in chats:
            await chat.close()

    run(main())


def test_a_connection_may_be_cut_a_hundred_times(start, run):
    """At any moment, also between a message and its answer."""
    server = start("--history-messages", "100000")
    relay = Relay(server.address)

    async def cut(done):
        for n in range(100):
            await asyncio.sleep(0.01 * random.random())
            if n % 3 == 0:
                relay.drop_output()
                await asyncio.sleep(0.003)
            relay.cut()
            await asyncio.sleep(0.01 * random.random())
            relay.restore()
        done.set()

    async def main():
        keeper = await Parley.connect("ws://%s:%d" % server.address)
        kept = await keeper.create("Tea", room="tea")
        chats = [
            await Parley.connect("ws://%s:%d" % relay.address, name=name,
                                 queue_size=size, **SOON)
            for name, size in (("ann", 1000), ("bob", 5))
        ]
        rooms = [await chat.join("tea") for chat in chats]
        listeners = [Listener(room) for room in rooms]
        done, acks = asyncio.Event(), {}
        await asyncio.gather(cut(done), *(
            talk(room, name, done, acks) for room, name in zip(rooms, ("ann", "bob"))))
        end = await kept.send("end")
        for listener in listeners:
            await listener.task
            assert [each.seq for each in listener.received] == list(range(1, end.seq + 1))
            sent = {each.seq: each.message for each in listener.received[:-1]}
            assert sent == {ack.seq: text for text, ack in acks.items()}
        for chat in (keeper, *chats):
            await chat.close()

    run(main())
    relay.close()


def test_the_client_reconnects_at_the_time_in_bye(restartable, run):
    """The client does not return before: `bye` spreads the reconnects."""

    async def main():
        clock = asyncio.get_running_loop().time
        async with Parley(restartable.url, **SOON) as chat:
            received = chat.events()
            restartable.server.signal(signal.SIGTERM)
            async for event in received:
                if isinstance(event, Disconnected):
                    break
            left = clock()
            assert event.close_code == 1001 and event.reason == "going_away"
            assert event.retry_in >= 0.5
            await in_background(lambda: restartable.server.assert_clean(restartable.server.wait()))
            await in_background(restartable.next)
            async for event in received:
                if isinstance(event, Connected):
                    break
            assert clock() - left >= 0.5

    run(main())


def test_a_persistent_room_survives_a_kill(restartable, run):
    async def main():
        async with Parley(restartable.url, name="ann") as chat:
            room = await chat.join("tea", create=True, persistent=True)
            await room.send("today")
        await killed(restartable)
        async with Parley(restartable.url) as chat:
            [info] = await chat.rooms()
            assert (info.room, info.members, info.persistent) == ("tea", 0, True)
            room = await chat.join("tea", history=10)
            assert (await room.__anext__()).message == "today"

    run(main())


def test_a_room_of_a_restarted_server_begins_anew(start, run):
    async def main():
        first = start()
        address = "%s:%d" % first.address
        async with Parley(f"ws://{address}", **SOON) as chat:
            room = await chat.join("tea", create=True)
            await room.send("before")
            first.kill()
            sending = asyncio.ensure_future(room.send("after"))
            second = start(listen=[address])
            await sending
            events = []
            async for event in room:
                events.append(event)
                if isinstance(event, Message) and event.message == "after":
                    break
            kinds = [type(each) for each in events]
            assert kinds == [Message, EpochChanged, Message]
            assert events[-1].seq == 1
        second.stop()

    run(main())


def test_a_final_close_is_not_retried(start, run):
    """Too many control frames are a policy violation: 1008."""
    server = start("--limits-control-frames", "1/s")

    async def main():
        async with Parley("ws://%s:%d" % server.address, **SOON) as chat:
            room = await chat.create("Tea")
            connection = chat.link._socket.connection
            for _ in range(200):
                await connection.pong()
            for events in room, chat.events():
                with pytest.raises(ConnectionLost) as lost:
                    async for _ in events:
                        pass
                assert lost.value.close_code == 1008
            with pytest.raises(ConnectionLost):
                await room.send("too late")

    run(main())
