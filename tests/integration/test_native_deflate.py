"""Some members of a room use compression, others do not."""

import asyncio
import json

import websockets

from server import DEADLINE


async def answer(client, kind):
    while True:
        event = json.loads(await client.recv())
        if event["event"] == kind:
            return event


async def converse(url, texts):
    async with websockets.connect(url) as packed:
        async with websockets.connect(url, compression=None) as plain:
            assert packed.extensions and not plain.extensions
            for each in packed, plain:
                await each.send('{"command":"join","room":"r","create":true}')
                await answer(each, "joined")
            for author, text in zip((packed, plain), texts):
                sent = {"command": "broadcast", "room": "r", "message": text}
                await author.send(json.dumps(sent))
                for each in packed, plain:
                    received = await answer(each, "broadcast")
                    while "seq" not in received:  # an announcement in the lobby
                        received = await answer(each, "broadcast")
                    assert received["message"] == text


def test_a_room_gets_the_same_compressed_or_not(start):
    host, port = start("--deflate-enabled", "on").address
    texts = ["x" * 3000, "".join(map(chr, range(0x20, 0x1000)))]
    asyncio.run(
        asyncio.wait_for(converse(f"ws://{host}:{port}/ws", texts), DEADLINE)
    )


def test_every_length_that_the_greeting_promises_inflates(start):
    host, port = start("--deflate-enabled", "on").address
    texts = ["x" * length for length in (65480, 65500, 65534)]
    for pair in zip(texts, reversed(texts)):
        asyncio.run(
            asyncio.wait_for(converse(f"ws://{host}:{port}/ws", pair), DEADLINE)
        )
