"""Stored messages: the time to load them at a start, and to read a page of them."""

import time

from clients import BODY, cpu_seconds, dial, frame, resident

BYTES_IN_FLIGHT = 64000  # the answers must fit the socket buffers


def fill(port, rooms, messages, body=BODY):
    """Posts so many messages in each of so many rooms, all acknowledged."""
    client = dial(port)
    at_once = max(1, BYTES_IN_FLIGHT // len(body))
    for number in range(rooms):
        if number % 50 == 49:  # at most 64 rooms per member
            client.close()
            client = dial(port)
        room = f"bench_{number}"
        client.ask(b'"event":"created"', {
            "command": "create", "room": room, "name": "bench",
            "persistent": True})
        sent = frame({"command": "broadcast", "room": room, "ref": 1,
                      "message": body})
        for begin in range(0, messages, at_once):
            count = min(at_once, messages - begin)
            client.socket.sendall(sent * count)
            client.await_(b'"event":"ack"', count)
    client.close()


def measure_replay(site):
    """Fills a store, stops the server and measures how long the next start takes."""
    rooms, messages = 1000, 1000
    with site.start() as server:
        fill(server.port, rooms, messages)
    with site.start() as server:
        pid = server.process.pid
        cpu = cpu_seconds(pid)
        return {"messages": rooms * messages, "cpu_s": cpu,
                "messages_per_cpu_s": rooms * messages / cpu,
                "bytes_per_message": resident(pid) / (rooms * messages)}


def page_cost(server, room, seconds):
    """CPU seconds of the server for one page of 50."""
    client = dial(server.port)
    client.ask(b'"event":"joined"', {"command": "join", "room": room})
    ask = [{"command": "history", "room": room, "limit": 50}] * 8
    began = cpu_seconds(server.process.pid)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        client.ask(b'"event":"history"', *ask)
        count += len(ask)
    client.close()
    return (cpu_seconds(server.process.pid) - began) / count


def measure_pages(site):
    """Measures the same page, of a room with few messages and of one with many."""
    with site.start() as server:
        fill(server.port, 1, 1_000_000)
    with site.start() as server:
        client = dial(server.port)
        client.ask(b'"event":"created"', {
            "command": "create", "room": "few", "name": "few",
            "persistent": True})
        client.ask(b'"event":"ack"', *[{
            "command": "broadcast", "room": "few", "ref": 1,
            "message": BODY}] * 1000)
        client.close()
        few = page_cost(server, "few", site.seconds)
        many = page_cost(server, "bench_0", site.seconds)
    return {"few_us": few * 1e6, "many_us": many * 1e6,
            "cost_ratio": many / few}
