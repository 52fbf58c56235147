"""Two members of a room, in the dialect `action`.

python game_night.py [ws://localhost:8765]
"""

import asyncio
import sys

from parley_client import ChatClient


async def main(*where: str) -> None:
    async with ChatClient(*where) as alice, ChatClient(*where) as bob:
        room_id = await alice.create_room("Game Night")
        await bob.join_room(room_id)

        await bob.send_message("Who has the dice?")
        await alice.send_message({"dice": [6, 1]})

        async for message in alice.messages():
            print("alice received:", message.body)
            break
        async for message in bob.messages():
            print("bob received:", message.body)
            break

        await bob.leave_room()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
