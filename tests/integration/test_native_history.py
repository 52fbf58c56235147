"""History, resumption and retries: no message is lost or stored twice."""

import pytest

from client import Chat
from server import eventually


def numbers(page):
    return [each["seq"] for each in page["messages"]]


@pytest.fixture
def posted(join):
    """A room with messages 1 … 10 and its author."""
    a = join()
    room = a.ask_ok("create", name="log")["room"]
    for n in range(1, 11):
        a.post(room, f"m{n}")
    return room, a


def test_a_message_in_history_equals_the_live_one(posted):
    room, a = posted
    page = a.ask("history", room=room, limit=1)
    (last,) = page["messages"]
    assert last == {
        "seq": 10,
        "at": last["at"],
        "member": a.name,
        "member_id": a.id,
        "message": "m10",
    }
    assert page["room"] == room and page["epoch"]


PAGES = [
    ({}, range(1, 11), False),
    ({"limit": 3}, range(8, 11), True),
    ({"limit": 10}, range(1, 11), False),
    ({"before": 8, "limit": 3}, range(5, 8), True),
    ({"before": 4, "limit": 3}, range(1, 4), False),
    ({"before": 1}, (), False),
    ({"after": 0, "limit": 4}, range(1, 5), True),
    ({"after": 7, "limit": 3}, range(8, 11), False),
    ({"after": 10}, (), False),
    ({"after": 500}, (), False),
]


@pytest.mark.parametrize("asked, expected, more", PAGES)
def test_history_comes_in_pages_oldest_first(posted, asked, expected, more):
    room, a = posted
    page = a.ask_ok("history", room=room, **asked)
    assert numbers(page) == list(expected)
    assert page.get("more", False) is more


@pytest.mark.parametrize("limit", [-1, 1001, 1.5, "5"])
def test_a_page_has_at_most_a_thousand(posted, limit):
    room, a = posted
    refused = a.refusal("history", room=room, limit=limit)
    assert (refused["code"], refused["field"]) == ("bad_field", "limit")


def test_join_returns_as_much_history_as_requested(posted, join):
    room, _ = posted
    joined = join().ask("join", room=room, history=3)
    assert numbers(joined) == [8, 9, 10]
    assert "recovered" not in joined


def test_since_brings_exactly_what_was_missed(posted, join):
    room, a = posted
    b = join()
    epoch = b.ask("join", room=room)["epoch"]
    for seq in range(11):
        b.ask_ok("leave", room=room)
        back = b.ask("join", room=room, since={"epoch": epoch, "seq": seq}, history=2)
        assert back["recovered"] is True
        assert numbers(back) == list(range(seq + 1, 11))


def test_another_epoch_is_reported(posted, join):
    room, _ = posted
    back = join().ask("join", room=room, since={"epoch": "none", "seq": 3})
    assert (back["recovered"], back["epoch_changed"]) == (False, True)
    assert numbers(back) == list(range(1, 11))


def test_a_seq_beyond_the_last_counts_as_another_epoch(posted, join):
    room, a = posted
    epoch = a.ask("history", room=room)["epoch"]
    back = join().ask("join", room=room, since={"epoch": epoch, "seq": 11})
    assert (back["recovered"], back["epoch_changed"]) == (False, True)


def test_a_recreated_room_has_another_epoch(join):
    a = join()
    epochs = set()
    for _ in range(2):
        epochs.add(a.ask("join", room="phoenix", create=True)["epoch"])
        assert a.post("phoenix", "x")["seq"] == 1
        a.ask_ok("leave", room="phoenix")
    assert len(epochs) == 2


def test_what_is_gone_is_named(start):
    server = start("--history-messages", "4")
    a, b = Chat(server.address), Chat(server.address)
    epoch = a.ask("join", room="short", create=True)["epoch"]
    for n in range(10):
        a.post("short", n)
    back = b.ask("join", room="short", since={"epoch": epoch, "seq": 2})
    assert (back["recovered"], back["missing"]) == (False, [3, 6])
    assert numbers(back) == [7, 8, 9, 10]
    b.ask_ok("leave", room="short")
    back = b.ask("join", room="short", since={"epoch": epoch, "seq": 6})
    assert back["recovered"] is True and "missing" not in back
    assert numbers(back) == [7, 8, 9, 10]


def test_history_is_bounded_by_bytes(start):
    server = start("--history-bytes", "64KiB")
    a = Chat(server.address)
    a.ask_ok("join", room="fat", create=True)
    for _ in range(20):
        a.post("fat", "x" * 10_000)
    kept = numbers(a.ask_ok("history", room="fat", limit=1000))
    assert kept and kept[-1] == 20 and len(kept) <= 6


def test_messages_of_a_short_lived_room_expire(join):
    a = join()
    room = a.ask_ok("create", name="fleeting", ttl_ms=3000)["room"]
    a.post(room, "soon gone")
    assert numbers(a.ask("history", room=room)) == [1]
    eventually(lambda: numbers(a.ask("history", room=room)) == [])
    assert a.post(room, "next")["seq"] == 2
    assert a.refusal("create", name="x", ttl_ms=999)["field"] == "ttl_ms"


def test_what_was_missed_may_take_several_pages(join):
    a, b = join(), join()
    epoch = a.ask("join", room="long", create=True)["epoch"]
    for n in range(20):
        a.post("long", f"{n}" + "x" * 30_000)
    back = b.ask("join", room="long", since={"epoch": epoch, "seq": 0})
    assert back["recovered"] is True and back["more"] is True
    assert back["seq"] == 20
    got = numbers(back)
    assert got == list(range(1, len(got) + 1)) and len(got) <= 8
    while True:
        page = b.ask("history", room="long", after=got[-1], limit=1000)
        got += numbers(page)
        if not page.get("more"):
            break
    assert got == list(range(1, 21))


def test_a_page_cut_by_size_keeps_the_newest(join):
    a = join()
    a.ask_ok("join", room="newest", create=True)
    for n in range(20):
        a.post("newest", "x" * 30_000)
    page = a.ask("history", room="newest", limit=1000)
    assert page["more"] is True
    got = numbers(page)
    assert got == list(range(20 - len(got) + 1, 21)) and len(got) <= 8


def test_no_message_falls_between_history_and_what_follows(join):
    a, b = join(), join()
    a.ask_ok("join", room="busy", create=True)
    epoch = a.ask("join", room="busy")["epoch"]
    seq = 0
    for _ in range(20):
        for _ in range(10):
            a.send_command("broadcast", room="busy", message="x")
        b.send_command("join", room="busy", since={"epoch": epoch, "seq": seq})
        for _ in range(10):
            a.send_command("broadcast", room="busy", message="x")
        a.pending()
        events = [e for e in b.pending() if "room" in e]
        joined = events.pop(0)
        assert joined["event"] == "joined" and joined["recovered"]
        seen = numbers(joined) + [e["seq"] for e in events]
        assert seen == list(range(seq + 1, joined["seq"] + len(events) + 1))
        seq = seen[-1]
        b.ask_ok("leave", room="busy")


def test_a_retry_with_the_same_key_is_posted_once(posted):
    room, a = posted
    first = a.post(room, "once", key="k1")
    again = a.ask("broadcast", room=room, message="once", key="k1")
    known = "event", "room", "seq", "at"
    assert [again[name] for name in known] == [first[name] for name in known]
    assert again["duplicate"] is True
    a.send_command("broadcast", room=room, message="once", key="k1")
    assert a.pending() == []
    assert numbers(a.ask("history", room=room))[-1] == 11


def test_a_key_belongs_to_its_room(join):
    a = join()
    for room in "key-1", "key-2":
        a.ask_ok("join", room=room, create=True)
        ack = a.post(room, "x", key="same")
        assert (ack["seq"], ack.get("duplicate")) == (1, None)


def test_a_key_survives_its_sender(posted, join):
    room, a = posted
    b = join()
    b.ask_ok("join", room=room)
    b.post(room, "did it arrive?", key="from-b")
    b.reset()
    c = join()
    c.ask_ok("join", room=room)
    again = c.ask("broadcast", room=room, message="did it arrive?", key="from-b")
    assert (again["seq"], again["duplicate"]) == (11, True)


@pytest.mark.parametrize("key", ["", "k" * 65, 5, []])
def test_a_key_has_1_to_64_bytes(posted, key):
    room, a = posted
    refused = a.refusal("broadcast", room=room, message="x", key=key)
    assert (refused["code"], refused["field"]) == ("bad_field", "key")


def test_a_key_is_refused_in_the_lobby(join):
    refused = join().refusal("broadcast", message="x", key="k")
    assert (refused["code"], refused["field"]) == ("bad_field", "key")
