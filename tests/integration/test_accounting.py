"""Every copy of a message is accounted for in /metrics."""

import pytest

from client import Chat, get
from server import eventually

READERS = 5
MESSAGE = "x" * 40_000


@pytest.fixture
def servers(start, tmp_path):
    """A Unix socket, too: there the kernel takes 200 KiB and no more."""
    return start(listen=("127.0.0.1:0", f"unix:{tmp_path}/sock"))


def metrics(server):
    lines = get(server.address, "/metrics").body.decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")


def copies(server, chat):
    """Returns the present counts. The server collects its statistics a few times a
    second, so the error of a command of this member shows when they are new."""
    name = 'parley_errors_total{code="room_not_found"}'
    wanted = int(metrics(server)[name]) + 1
    chat.refusal("leave", room="nowhere")
    eventually(lambda: int(metrics(server)[name]) >= wanted)
    found = {
        name.removeprefix("parley_copies_").removesuffix("_total"): int(value)
        for name, value in metrics(server).items()
        if name.startswith("parley_copies_")
    }
    assert found["accepted"] == sum(
        found[name] for name in ("delivered", "skipped", "aborted", "waiting")
    ), found
    return found


def receive(chat, room, count):
    """Reads that many messages of a room, in order."""
    for number in range(count):
        while (event := chat.next())["event"] != "broadcast" or event.get("room") != room:
            pass
        assert event["seq"] == number + 1


def test_accepted_is_delivered_skipped_aborted_and_waiting(servers):
    count = 50
    author = Chat(servers.address)
    author.ask_ok("join", room="r", create=True)
    readers = [Chat(servers.address) for _ in range(READERS)]
    slow = [Chat(servers.addresses[1]) for _ in range(2)]
    for each in *readers, *slow:
        each.ask_ok("join", room="r")
    before = copies(servers, author)
    assert before["waiting"] == 0
    for _ in range(count):
        author.post("r", MESSAGE)
        author.inbox.clear()
    for each in readers:
        receive(each, "r", count)
    found = copies(servers, author)
    assert found["accepted"] - before["accepted"] == count * (1 + READERS + 2)
    # Some of the messages for two readers are in the kernel.
    assert 0 < found["waiting"] < 2 * count
    slow[0].socket.close()
    eventually(lambda: copies(servers, author)["aborted"] > before["aborted"])
    receive(slow[1], "r", count)
    eventually(lambda: copies(servers, author)["waiting"] == 0)
    after = copies(servers, author)
    assert after["accepted"] == found["accepted"]
    assert after["skipped"] == before["skipped"]
    # All of them but those that slow[0] was not sent.
    lost = after["aborted"] - before["aborted"]
    assert lost == found["waiting"] // 2
    assert after["delivered"] - before["delivered"] == count * (1 + READERS + 2) - lost
    for each in author, slow[1], *readers:
        each.leave()


def test_droppable_events_are_skipped(servers):
    author = Chat(servers.address)
    author.ask_ok("join", room="r", create=True)
    slow = Chat(servers.addresses[1])
    slow.ask_ok("join", room="r")
    for _ in range(20):
        author.post("r", MESSAGE)
        author.inbox.clear()
    before = copies(servers, author)
    assert before["waiting"] > 0
    for _ in range(7):
        author.send_command("typing", room="r")
    author.ask_ok("ping")
    after = copies(servers, author)
    assert after["accepted"] - before["accepted"] == 7
    assert after["skipped"] - before["skipped"] == 7
    receive(slow, "r", 20)
    author.leave()
    slow.leave()
