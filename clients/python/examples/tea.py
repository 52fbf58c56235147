"""A client whose room survives lost connections.

    python tea.py [ws://localhost:8080] [NAME] [ROOM]

Posts the lines that you type, and shows the messages of the room. Stop the server and
start it again: no message is lost or shown twice.
"""

import asyncio
import sys
from typing import AsyncIterator

from parley_client.native import Message, Missing, Parley, Room


async def lines() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        yield line.rstrip("\n")


async def show(room: Room) -> None:
    async for event in room:
        if isinstance(event, Message):
            print(f"{event.seq} {event.member}: {event.message}", flush=True)
        elif isinstance(event, Missing):
            print(f"({event.first} to {event.last} are lost)", flush=True)


async def main(
    url: str = "ws://localhost:8080", name: str = "", place: str = "tea"
) -> None:
    async with Parley(url, name=name or None) as chat:
        room = await chat.join(
            place, create=True, persistent=True, history=20
        )
        showing = asyncio.ensure_future(show(room))
        async for line in lines():
            if line:
                await room.send(line)
        await room.leave()
        await showing


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
