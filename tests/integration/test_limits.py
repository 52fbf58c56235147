"""Limits of connections, and what happens when they are exceeded."""

import contextlib
import socket
import time

import pytest

from client import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Chat,
    Connection,
    Gone,
    WebSocket,
    fragments,
    frame,
    get,
    head,
    is_ready,
    plain_head,
)
from server import DEADLINE, eventually


def upgrade(address):
    connection = Connection(address)
    connection.send(head())
    return connection, connection.read_response()


def test_connections_are_limited(start):
    server = start("--limits-connections", "3")
    chats = [Chat(server.address) for _ in range(3)]
    refused, response = upgrade(server.address)
    assert response.status == 503
    assert int(response.headers["retry-after"]) > 0
    refused.expect_end()
    chats[0].pending()
    chats[2].leave()

    def is_room():
        connection, response = upgrade(server.address)
        connection.socket.close()
        return response.status == 101

    eventually(is_room)
    assert chats[1].ask("ping")["event"] == "pong"


def own_address():
    """An address of this machine that is not loopback: which one would be
    used to reach a documentation address (no packet is sent)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


@pytest.mark.skipif(not own_address(), reason="no address but loopback")
def test_connections_per_address_are_limited(start):
    limits = "--limits-connections-per-ip", "2"
    server = start(*limits, listen=["0.0.0.0:0"])
    _, port = server.address
    mine = own_address(), port
    held = [upgrade(mine) for _ in range(2)]
    assert [response.status for _, response in held] == [101, 101]
    refused, response = upgrade(mine)
    assert response.status == 429
    refused.socket.close()
    # Loopback is exempt, and does not count for the others.
    local = [upgrade(("127.0.0.1", port)) for _ in range(5)]
    assert {response.status for _, response in local} == {101}
    held[0][0].socket.close()
    eventually(lambda: upgrade(mine)[1].status == 101)


def test_many_newcomers_are_let_in_at_a_rate(start):
    server = start("--limits-accept-rate", "50", "--limits-accept-burst", "10")
    began = time.monotonic()
    crowd = [Connection(server.address) for _ in range(40)]
    for each in crowd:
        each.send(head())
    for each in crowd:
        assert each.read_response().status == 101
        each.socket.close()
    assert 0.4 < time.monotonic() - began < DEADLINE


def connect_from(source, address):
    connected = socket.create_connection(address, DEADLINE, (source, 0))
    connected.settimeout(DEADLINE)
    return connected


def answer_from(source, address, request):
    """The first line of the answer, which must come within DEADLINE."""
    with connect_from(source, address) as connected:
        connected.sendall(request)
        return connected.recv(1 << 16).partition(b"\r\n")[0]


def test_a_flood_of_connects_delays_no_other_address(start):
    # At this rate the flood alone would take minutes.
    server = start("--limits-accept-rate", "3", "--limits-accept-burst", "20")
    flood = [connect_from("127.0.1.1", server.address) for _ in range(600)]
    for n in range(5):
        source = f"127.0.2.{n + 1}"
        assert b"101" in answer_from(source, server.address, head())
        assert b"200" in answer_from(source, server.address, plain_head("/livez"))
    # A probe has a rate of its own, a request goes before silent connects.
    assert b"200" in answer_from("127.0.1.1", server.address, plain_head("/livez"))
    assert b"101" in answer_from("127.0.1.1", server.address, head())
    for each in flood:
        each.close()


def connect_many(address, count):
    """Returns the connections that the server does not reset at once."""
    crowd = []
    for _ in range(count):
        with contextlib.suppress(ConnectionResetError):
            crowd.append(Connection(address))
    return crowd


def test_running_out_of_descriptors_is_survived(start):
    server = start("--limits-connections", "1000", files=100)
    server.wait_for_line("limits.connections is 40, not 1000")
    chat = Chat(server.address)
    crowd = connect_many(server.address, 150)
    for _ in range(200):
        chat.ask_ok("ping")
    for each in crowd:
        each.socket.close()
    eventually(lambda: is_ready(server.address))
    Chat(server.address).leave()
    chat.leave()


def test_a_crowd_beyond_the_descriptors_costs_no_cpu(start):
    server = start("--limits-connections", "1000", files=100)
    crowd = connect_many(server.address, 150)
    before = server.cpu_seconds()
    try:  # a second without messages
        crowd[0].socket.settimeout(1)
        crowd[0].read(1)
    except (TimeoutError, Gone):
        pass
    assert server.cpu_seconds() - before < 0.3
    # Those beyond the reserved descriptors are reset at once.
    assert not [line for line in server.lines if "cannot accept" in line]
    refused = [line for line in server.lines if "refused" in line]
    assert 1 <= len(refused) <= 11
    for each in crowd:
        each.socket.close()
    eventually(lambda: is_ready(server.address))


def test_an_unfinished_message_has_a_deadline(start):
    server = start("--limits-message-time", "1s")
    with Chat(server.address) as slow, Chat(server.address) as other:
        slow.send_frame(TEXT, '{"command":', fin=False)
        slow.expect_bye(1008)
        other.ask_ok("ping")


def test_a_message_that_drips_gains_no_time(start):
    # In the middle of a frame, the client cannot answer our close.
    server = start("--limits-message-time", "1s", "--limits-close-timeout", "100ms")
    with Chat(server.address) as slow:
        slow.socket.settimeout(0.02)
        slow.send(frame(BINARY, b"x", length=10_000))
        while not slow.unread:
            slow.send(b"x")
            try:
                slow.unread += slow.receive()
            except TimeoutError:
                continue
        slow.socket.settimeout(DEADLINE)
        slow.expect_bye(1008)


def test_every_message_has_its_own_deadline(start):
    """The deadline of a message that ends in a packet is not that of the next one."""
    server = start("--limits-message-time", "2s")
    with Chat(server.address) as chat:
        message = frame(TEXT, '{"command":"ping"}')
        began = time.monotonic()
        chat.socket.settimeout(0.05)
        chat.send(message[:5])
        pongs = 0
        while time.monotonic() < began + 3:
            chat.send(message[5:] + message[:5])
            pongs += 1
            try:
                chat.unread += chat.receive()
            except TimeoutError:
                pass
        chat.socket.settimeout(DEADLINE)
        chat.send(message[5:])
        for _ in range(pongs + 1):
            chat.expect("pong")


def test_fragments_are_counted(start):
    server = start("--limits-fragments", "4")
    with Chat(server.address) as chat:
        pieces = [b'{"command":', b'"ping"', b"", b"}"]
        chat.send(
            frame(TEXT, pieces[0], fin=False)
            + b"".join(frame(CONTINUATION, p, fin=False) for p in pieces[1:3])
            + frame(CONTINUATION, pieces[3])
        )
        chat.expect("pong")
        chat.send(
            frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 4
        )
        chat.expect_bye(1008)


@pytest.mark.parametrize("size", [240, 4096])
def test_encoders_with_small_buffers_may_send_the_largest_frame(start, size):
    """As Go's compressor (240 bytes) and gorilla/websocket (4 096) write."""
    server = start()
    with Chat(server.address) as chat:
        command = b'{"command":"ping","x":"' + b"x" * 1000000 + b'"}'
        pieces = [command[n : n + size] for n in range(0, len(command), size)]
        chat.send(fragments(TEXT, pieces))
        chat.expect("pong")


def test_unfinished_messages_of_all_are_bounded(start):
    server = start("--limits-input-total", "1MiB")
    small, large = Chat(server.address), Chat(server.address)
    other = Chat(server.address)
    for each in small, large:
        each.pending()
    # Memory is taken ahead: even with twice as much it stays the smaller one.
    small.send_frame(TEXT, b"x" * 100_000, fin=False)
    large.send_frame(TEXT, b"x" * 900_000, fin=False)
    large.expect_bye(4100)
    small.send_frame(CONTINUATION, b"")
    small.expect("error")
    other.ask_ok("ping")


def test_reading_pauses_beyond_the_rate_of_bytes(start):
    server = start("--limits-bytes", "100KiB", "--limits-bytes-burst", "50KiB")
    with Chat(server.address) as chat:
        began = time.monotonic()
        for n in range(10):
            chat.send_command("broadcast", message=f"{n}" + "x" * 20_000)
        for n in range(10):
            chat.expect("broadcast")
        assert 0.8 < time.monotonic() - began < DEADLINE


@pytest.mark.parametrize("timeout", ["900ms", "10s", "0"])
def test_an_idle_client_gets_a_ping(start, timeout):
    server = start("--limits-ping-interval", "1s", "--limits-pong-timeout", timeout)
    with Chat(server.address) as chat:
        began = time.monotonic()
        for _ in range(2):
            got = chat.read_frame()
            assert got.opcode == PING
            chat.send_frame(PONG, got.payload)
        assert 1.5 < time.monotonic() - began < DEADLINE


def test_a_client_that_does_not_answer_is_closed(start):
    server = start("--limits-ping-interval", "1s", "--limits-pong-timeout", "2s")
    with Chat(server.address) as dead, Chat(server.address) as alive:
        dead.expect("broadcast")
        alive.socket.settimeout(0.05)
        while True:  # any frame is a sign of life
            alive.send_command("typing", room="x")
            try:
                alive.read_message()
                dead.socket.settimeout(0.01)
                dead.unread += dead.receive()
                if b"4203" in dead.unread:
                    break
            except TimeoutError:
                continue
        dead.socket.settimeout(DEADLINE)
        bye, _ = dead.expect_bye(4203)
        assert bye["reason"] == "ping_timeout"
        alive.socket.settimeout(DEADLINE)
        alive.ask("ping")


def test_a_close_that_is_not_answered_ends_anyhow(start):
    server = start("--limits-close-timeout", "200ms")
    with WebSocket(server.address) as ws:
        began = time.monotonic()
        ws.send_frame(TEXT, b"\xff")
        ws.read_close()
        assert time.monotonic() - began < 5  # which is the preset


def test_a_frame_has_a_largest_size(start):
    server = start("--limits-frame-bytes", "2000", "--limits-message-bytes", "1000")
    with Chat(server.address) as chat:
        refused = chat.refusal("broadcast", message="x" * 999)
        assert (refused["code"], refused["limit"]) == ("message_too_large", 1000)
        chat.send_frame(TEXT, b"", length=2001)
        chat.expect_bye(1009)


def test_control_frames_come_at_a_limited_rate(start):
    server = start("--limits-control-frames", "1", "--limits-control-frames-burst", "5")
    with Chat(server.address) as chat:
        chat.send(frame(PING) * 5)
        for _ in range(5):
            assert chat.read_frame().opcode == PONG
        chat.send(frame(PING) * 5)
        chat.expect_bye(1008)


def test_at_the_bound_of_memory_new_connections_are_refused(start):
    server = start("--limits-memory", "16MiB")
    chat = Chat(server.address)
    for room in range(4):
        chat.ask_ok("join", room=f"r{room}", create=True)
        for _ in range(70):
            chat.post(f"r{room}", "x" * 60_000)
    refused, response = upgrade(server.address)
    assert response.status == 503 and response.headers["retry-after"]
    refused.socket.close()
    ready = get(server.address, "/readyz")
    assert (ready.status, b"memory" in ready.body) == (503, True)
    assert get(server.address, "/livez").status == 200
    for room in range(4):
        chat.ask_ok("leave", room=f"r{room}")
    assert is_ready(server.address)
    Chat(server.address).leave()


def test_a_second_crowd_costs_no_more_memory(start):
    server = start("--presence-up-to", "0")

    def crowd_comes_and_goes():
        chats = [Chat(server.address) for _ in range(500)]
        for each in chats:
            each.send_command("join", room="crowd", create=True)
        for each in chats[:20]:
            each.ask_ok("broadcast", room="crowd", message="hello")
        for each in chats:
            each.socket.close()
        eventually(lambda: server.descriptors() == before)
        return server.memory()

    before = server.descriptors()
    crowd_comes_and_goes()
    first = crowd_comes_and_goes()
    assert crowd_comes_and_goes() < first + (4 << 20)
