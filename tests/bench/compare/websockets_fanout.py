#!/usr/bin/env python3
"""Fan-out with Python's websockets: clients of the same path are a room."""

import asyncio
import sys

import websockets

rooms = {}


async def serve(socket, path):
    room = rooms.setdefault(path, set())
    room.add(socket)
    try:
        async for message in socket:
            websockets.broadcast(room, message)
    finally:
        room.discard(socket)


async def main(port):
    async with websockets.serve(serve, "127.0.0.1", port, compression=None,
                                ping_interval=None, backlog=512):
        await asyncio.Future()


try:
    import uvloop
    uvloop.install()
except ImportError:
    pass
asyncio.run(main(int(sys.argv[1])))
