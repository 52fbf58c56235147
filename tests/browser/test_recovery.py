"""Connections that end, and what the page makes of it."""

import pytest
from selenium.webdriver.common.keys import Keys

from client import Chat
from relay import Relay
from visitor import talk

LOST = "The connection was lost."


def lost(page):
    return page.is_seen("#line") and page.text("#line").startswith(LOST)


def test_what_was_missed_comes_once_and_in_order(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    alice.say("before")
    bob.until_said("before")
    relay.cut()
    alice.until(lambda: lost(alice))
    news = talk(parleyd.address, 120)
    bob.until_said("before", *news)
    relay.mend()
    alice.until_said("before", *news)
    bob.say("after")
    alice.until_said("before", *news, "after")
    alice.until(lambda: not alice.is_seen("#line"))


def test_more_is_missed_than_one_page_holds(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.cut()
    alice.until(lambda: lost(alice))
    with Chat(parleyd.address) as chat:
        chat.ask_ok("join", room="tea")
        for number in range(30):
            chat.ask_ok("broadcast", room="tea", message=f"{number} " + 30000 * "x")
    relay.mend()
    bob.say("after")
    alice.until(lambda: alice.said()[-1:] == ["after"])
    assert [text.split()[0] for text in alice.said()[:-1]] == [
        str(number) for number in range(30)
    ]


def test_what_is_not_kept_is_said_to_be_missing(pages, start):
    server = start("--history-messages", "10")
    relay = Relay(server.address)
    alice, bob = pages
    bob.enter(server.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.cut()
    alice.until(lambda: lost(alice))
    news = talk(server.address, 25)
    relay.mend()
    alice.until_said(*news[-10:])
    assert alice.texts("#log li.line") == [
        "15 messages in between are not kept any more."
    ]
    relay.close()


def test_what_is_said_without_connection_is_sent_later(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.cut()
    alice.until(lambda: lost(alice))
    for text in "one", "two", "three":
        alice.say(text)
    assert [m["state"] for m in alice.messages()] == ["pending"] * 3
    relay.mend()
    for page in pages:
        page.until_said("one", "two", "three")


def test_what_was_posted_unheard_is_not_posted_again(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.mute()
    alice.say("once")
    bob.until_said("once")
    assert [m["state"] for m in alice.messages()] == ["pending"]
    relay.cut()
    relay.mend()
    alice.until_said("once")
    bob.say("indeed")
    for page in pages:
        page.until_said("once", "indeed")


def test_what_could_not_be_sent_can_be_tried_again(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    relay.mute()
    alice.run("window.longest = 300") # twenty seconds pass in no time
    alice.say("once")
    alice.until(lambda: [m["state"] for m in alice.messages()] == ["failed"])
    assert "no connection" in alice.text("#log .state")
    bob.until_said("once")
    alice.run("window.longest = undefined")
    relay.cut()
    relay.mend()
    alice.until(lambda: alice.text("#count") == "2")
    if alice.texts("#log .failed button"):
        alice.click("#log .failed button")
    for page in pages:
        page.until_said("once")


def test_a_name_comes_back_when_its_last_connection_goes(page, relay):
    page.enter(relay.address, "Alice", "tea")
    page.run("window.longest = 300")
    relay.strand()
    page.until(lambda: page.text("#my-name") == "Alice#2")
    relay.bury()
    page.until(lambda: page.text("#my-name") == "Alice")
    page.until(lambda: page.texts("#members .label") == ["Alice (you)"])


def talk_and_stop(pages, server, stop):
    alice, bob = pages
    alice.enter(server.address, "Alice", "tea")
    bob.enter(server.address, "Bob", "tea")
    alice.say("before")
    bob.until_said("before")
    stop()
    for page in pages:
        page.until(lambda page=page: lost(page))
    alice.say("meanwhile")


def talk_on(pages):
    for page in pages:
        page.until_said("before", "meanwhile")
        page.until(lambda page=page: page.text("#count") == "2")
    pages[1].say("after")
    for page in pages:
        page.until_said("before", "meanwhile", "after")


def test_a_server_that_forgot_everything(pages, start):
    first = start()
    talk_and_stop(pages, first, first.stop)
    start(listen=("127.0.0.1:%d" % first.address[1],))
    talk_on(pages)
    for page in pages:
        assert page.texts("#log li.line") == ["This room has begun anew."]


@pytest.fixture
def lives(start, tmp_path):
    """Starts servers with one store, one after the other, at one port."""
    store = ("--store-kind", "file", "--store-dir", str(tmp_path / "store"))
    port = 0

    def next_life():
        nonlocal port
        server = start(*store, listen=(f"127.0.0.1:{port}",))
        port = server.address[1]
        return server

    return next_life


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_remembers(pages, lives, how):
    first = lives()
    talk_and_stop(pages, first, getattr(first, how))
    lives()
    talk_on(pages)
    for page in pages:
        assert page.texts("#log li.line") == []
        page.reload()
        page.until_said("before", "meanwhile", "after")


def test_tomorrow_the_rooms_of_today_are_there(pages, lives):
    alice, bob = pages
    first = lives()
    alice.enter(first.address, "Alice")
    alice.click("#new")
    assert alice.find("#room-stays").is_selected()
    alice.type("Book Club", "#room-name")
    alice.find("#room-name").send_keys(Keys.ENTER)
    alice.until_in("Book Club")
    alice.say("Welcome.")
    alice.until_said("Welcome.")
    alice.leave()
    first.kill()
    second = lives()
    bob.enter(second.address, "Bob")
    bob.until(lambda: bob.texts("#others .label") == ["Book Club"])
    bob.go("Book Club")
    bob.until_said("Welcome.")
    assert bob.text("#about") == "Stays when everybody has left"


def test_nothing_is_kept_that_nobody_keeps(page, start, lives):
    page.enter(start().address, "Alice")
    page.click("#new")
    assert not page.find("#room-stays").is_selected()
    page.press(Keys.ESCAPE)
    server = lives()
    page.enter(server.address, "Alice")
    page.click("#new")
    page.click("#room-stays")
    page.type("Moment", "#room-name")
    page.find("#room-name").send_keys(Keys.ENTER)
    page.until_in("Moment")
    page.click("#leave")
    with Chat(server.address) as chat:
        page.until(lambda: chat.ask_ok("rooms")["rooms"] == [])
