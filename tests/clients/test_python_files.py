"""Files, sent and saved by the Python clients."""

import contextlib
import os
import socket
import threading

import pytest

from api import KEY
from parley_client import ChatClient, ChatError, File
from parley_client.native import Message, Parley


class CuttingRelay:
    """A TCP relay that breaks a connection after so many bytes, once."""

    def __init__(self, target):
        self.target = target[:2]
        self.left = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            for pair in (client, server), (server, client):
                threading.Thread(target=self.forward, args=pair, daemon=True).start()

    def forward(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if len(data) > 1000 and self.left is not None:
                    self.left -= len(data)
                    if self.left < 0:
                        self.left = None
                        break
                sink.sendall(data)
        for end in source, sink:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "notes \u00e9.bin"
    path.write_bytes(os.urandom(3_000_000))
    return path


async def next_message(room):
    async for event in room:
        if isinstance(event, Message):
            return event


def ws(address, path=""):
    return "ws://%s:%d%s" % (*address[:2], path)


def test_a_file_is_sent_and_saved(both, run, content, tmp_path):
    async def main():
        url = ws(both.addresses[0])
        async with Parley(url, name="ann") as ann, Parley(url, name="bob") as bob:
            room = await ann.join("files", create=True)
            other = await bob.join("files")
            ack = await room.send_file(content, text="look")
            message = await next_message(other)
            assert message.seq == ack.seq and message.message["text"] == "look"
            file = File.of(message.message)
            assert (file.name, file.size) == (content.name, 3_000_000)
            saved = await bob.save_file(file, tmp_path / "saved")
            assert saved.read_bytes() == content.read_bytes()
            folder = tmp_path / "folder"
            folder.mkdir()
            assert (await bob.save_file(file, folder)).name == content.name

    run(main())


def test_an_upload_goes_on_after_a_lost_connection(both, run, content, tmp_path):
    async def main():
        relay = CuttingRelay(both.addresses[0])
        async with Parley(ws(relay.address), name="ann") as ann:
            room = await ann.join("relayed", create=True)
            relay.left = 1_500_000
            await room.send_file(content)
            assert relay.left is None
            file = File.of((await next_message(room)).message)
            relay.left = 1_000_000
            saved = await ann.save_file(file, tmp_path / "saved")
            assert relay.left is None
            assert saved.read_bytes() == content.read_bytes()
        relay.listener.shutdown(socket.SHUT_RDWR)
        relay.listener.close()

    run(main())


def test_refusals_have_the_code_of_the_server(start, run, content):
    server = start("--files-size", "1MiB", "--admin-key", KEY)

    async def main():
        async with Parley(ws(server.address), name="ann") as ann:
            room = await ann.join("tea", create=True)
            with pytest.raises(ChatError) as refused:
                await room.send_file(content)
            assert refused.value.code == "file_too_large"
            with pytest.raises(ChatError) as refused:
                await ann.save_file("/v1/files/x", content)
            assert refused.value.code == "file_not_found"
            assert content.stat().st_size == 3_000_000

    run(main())


def test_the_small_client_sends_files_too(both, run, content, tmp_path):
    async def main():
        async with ChatClient(ws(both.addresses[1])) as ann, \
                Parley(ws(both.addresses[0]), name="bob") as bob:
            room = await bob.join(await ann.create_room("shared"))
            await ann.send_file(content)
            file = File.of((await next_message(room)).message)
            assert file.name == content.name
            await room.send_file(content, text="back")
            async for message in ann.messages():
                break
            text, _, line = message.body.partition("\n")
            url = line.rpartition(": ")[2]
            assert text == "back" and content.name in line
            saved = await ann.save_file(url, tmp_path / "saved")
            assert saved.read_bytes() == content.read_bytes()

    run(main())
