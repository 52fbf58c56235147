"""The page when its connection is lost."""

import pytest
from selenium.webdriver.common.keys import Keys

from client import Chat
from relay import Relay
from visitor import talk

LOST = "Connection lost."


def lost(page):
    return page.is_seen("#statusbar") and page.text("#statusbar").startswith(LOST)


def test_missed_messages_arrive_once_and_in_order(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    alice.post("before")
    bob.until_shown("before")
    relay.cut()
    alice.until(lambda: lost(alice))
    news = talk(parleyd.address, 120)
    bob.until_shown("before", *news)
    relay.restore()
    alice.until_shown("before", *news)
    bob.post("after")
    alice.until_shown("before", *news, "after")
    alice.until(lambda: not alice.is_seen("#statusbar"))


def test_missed_messages_span_several_pages(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.cut()
    alice.until(lambda: lost(alice))
    with Chat(parleyd.address) as chat:
        chat.ask_ok("join", room="tea")
        for number in range(30):
            chat.ask_ok("broadcast", room="tea", message=f"{number} " + 30000 * "x")
    relay.restore()
    bob.post("after")
    alice.until(lambda: alice.shown()[-1:] == ["after"])
    assert [text.split()[0] for text in alice.shown()[:-1]] == [
        str(number) for number in range(30)
    ]


def test_messages_no_longer_stored_are_reported(pages, start):
    server = start("--history-messages", "10")
    relay = Relay(server.address)
    alice, bob = pages
    bob.enter(server.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.cut()
    alice.until(lambda: lost(alice))
    news = talk(server.address, 25)
    relay.restore()
    alice.until_shown(*news[-10:])
    assert alice.texts("#log li.notice") == [
        "15 messages missing: no longer stored."
    ]
    relay.close()


def test_messages_written_offline_are_sent_later(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.cut()
    alice.until(lambda: lost(alice))
    for text in "one", "two", "three":
        alice.post(text)
    assert [m["state"] for m in alice.messages()] == ["pending"] * 3
    relay.restore()
    for page in pages:
        page.until_shown("one", "two", "three")


def test_a_message_without_ack_is_stored_once(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.drop_output()
    alice.post("once")
    bob.until_shown("once")
    assert [m["state"] for m in alice.messages()] == ["pending"]
    relay.cut()
    relay.restore()
    alice.until_shown("once")
    bob.post("indeed")
    for page in pages:
        page.until_shown("once", "indeed")


def test_a_failed_message_is_sent_again_with_the_next_connection(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.drop_output()
    alice.run("window.longest = 300") # timers of twenty seconds are short here
    alice.post("once")
    alice.until(lambda: [m["state"] for m in alice.messages()] == ["failed"])
    assert "no connection" in alice.text("#log .state")
    bob.until_shown("once")
    alice.run("window.longest = undefined")
    relay.cut()
    relay.restore()
    for page in pages:
        page.until_shown("once")


def test_a_name_is_reclaimed_from_a_dead_connection(page, relay):
    page.enter(relay.address, "Alice", "tea")
    page.run("window.longest = 300")
    relay.close_browser_side()
    page.until(lambda: page.text("#my-name") == "Alice#2")
    relay.close_server_side()
    page.until(lambda: page.text("#my-name") == "Alice")
    page.until(lambda: page.texts("#members .label") == ["Alice (you)"])


@pytest.mark.parametrize("frame", [
    "no JSON", "null", "7", "[]", "{}", '{"event":"constructor"}',
    '{"event":"join"}', '{"event":"broadcast","room":"tea"}',
    '{"event":"count","room":"none","count":3}',
    '{"event":"broadcast","room":"tea","seq":"x","message":{"a":[1e400]}}',
])
def test_an_unexpected_frame_is_skipped(pages, parleyd, frame):
    alice, bob = pages
    alice.enter(parleyd.address, "Alice", "tea")
    bob.enter(parleyd.address, "Bob", "tea")
    alice.run("sockets.at(-1).onmessage({data: arguments[0]})", frame)
    bob.post("still here")
    alice.until(lambda: "still here" in alice.shown())


def post_and_stop(pages, server, stop):
    alice, bob = pages
    alice.enter(server.address, "Alice", "tea")
    bob.enter(server.address, "Bob", "tea")
    alice.post("before")
    bob.until_shown("before")
    stop()
    for page in pages:
        page.until(lambda page=page: lost(page))
    alice.post("meanwhile")


def post_after_restart(pages):
    for page in pages:
        page.until_shown("before", "meanwhile")
        page.until(lambda page=page: page.text("#count") == "2")
    pages[1].post("after")
    for page in pages:
        page.until_shown("before", "meanwhile", "after")


def test_a_server_restarts_without_its_rooms(pages, start):
    first = start()
    post_and_stop(pages, first, first.stop)
    start(listen=("127.0.0.1:%d" % first.address[1],))
    post_after_restart(pages)
    for page in pages:
        assert page.texts("#log li.notice") == ["This room was created again; its history is gone."]


@pytest.fixture
def start_again(start, tmp_path):
    """Starts a server again, with the same store and port."""
    store = ("--store-kind", "file", "--store-dir", str(tmp_path / "store"))
    port = 0

    def start_server():
        nonlocal port
        server = start(*store, listen=(f"127.0.0.1:{port}",))
        port = server.address[1]
        return server

    return start_server


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_restarts_with_its_rooms(pages, start_again, how):
    first = start_again()
    post_and_stop(pages, first, getattr(first, how))
    start_again()
    post_after_restart(pages)
    for page in pages:
        assert page.texts("#log li.notice") == []
        page.reload()
        page.until_shown("before", "meanwhile", "after")


def test_persistent_rooms_survive_a_restart(pages, start_again):
    alice, bob = pages
    first = start_again()
    alice.enter(first.address, "Alice")
    alice.click("#new")
    assert alice.find("#room-persistent").is_selected()
    alice.type("Book Club", "#room-name")
    alice.find("#room-name").send_keys(Keys.ENTER)
    alice.until_in("Book Club")
    alice.post("Welcome.")
    alice.until_shown("Welcome.")
    alice.leave()
    first.kill()
    second = start_again()
    bob.enter(second.address, "Bob")
    bob.until(lambda: bob.texts("#others .label") == ["Book Club"])
    bob.go("Book Club")
    bob.until_shown("Welcome.")
    assert bob.text("#about") == "Persistent: kept when it is empty"


def test_temporary_rooms_are_deleted_when_empty(page, start, start_again):
    page.enter(start().address, "Alice")
    page.click("#new")
    assert not page.find("#room-persistent").is_selected()
    page.press(Keys.ESCAPE)
    server = start_again()
    page.enter(server.address, "Alice")
    page.click("#new")
    page.click("#room-persistent")
    page.type("Moment", "#room-name")
    page.find("#room-name").send_keys(Keys.ENTER)
    page.until_in("Moment")
    page.click("#leave")
    with Chat(server.address) as chat:
        page.until(lambda: chat.ask_ok("rooms")["rooms"] == [])
