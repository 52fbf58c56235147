"""A small server with the protocol of the limit program, and with one fault."""

import asyncio
import json
import struct
import threading

ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # to the sample key of RFC 6455
WHEN = 100  # of the frames received, the one with the fault


def text_frame(text):
    size = len(text)
    return b"\x81" + (bytes([size]) if size < 126
                      else struct.pack("!BH", 126, size) if size < 65536
                      else struct.pack("!BQ", 127, size)) + text


class FaultyServer:
    """Fans frames out to rooms; `fault` is the name of its fault. It may have several
    ports, as nodes that are one chat."""

    def __init__(self, fault, ports=1):
        self.fault = fault
        self.ports = [0] * ports
        self.connections = []  # the port of each
        self.rooms = {}
        self.received = 0
        self.kept = b""
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)

    def __enter__(self):
        self.thread.start()
        self.servers = [asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self.serve, "127.0.0.1", port, backlog=512),
            self.loop).result() for port in self.ports]
        self.ports = [server.sockets[0].getsockname()[1]
                      for server in self.servers]
        self.port = self.ports[0]
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.stop(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def stop(self):
        for server in self.servers:
            server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def serve(self, reader, writer):
        self.connections.append(writer.get_extra_info("sockname")[1])
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            room = self.rooms.setdefault(request.split()[1], [])
            status = "503 No" if self.fault == "refuses" else "101 Yes"
            accept = "x" if self.fault == "accepts wrongly" else ACCEPT
            writer.write(f"HTTP/1.1 {status}\r\nSec-WebSocket-Accept: "
                         f"{accept}\r\n\r\n".encode())
            await self.talk(room, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def talk(self, room, reader, writer):
        room.append(writer)
        while True:
            self.publish(room, await self.read_frame(reader))

    async def read_frame(self, reader):
        head = await reader.readexactly(2)
        length = head[1] & 0x7F
        if length >= 126:
            length = int.from_bytes(
                await reader.readexactly(2 if length == 126 else 8), "big")
        mask = await reader.readexactly(4)
        masked = await reader.readexactly(length)
        keys = (mask * (length // 4 + 1))[:length]
        text = (int.from_bytes(masked, "big") ^
                int.from_bytes(keys, "big")).to_bytes(length, "big")
        return text_frame(text)

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


class ClosingServer(FaultyServer):
    """Answers the close frame that its clients begin with."""

    async def talk(self, room, reader, writer):
        await self.read_frame(reader)
        writer.write(b"\x88\x02" + struct.pack("!H", 1000))
        writer.close()


class ActionServer(FaultyServer):
    """The same in the dialect `action`: the fault affects the first client."""

    async def talk(self, room, reader, writer):
        send(writer, {"status": "connected", "client_id": "31290c82"})
        while True:
            asked = json.loads(payload(await self.read_frame(reader)))
            if asked["action"] != "message":
                room.append(writer)
                send(writer, {"status": "success", "room_id": "25a05739"})
                continue
            sent = text_frame(json.dumps(
                {"from": "31290c82", "body": asked["body"]}).encode())
            self.publish_to_others(room, writer, sent)
            if self.fault != "answers no more" or self.received < WHEN:
                send(writer, {"status": "success", "message": "Message sent"})

    def publish_to_others(self, room, author, frame):
        if author is not room[0]:
            self.publish([each for each in room if each is not author], frame)
            return
        for member in room[1:]:
            member.write(frame)


class MqttServer(FaultyServer):
    """A broker of MQTT 3.1.1 with one topic, and QoS 0."""

    async def talk(self, room, reader, writer):
        assert payload(await self.read_frame(reader)) == (
            b"\x10\x0c\0\x04MQTT\x04\x02\x0e\x10\0\0"
            b"\x82\x0f\0\x01\0\x0abench/0000\0")
        writer.write(b"\x82\x04\x20\x02\0\0")
        writer.write(b"\x82\x05\x90\x03\0\x01\0")
        room.append(writer)
        while True:
            frame = await self.read_frame(reader)
            packet = payload(frame)
            assert packet[0] == 0x30
            assert mqtt_size(packet) == len(packet)
            self.publish(room, b"\x82" + frame[1:])


class CentrifugoServer(FaultyServer):
    """Channels of Centrifugo; each frame has two lines."""

    async def talk(self, room, reader, writer):
        connect, subscribe = payload(await self.read_frame(reader)).split(b"\n")
        assert json.loads(connect) == {"id": 1, "connect": {}}
        channel = json.loads(subscribe)["subscribe"]["channel"]
        writer.write(text_frame(b'{"id":1,"connect":{}}\n{"id":2,"subscribe":{}}'))
        self.rooms.setdefault(channel, []).append(writer)
        while True:
            asked = json.loads(payload(await self.read_frame(reader)))["publish"]
            pushed = json.dumps({"push": {
                "channel": asked["channel"], "pub": {"data": asked["data"]}}})
            self.publish(self.rooms[asked["channel"]],
                         text_frame(b'{"id":3,"publish":{}}\n' + pushed.encode()))


def payload(frame):
    return frame[{126: 4, 127: 10}.get(frame[1], 2):]


def mqtt_size(packet):
    """Returns the size of a packet, with its head."""
    length = 0
    for at, byte in enumerate(packet[1:5]):
        length += (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return 2 + at + length
    return 0


def send(writer, answer):
    writer.write(text_frame(json.dumps(answer).encode()))
