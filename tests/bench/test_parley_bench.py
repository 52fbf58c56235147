"""parley-bench must not believe a server that is wrong.

A small server speaks like the limit program and commits one fault, once.
"""

import asyncio
import os
import struct
import subprocess
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARLEY_BENCH = os.environ.get("PARLEY_BENCH", str(ROOT / "build/parley-bench"))
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # to the sample key of RFC 6455
WHEN = 100  # of the frames received, the one with the fault


class FaultyServer:
    """Fans frames out to rooms; `fault` names what goes wrong."""

    def __init__(self, fault):
        self.fault = fault
        self.rooms = {}
        self.received = 0
        self.kept = b""
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)

    def __enter__(self):
        self.thread.start()
        start = asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512)
        self.server = asyncio.run_coroutine_threadsafe(
            start, self.loop).result()
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.stop(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def stop(self):
        self.server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def serve(self, reader, writer):
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            room = self.rooms.setdefault(request.split()[1], [])
            status = "503 No" if self.fault == "refuses" else "101 Yes"
            accept = "x" if self.fault == "accepts wrongly" else ACCEPT
            writer.write(f"HTTP/1.1 {status}\r\nSec-WebSocket-Accept: "
                         f"{accept}\r\n\r\n".encode())
            room.append(writer)
            while True:
                self.publish(room, await self.read_frame(reader))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def read_frame(self, reader):
        head = await reader.readexactly(2)
        length = head[1] & 0x7F
        if length == 126:
            length, = struct.unpack("!H", await reader.readexactly(2))
        mask = await reader.readexactly(4)
        masked = await reader.readexactly(length)
        keys = (mask * (length // 4 + 1))[:length]
        text = (int.from_bytes(masked, "big") ^
                int.from_bytes(keys, "big")).to_bytes(length, "big")
        return b"\x81" + (bytes([length]) if length < 126
                          else struct.pack("!BH", 126, length)) + text

    def publish(self, room, frame):
        self.received += 1
        for member in room[1:]:
            member.write(frame)
        victim = room[0]
        if self.received == WHEN:
            self.commit(victim, frame)
        elif self.kept:
            victim.write(frame + self.kept)
            self.kept = b""
        else:
            victim.write(frame)

    def commit(self, victim, frame):
        if self.fault == "reorders":
            self.kept = frame
        elif self.fault == "hangs up":
            victim.close()
        elif self.fault == "sends binary":
            victim.write(b"\x82" + frame[1:])
        elif self.fault == "fragments":
            victim.write(b"\x01" + frame[1:])
        elif self.fault == "mixes runs":
            at = frame.index(b"[bench ") + 7
            victim.write(frame[:at] + b"00000000" + frame[at + 8:])
        elif self.fault == "misroutes":
            for room in self.rooms.values():
                room[0].write(frame)
        elif self.fault == "doubles":
            victim.write(frame + frame)
        elif self.fault != "loses":
            victim.write(frame)


def bench(port, case, *options):
    command = [PARLEY_BENCH, "--pid", str(os.getpid()),
               "--target", "bare", "--seconds", "0.3", *options, case,
               f"127.0.0.1:{port}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("case", ["one-10", "flight-100", "rooms", "speakers"])
def test_believes_a_server_that_is_right(case):
    with FaultyServer(None) as server:
        done = bench(server.port, case, "--members", "12")
    assert done.stderr == ""
    assert done.returncode == 0
    assert "deliveries_per_cpu_s" in done.stdout


@pytest.mark.parametrize("fault, case, said", [
    ("loses", "flight-100", "lost"),
    ("doubles", "flight-100", "again"),
    ("reorders", "flight-100", "lost"),
    ("misroutes", "rooms", "of room"),
    ("mixes runs", "one-10", "another run"),
    ("sends binary", "one-10", "opcode 2"),
    ("fragments", "one-10", "begins 01"),
    ("hangs up", "one-10", "was closed"),
    ("refuses", "one-10", "refused"),
    ("accepts wrongly", "one-10", "Sec-WebSocket-Accept"),
])
def test_does_not_believe_a_server_that(fault, case, said):
    with FaultyServer(fault) as server:
        done = bench(server.port, case, "--members", "12")
    assert said in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("options", [
    ["no-such-case", "127.0.0.1:1"],
    ["one-10", "localhost"],
    ["--seconds", "soon", "one-10", "127.0.0.1:1"],
    ["--target", "other", "one-10", "127.0.0.1:1"],
    ["--members", "60000", "idle", "127.0.0.1:1"],
])
def test_says_what_it_cannot_run(options):
    done = subprocess.run(
        [PARLEY_BENCH, "--pid", str(os.getpid()), *options],
        capture_output=True, text=True, timeout=10)
    assert done.stderr.startswith("parley-bench: ")
    assert done.returncode == 2
