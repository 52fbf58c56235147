"""Clients that count without reading must count right."""

import json
import os
import socket
import struct
import time

import pytest

from clients import Client, cpu_seconds, frame, resident
from servers import Failed

MARK = b'"event":"ack"'


class Scripted:
    """A socket from which one reads what was written down."""

    def __init__(self, *parts):
        self.parts = list(parts)

    def recv(self, _):
        return self.parts.pop(0) if self.parts else b""


@pytest.mark.parametrize("at", range(len(MARK) + 1))
def test_sees_a_mark_wherever_it_is_cut(at):
    Client(Scripted(b"x" + MARK[:at], MARK[at:] + b"y")).await_(MARK, 1)


def test_sees_a_mark_that_comes_byte_by_byte():
    text = MARK + b"z" + MARK
    scripted = Scripted(*(text[i:i + 1] for i in range(len(text))))
    Client(scripted).await_(MARK, 2)
    assert scripted.parts == []


def test_counts_no_mark_twice():
    with pytest.raises(Failed, match="closed"):
        Client(Scripted(b"x" + MARK, b"y", b"z")).await_(MARK, 2)


def test_counts_nothing_again_that_was_waited_for_before():
    client = Client(Scripted(MARK, b"x"))
    client.await_(MARK, 1)
    with pytest.raises(Failed, match="closed"):
        client.await_(MARK, 1)


@pytest.mark.parametrize("at", [0, 1, 9, 15])
def test_ignores_counts_after_an_error(at):
    error = b'"event":"error"'
    with pytest.raises(Failed, match="the server answered"):
        Client(Scripted(b"x" * 99 + error[:at],
                        error[at:] + MARK)).await_(MARK, 1)


@pytest.mark.parametrize("length, head", [
    (125, struct.pack("!BB", 0x81, 0x80 | 125)),
    (126, struct.pack("!BBH", 0x81, 0x80 | 126, 126)),
    (1000, struct.pack("!BBH", 0x81, 0x80 | 126, 1000)),
])
def test_frames_are_masked_with_zeros(length, head):
    command = {"m": "." * (length - len('{"m":""}'))}
    text = json.dumps(command, separators=(",", ":")).encode()
    assert frame(command) == head + bytes(4) + text


def test_sends_all_questions_at_once():
    ours, theirs = socket.socketpair()
    theirs.sendall(MARK * 3)
    Client(ours).ask(MARK, {"a": 1}, {"b": 2}, {"c": 3})
    assert theirs.recv(1000) == b"".join(
        map(frame, ({"a": 1}, {"b": 2}, {"c": 3})))
    ours.close()
    theirs.close()


def test_cpu_time_is_that_of_the_process():
    before = time.process_time()
    spent = cpu_seconds(os.getpid())
    assert before <= spent <= time.process_time()


def test_memory_that_is_used_is_resident():
    before = resident(os.getpid())
    used = bytearray(b"x" * (32 << 20))
    assert resident(os.getpid()) - before >= len(used) * 0.9
