"""Connections that end, and what the page makes of it."""

from client import Chat

LOST = "The connection was lost."


def lost(page):
    return page.is_seen("#line") and page.text("#line").startswith(LOST)


def say_meanwhile(address, count):
    """Somebody who speaks to the server directly."""
    chat = Chat(address)
    chat.ask_ok("join", room="tea")
    for number in range(count):
        chat.ask_ok("broadcast", room="tea", message=f"news {number}")
    chat.leave()
    return [f"news {number}" for number in range(count)]


def test_what_was_missed_comes_once_and_in_order(pages, parleyd, relay):
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    alice.say("before")
    bob.until_said("before")
    relay.cut()
    alice.until(lambda: lost(alice))
    news = say_meanwhile(parleyd.address, 120)
    bob.until_said("before", *news)
    relay.mend()
    alice.until_said("before", *news)
    bob.say("after")
    alice.until_said("before", *news, "after")
    alice.until(lambda: not alice.is_seen("#line"))


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


def test_a_server_that_was_started_again(pages, start):
    first = start()
    port = first.address[1]
    alice, bob = pages
    alice.enter(first.address, "Alice", "tea")
    bob.enter(first.address, "Bob", "tea")
    alice.say("before")
    bob.until_said("before")
    first.stop()
    for page in pages:
        page.until(lambda page=page: lost(page))
    alice.say("meanwhile")
    start(listen=(f"127.0.0.1:{port}",))
    for page in pages:
        page.until_said("before", "meanwhile")
        assert page.texts("#log li.line") == ["This room has begun anew."]
        page.until(lambda page=page: page.text("#count") == "2")
    bob.say("after")
    for page in pages:
        page.until_said("before", "meanwhile", "after")
