"""Clients of a soak: some behave, and check what they are sent; others do not.

A client that behaves checks in each of its rooms that numbers go on by one,
over reconnects too, and that what it sent is acknowledged once.
"""

import asyncio
import json
import os
import struct
import time

NO_MASK = b"\0\0\0\0"
REQUEST = (b"GET /ws HTTP/1.1\r\nHost: soak\r\nUpgrade: websocket\r\n"
           b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


class Wrong(Exception):
    """The server has lost, doubled or refused something."""


def frame(opcode, payload):
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + NO_MASK + payload


class Connection(asyncio.Protocol):
    """One connection, which passes events to its client."""

    def __init__(self, client):
        self.client = client
        self.transport = None
        self.unread = b""
        self.is_open = False
        self.code = self.error = None
        self.began = time.monotonic()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(REQUEST)

    def send_command(self, command, **fields):
        text = json.dumps({"command": command, **fields},
                          separators=(",", ":"))
        self.transport.write(frame(TEXT, text.encode()))

    def data_received(self, data):
        self.unread += data
        if not self.is_open:
            head, mark, rest = self.unread.partition(b"\r\n\r\n")
            if not mark:
                return
            if b" 101 " not in head[:20]:
                self.code = head.partition(b"\r\n")[0].decode()
                self.transport.abort()
                return
            self.is_open, self.unread = True, rest
        at = 0
        try:
            while True:
                used = self._frame(at)
                if not used:
                    break
                at += used
        except Wrong as wrong:
            self.client.soak.wrong(f"{self.client.name}: {wrong}")
            self.transport.abort()
        self.unread = self.unread[at:]

    def _frame(self, at):
        data = self.unread
        if len(data) < at + 2:
            return 0
        size, head = data[at + 1], 2
        if size == 126:
            head = 4
            if len(data) < at + head:
                return 0
            (size,) = struct.unpack_from("!H", data, at + 2)
        elif size == 127:
            head = 10
            if len(data) < at + head:
                return 0
            (size,) = struct.unpack_from("!Q", data, at + 2)
        if len(data) < at + head + size:
            return 0
        payload = data[at + head:at + head + size]
        opcode = data[at] & 0xF
        if opcode == PING:
            self.transport.write(frame(PONG, payload))
        elif opcode == CLOSE:
            self.code = struct.unpack("!H", payload[:2])[0] if payload else 1005
            self.transport.write(frame(CLOSE, payload[:2]))
        elif opcode == TEXT:
            self.client.received(json.loads(payload))
        return head + size

    def connection_lost(self, error):
        self.error = error
        self.client.lost(self)


class Client:
    """Connects, and again when the connection ends."""

    def __init__(self, soak, number):
        self.soak, self.number = soak, number
        self.name = f"{type(self).__name__} {number}"
        self.random = soak.random
        self.connection = None
        self.gone = asyncio.Event()

    async def run(self):
        while not self.soak.is_over:
            self.gone.clear()
            try:
                _, self.connection = await asyncio.get_running_loop() \
                    .create_connection(lambda: Connection(self),
                                       *self.soak.address)
            except OSError:
                await asyncio.sleep(1 + self.random.random())
                continue
            try:
                await self.run_once()
            finally:
                if self.connection.transport:
                    self.connection.transport.abort()
            await self.pause(0.5, 2)

    async def run_once(self):
        await self.gone.wait()

    async def pause(self, least, most):
        """Waits for a random time, or until the connection ends."""
        span = least + (most - least) * self.random.random()
        try:
            await asyncio.wait_for(self.gone.wait(), span)
        except asyncio.TimeoutError:
            pass

    def received(self, event):
        pass

    def lost(self, connection):
        if connection is self.connection:
            self.gone.set()


class Place:
    """A room, as a member has it."""

    def __init__(self):
        self.epoch, self.seq = None, None

    def note(self, seq):
        if self.seq is not None and seq != self.seq + 1:
            raise Wrong(f"{seq} after {self.seq}")
        self.seq = seq


class Behaving(Client):
    """A member of some rooms that reads all events and checks the numbers of
    messages."""

    rooms_each = 2

    def __init__(self, soak, number):
        super().__init__(soak, number)
        self.places = {room: Place() for room in
                       self.random.sample(soak.rooms, self.rooms_each)}
        self.messages = 0

    def received(self, event):
        kind = event["event"]
        if kind == "me":
            for room in self.places:
                self.join(room)
        elif kind == "joined":
            self.joined(self.places[event["room"]], event)
        elif kind == "broadcast" and "seq" in event:
            self.messages += 1
            self.places[event["room"]].note(event["seq"])
        elif kind == "error" and event["code"] != "rate_limited":
            raise Wrong(f"error {event}")

    def join(self, room):
        place = self.places[room]
        fields = {"create": True, "persistent": room.startswith("kept")}
        if place.epoch:
            fields["since"] = {"epoch": place.epoch, "seq": place.seq}
        self.connection.send_command("join", room=room, **fields)

    def joined(self, place, event):
        again = place.epoch == event["epoch"]
        if again and event.get("recovered"):
            for message in event["messages"]:
                place.note(message["seq"])
            if event.get("more"):
                place.seq = event["seq"]  # further pages are not requested here
            elif place.seq != event["seq"]:
                raise Wrong(f"recovered {place.seq} of {event['seq']}")
        elif again and event["room"].startswith("kept") and not \
                event.get("missing"):
            raise Wrong(f"not recovered: {str(event)[:200]}")
        place.epoch, place.seq = event["epoch"], event["seq"]

    def lost(self, connection):
        code = connection.code
        # A client that behaves is only closed by a drain, or closes itself.
        if connection is self.connection and not self.soak.is_over and \
                not self.leaving():
            after = time.monotonic() - connection.began
            self.soak.wrong(f"{self.name} was closed with {code} after "
                            f"{after:.1f} s, {connection.error}, "
                            f"upgraded {connection.is_open}")
        super().lost(connection)

    def leaving(self):
        return False


class Reader(Behaving):
    pass


class Author(Behaving):
    """Posts a message every few seconds, and waits for the acknowledgement."""

    def __init__(self, soak, number):
        super().__init__(soak, number)
        self.count = 0
        self.acked = asyncio.Event()

    async def run_once(self):
        while not self.gone.is_set() and not self.soak.is_over:
            await self.pause(1, 4)
            if self.gone.is_set() or self.soak.is_over:
                return
            room = self.random.choice(list(self.places))
            self.count += 1
            self.acked.clear()
            self.soak.sent += 1
            text = f"{self.number}:{self.count}:" + "x" * self.random.randrange(1500)
            self.connection.send_command("broadcast", room=room, ref=self.count,
                                key=f"{self.number}.{self.count}", message=text)
            try:
                await asyncio.wait_for(self.acked.wait(), 60)
            except asyncio.TimeoutError:
                if not self.soak.is_over:
                    self.soak.wrong(f"{self.name}: no acknowledgement")
                return

    def received(self, event):
        if event["event"] == "ack":
            if event["ref"] != self.count:
                raise Wrong(f"acknowledged {event}")
            self.soak.acked += 1
            self.soak.remember(event["room"], event["seq"])
            self.acked.set()
        else:
            super().received(event)


class Leaver(Behaving):
    """Disconnects with a close frame, and connects again."""

    is_leaving = False

    async def run_once(self):
        self.is_leaving = False
        await self.pause(3, 15)
        self.is_leaving = True
        if not self.gone.is_set():
            self.connection.transport.write(
                frame(CLOSE, struct.pack("!H", 1000)))
            await self.pause(2, 2)

    def leaving(self):
        return self.is_leaving


class Aborter(Leaver):
    """Disconnects without a close frame, and connects again."""

    async def run_once(self):
        self.is_leaving = False
        await self.pause(3, 15)
        self.is_leaving = True
        self.connection.transport.abort()
        self.gone.set()


class Staller(Behaving):
    """Does not read for a while."""

    async def run_once(self):
        await self.pause(2, 5)
        if self.gone.is_set() or not self.connection.is_open:
            return
        self.connection.transport.pause_reading()
        await self.pause(5, 20)
        if not self.connection.transport.is_closing():
            self.connection.transport.resume_reading()
        await self.pause(5, 10)

    def leaving(self):
        return True


class Abuser(Client):
    """Violates the protocol or exceeds limits."""

    async def run_once(self):
        await self.pause(0.5, 3)
        attack = self.random.randrange(7)
        write = self.connection.transport.write
        if attack == 0:
            write(os.urandom(2000))
        elif attack == 1:
            write(frame(TEXT, b'{"command":"broadcast","message":'))
        elif attack == 2:
            write(frame(PING, b"x" * 125) * 200)
        elif attack == 3:
            write(struct.pack("!BBQ", 0x81, 0xFF, 1 << 40) + NO_MASK)
        elif attack == 4:
            for room in self.soak.rooms[:4]:
                self.connection.send_command("join", room=room)
            for _ in range(300):
                self.connection.send_command("rooms")
        elif attack == 5:
            write(frame(TEXT, b'{"command":"name","name":"x"}') * 300)
        else:
            write(frame(TEXT, b"[" * 60000)[:30000])
        await self.pause(1, 5)
