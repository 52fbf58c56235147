"""ChatClient behaves as programs for the original library expect, also where that
library relied on timing."""

import asyncio
import json
import socket

import pytest

from parley_client import ChatClient, ChatError, ConnectionLost, LogLevel, RoomMessage


@pytest.fixture
def url(both):
    return "ws://%s:%d" % both.addresses[1]


async def received(client):
    """The next message."""
    async for message in client.messages():
        return message


def test_has_the_attributes_of_the_first_library(url, run):
    async def main():
        client = ChatClient(url, log_level="NONE")
        assert client.websocket is None and client.roomId is None
        await client.connect()
        client.roomId = await client.create_room("Latency")
        assert client.roomId == client.room_id
        await client.websocket.send('{"action": "leave"}')
        assert "Left room" in await client.websocket.recv()
        await client.close()
        assert client.websocket is None and client.roomId is None

    run(main())


def test_a_program_for_the_first_library_runs_as_it_is(url, run):
    """The same calls as in such programs."""

    async def listen(client, into, count):
        async for message in client.read_messages():
            into.append(json.loads(message))
            if len(into) == count:
                break

    async def main():
        clients = [ChatClient(url, log_level="NONE") for _ in range(3)]
        for client in clients:
            assert await client.connect() == client.client_id
        room_id = await clients[0].create_room("Latency")
        for client in clients[1:]:
            answer = await client.join_room(room_id)
            assert answer["message"] == "Joined room 'Latency'"
        inboxes = [[] for _ in clients]
        tasks = [
            asyncio.ensure_future(listen(client, inbox, 20))
            for client, inbox in zip(clients, inboxes)
        ]
        for n in range(20):
            await clients[0].send_message(json.dumps({"n": n}))
        await asyncio.gather(*tasks)
        sent = {"status": "success", "message": "Message sent"}
        assert inboxes[0] == [sent] * 20
        for inbox in inboxes[1:]:
            assert {each["from"] for each in inbox} == {clients[0].client_id}
            assert [json.loads(each["body"])["n"] for each in inbox] == list(range(20))
        for client in clients:
            await client.leave_room()
            await client.close()

    run(main())


def test_the_address_is_the_one_that_the_first_library_had():
    assert ChatClient().uri == "ws://localhost:8765"


@pytest.mark.parametrize("given, level", [
    ("NONE", LogLevel.NONE),
    (None, LogLevel.NONE),
    ("info", LogLevel.INFO),
    ("whatever", LogLevel.DEBUG),
    (LogLevel.INFO, LogLevel.INFO),
])
def test_the_level_of_logging_is_given_in_any_form(given, level):
    assert ChatClient(log_level=given).log_level is level


@pytest.mark.parametrize("body", ["hi", "", [1, "x"], {"a": None}, 0, None, "\u00e9\U0001f600"], ids=ascii)
def test_any_body_arrives_as_it_was_sent(url, run, body):
    async def main():
        async with ChatClient(url) as a, ChatClient(url) as b:
            await b.join_room(await a.create_room("bodies"))
            await a.send_message(body)
            assert await received(b) == RoomMessage(a.client_id, body)

    run(main())


def test_messages_before_an_answer_are_not_taken_for_it(url, run):
    async def main():
        async with ChatClient(url) as a, ChatClient(url) as b:
            await b.join_room(await a.create_room("first"))
            for n in range(5):
                await b.send_message(n)
            # The answer to this comes behind those five, all of them unread.
            await b.join_room(b.room_id)
            other = await a.create_room("second")
            assert a.room_id == other
            assert [(await received(a)).body for _ in range(5)] == list(range(5))

    run(main())


def test_an_answer_finds_its_request_behind_unawaited_ones(url, run):
    async def main():
        async with ChatClient(url) as a:
            await a.create_room("one")
            await a.send_message("to no room")
            await a.leave_room()
            room = await a.create_room("two")
            assert (await a.join_room(room))["message"] == "Joined room 'two'"

    run(main())


def test_requests_work_during_reading(url, run):
    async def main():
        async with ChatClient(url) as a, ChatClient(url) as b:
            reader = asyncio.ensure_future(received(a))
            await asyncio.sleep(0)
            rooms = await asyncio.gather(*(a.create_room(f"r{n}") for n in range(10)))
            assert len(set(rooms)) == 10
            await b.join_room(rooms[-1])
            await b.send_message("there you are")
            assert await reader == RoomMessage(b.client_id, "there you are")

    run(main())


def test_a_reader_that_is_cancelled_loses_nothing(url, run):
    async def main():
        async with ChatClient(url) as a, ChatClient(url) as b:
            await b.join_room(await a.create_room("r"))
            for n in range(50):
                reader = asyncio.ensure_future(received(b))
                await asyncio.sleep(0)
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
                await a.send_message(n)
                assert (await received(b)).body == n

    run(main())


def test_a_refusal_has_the_words_of_the_server(url, run):
    async def main():
        async with ChatClient(url) as a:
            with pytest.raises(ChatError, match="^Room nope does not exist$"):
                await a.join_room("nope")
            assert a.room_id is None

    run(main())


def test_unawaited_errors_come_with_the_messages(url, run):
    async def main():
        async with ChatClient(url) as a, ChatClient(url) as b:
            await a.send_message("without a room")
            await a.leave_room()
            with pytest.raises(ChatError, match="^You must join a room first$"):
                await received(a)
            with pytest.raises(ChatError, match="^Not in any room$"):
                await received(a)
            await b.join_room(await a.create_room("r"))
            await b.send_message("and on it goes")
            assert (await received(a)).body == "and on it goes"

    run(main())


def test_messages_end_when_one_closes(url, run):
    async def main():
        client = ChatClient(url)
        await client.connect()
        reader = asyncio.ensure_future(received(client))
        await asyncio.sleep(0)
        await client.close()
        assert await reader is None
        await client.close()
        with pytest.raises(ConnectionLost):
            await client.send_message("too late")
        assert [each async for each in client.read_messages()] == []

    run(main())


def test_messages_fail_if_the_server_ends(start, run):
    server = start(listen=["127.0.0.1:0=action"])

    async def main():
        async with ChatClient("ws://%s:%d" % server.address) as client:
            server.signal()
            with pytest.raises(ConnectionLost) as lost:
                await received(client)
            assert lost.value.close_code == 1001
            assert [each async for each in client.read_messages()] == []
            with pytest.raises(ConnectionLost):
                await client.create_room("too late")
        assert server.wait() == 0

    run(main())


def test_a_refused_connection_raises(run, unused_port):
    with pytest.raises(ConnectionLost, match="Cannot connect"):
        run(ChatClient(f"ws://127.0.0.1:{unused_port}").connect())


@pytest.mark.parametrize("greeting", [
    '{"status":"error","message":"no"}',
    '{"status":"connected"}',
    '{"from":"31290c82","body":"hi"}',
    "[]", "null", "hello", "",
])
def test_another_greeting_ends_the_connection(scripted_server, run, greeting):
    url, words = scripted_server
    words.append(greeting)
    client = ChatClient(url)
    with pytest.raises(ChatError, match="Not a greeting"):
        run(client.connect())
    assert client.client_id is None


def test_a_server_that_does_not_greet_is_not_waited_for(scripted_server, run):
    with pytest.raises(ConnectionLost, match="did not greet"):
        run(ChatClient(scripted_server[0], timeout=2).connect())


def test_a_silent_server_is_not_waited_for(run):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "ws://127.0.0.1:%d" % silent.getsockname()[1]
        with pytest.raises(ConnectionLost, match="no answer in time"):
            run(ChatClient(url, timeout=0.05).connect())


def test_an_answer_that_does_not_come_is_not_waited_for(scripted_server, run):
    url, words = scripted_server
    words.append('{"status":"connected","client_id":"31290c82","message":"Welcome!"}')

    async def main():
        async with ChatClient(url) as client:
            client.timeout = 0.05
            with pytest.raises(ChatError, match="No answer to create"):
                await client.create_room("r")

    run(main())


def test_frames_that_are_not_valid_are_skipped(scripted_server, run):
    url, words = scripted_server
    words += ['{"status":"connected","client_id":"1"}', "no JSON", "[]", "7",
              '{"from":"2","body":%s}' % ("9" * 5000), '{"from":"2","body":"hi"}']

    async def main():
        async with ChatClient(url) as client:
            messages = client.messages()
            assert (await messages.__anext__()).body == float("inf")
            assert (await messages.__anext__()).body == "hi"

    run(main())
