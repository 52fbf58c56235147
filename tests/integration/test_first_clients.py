"""Clients like the first ones, which the dialects `action` and `topic` were
made for: on the library `websockets`, as an application would use it."""

import asyncio
import json
import statistics
import time

import pytest
import websockets

from dialects import BAD_NAME, NO_JSON, SENT
from server import DEADLINE

# --- action -------------------------------------------------------------------


class ActionClient:
    """Takes the next frame as the answer to a request; messages are read in the
    background."""

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

    async def send_command(self, action, body):
        await self.socket.send(json.dumps({"action": action, "body": body}))

    async def request(self, action, body):
        await self.send_command(action, body)
        answer = json.loads(await self.socket.recv())
        assert answer["status"] == "success", answer
        return answer["room_id"]

    async def post_messages(self, rate, count):
        began = time.monotonic()
        for n in range(count):
            await asyncio.sleep(began + n / rate - time.monotonic())
            body = json.dumps({"number": n, "time": time.monotonic()})
            await self.send_command("message", body)

    async def read_messages(self, count):
        """Reads until so many messages were received, and the own ones acknowledged."""
        last = {}
        sent = 0
        while len(self.latencies) < count or sent < count // len(last):
            got = json.loads(await self.socket.recv())
            if "status" in got:
                assert got == SENT, got
                sent += 1
                continue
            body = json.loads(got["body"])
            assert body["number"] == last.get(got["from"], -1) + 1
            last[got["from"]] = body["number"]
            self.latencies.append(time.monotonic() - body["time"])


async def post_at_rate(url, clients, rate, count):
    members = [await ActionClient.connect(url) for _ in range(clients)]
    room = await members[0].request("create", {"room_name": "Latency"})
    for member in members[1:]:
        assert await member.request("join", {"room_id": room}) == room
    received = count * (clients - 1)
    await asyncio.gather(*(each.read_messages(received) for each in members),
                         *(each.post_messages(rate, count) for each in members))
    for member in members:
        await member.send_command("leave", {})
        await member.socket.close()
    return [each.latencies for each in members]


@pytest.mark.parametrize("rate", [30, 60, 200])
def test_four_clients_that_post_at_a_rate_miss_nothing(start_preset, seconds_of_load, rate):
    """The benchmark of the first server."""
    server = start_preset(listen=["127.0.0.1:0=action"])
    url = "ws://%s:%d/" % server.address
    count = rate * seconds_of_load
    run = post_at_rate(url, clients=4, rate=rate, count=count)
    received = asyncio.run(asyncio.wait_for(run, seconds_of_load + 3 * DEADLINE))
    assert [len(each) for each in received] == [3 * count] * 4
    average = statistics.mean(sum(received, []))
    print(f"{rate}/s: {3 * count} received by each, {1000 * average:.2f} ms on average")
    assert average < 0.5


# --- topic --------------------------------------------------------------------


class TopicClient:
    """Join, look at the first frame, then read."""

    @classmethod
    async def connect(cls, url, username, topic):
        self = cls()
        self.socket = await websockets.connect(url, ping_interval=0.05)
        await self.send(username=username, topic=topic)
        first = await self.receive()
        if first["type"] != "joined":
            raise PermissionError(first["message"])
        self.name = first["username"]
        return self

    async def send(self, **frame):
        await self.socket.send(json.dumps(frame))

    async def receive(self):
        return json.loads(await self.socket.recv())

    async def receive_many(self, count):
        return [await self.receive() for _ in range(count)]


async def converse(url):
    alice, bob = [await TopicClient.connect(url, "Alice", "Sports") for _ in range(2)]
    assert (alice.name, bob.name) == ("alice", "alice#2")
    text = "one two three" * 20
    for client in alice, bob:
        await client.send(message=text)
        await client.send(type="heartbeat", timestamp=time.time())
    for client in alice, bob:
        kinds = [frame["type"] for frame in await client.receive_many(4)]
        assert sorted(kinds) == ["ack", "heartbeat", "message", "message"]
    await alice.socket.send("/list")
    assert (await alice.receive())["topics"][0]["user_count"] == 2
    with pytest.raises(PermissionError, match=BAD_NAME):
        await TopicClient.connect(url, "root", "Sports")
    lost = await websockets.connect(url)
    await lost.send("hello")
    assert json.loads(await lost.recv())["message"] == NO_JSON
    with pytest.raises(websockets.ConnectionClosed):
        await lost.recv()
    assert (lost.close_code, lost.close_reason) == (1003, "Invalid JSON")
    for client in alice, bob:
        await client.socket.close()
        assert client.socket.close_code == 1000


@pytest.mark.parametrize("deflate", ["off", "on"])
def test_a_client_of_the_library_works(start, deflate):
    server = start("--deflate-enabled", deflate, listen=["127.0.0.1:0=topic"])
    url = "ws://%s:%d/ws" % server.address
    asyncio.run(asyncio.wait_for(converse(url), DEADLINE))
