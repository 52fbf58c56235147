"""Throws dice on request, in any number of rooms.

python dice_bot.py [ws://localhost:8080] [ROOM…]
"""

import asyncio
import random
import re
import sys

from parley_client.native import Connected, Disconnected, Message, Parley, Room


async def serve(room: Room) -> None:
    print("dice for", room.id, flush=True)
    async for event in room:
        if not isinstance(event, Message) or event.mine:
            continue
        asked = re.fullmatch(r"!dice (\d)", str(event.message))
        if asked:
            thrown = [random.randint(1, 6) for _ in range(int(asked[1]))]
            # With this key each request gets one answer, even from two bots.
            await room.send({"dice": thrown}, key=f"dice-{event.seq}")


async def report(chat: Parley) -> None:
    async for event in chat.events():
        if isinstance(event, (Connected, Disconnected)):
            print(event, flush=True)


async def main(url: str = "ws://localhost:8080", *rooms: str) -> None:
    async with Parley(url, name="dice") as chat:
        tasks = [report(chat)]
        for room in rooms or ("tea",):
            tasks.append(serve(await chat.join(room, create=True)))
        await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
