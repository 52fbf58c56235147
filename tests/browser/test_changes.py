"""Reactions, edits and deletions on the page."""

from selenium.webdriver.common.keys import Keys

from client import Chat
from relay import Relay
from test_page import meet
from test_recovery import lost

REACTIONS = """
return Array.from(document.querySelectorAll("#log li[data-seq]"), (item) =>
    Array.from(item.querySelectorAll(".reaction"), (button) =>
        button.textContent +
        (button.getAttribute("aria-pressed") === "true" ? " own" : "")));
"""


def reactions(page):
    """The reactions of each message: "👍 2 own"."""
    return page.run(REACTIONS)


def focus(page, text):
    """Focuses a message; its toolbar is shown."""
    page.run(
        "Array.from(document.querySelectorAll('#log li[data-seq]')).find((item) =>"
        "item.querySelector('.body').textContent === arguments[0]).focus()", text)


def react(page, text, choice):
    focus(page, text)
    page.click("#react")
    page.run("Array.from(document.querySelectorAll('.choice')).find((button) =>"
             "button.textContent === arguments[0]).click()", choice)
    page.until(lambda: not page.is_seen("#reactions"))


def edited(page):
    return page.texts("#log .edited")


def test_reactions_are_counted_and_taken_back(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.post("cake?")
    bob.until_shown("cake?")
    react(bob, "cake?", "🎉")
    alice.until(lambda: reactions(alice) == [["🎉 1"]])
    bob.until(lambda: reactions(bob) == [["🎉 1 own"]])
    alice.click("#log .reaction")
    for page in pages:
        page.until(lambda: reactions(page) == [["🎉 2 own"]])  # noqa: B023
    bob.click("#log .reaction")
    alice.until(lambda: reactions(alice) == [["🎉 1 own"]])
    bob.until(lambda: reactions(bob) == [["🎉 1"]])
    focus(alice, "cake?")
    alice.click("#react")
    alice.type("lovely", "#reaction")
    assert alice.accessibility_errors() == []
    alice.find("#reaction").send_keys(Keys.ENTER)
    bob.until(lambda: reactions(bob) == [["🎉 1", "lovely 1"]])
    assert alice.accessibility_errors() == []


def test_a_long_reaction_is_refused(pages, parleyd):
    alice, _ = meet(pages, parleyd.address)
    alice.post("cake?")
    alice.until_shown("cake?")
    focus(alice, "cake?")
    alice.click("#react")
    alice.type("ä" * 17, "#reaction")
    alice.find("#reaction").send_keys(Keys.ENTER)
    alice.until(lambda: alice.text("#reactions .bad"))
    assert alice.text("#reactions .bad") == "A reaction is a word or a few symbols."


def test_reactions_are_in_the_history(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.post("cake?")
    bob.until_shown("cake?")
    for page in pages:
        react(page, "cake?", "👍")
    alice.until(lambda: reactions(alice) == [["👍 2 own"]])
    alice.go("Lobby")
    alice.reload()
    alice.until_in("Lobby")
    alice.go("tea")
    # It has another id now.
    alice.until(lambda: reactions(alice) == [["👍 2"]])


def test_changes_are_shown_after_a_lost_connection(pages, parleyd):
    relay = Relay(parleyd.address)
    alice, bob = pages
    bob.enter(parleyd.address, "Bob", "tea")
    alice.enter(relay.address, "Alice", "tea")
    for text in "one", "two", "three":
        bob.post(text)
    alice.until_shown("one", "two", "three")
    relay.cut()
    alice.until(lambda: lost(alice))
    react(bob, "one", "👀")
    change(bob, "two", "2")
    delete(bob, "three")
    relay.restore()
    alice.until(lambda: reactions(alice) == [["👀 1"], [], []])
    assert alice.shown() == ["one", "2", "Message deleted"]
    relay.close()


def change(page, text, instead):
    focus(page, text)
    page.click("#edit")
    page.find("#text").clear()
    page.post(instead)
    page.until(lambda: not page.is_seen("#editing"))


def delete(page, text):
    focus(page, text)
    page.click("#delete")
    page.click("#deletion .main")
    page.until(lambda: not page.is_seen("#deletion"))


def test_an_own_message_is_edited(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.post("teh cake")
    bob.until_shown("teh cake")
    alice.type("a draft")
    change(alice, "teh cake", "the cake")
    for page in pages:
        page.until_shown("the cake")
        assert edited(page) == ["edited"]
    assert alice.find("#text").get_attribute("value") == "a draft"
    focus(bob, "the cake")
    assert bob.is_seen("#react")
    assert not bob.is_seen("#edit") and not bob.is_seen("#delete")


def test_arrow_up_edits_the_last_own_message(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.post("mine")
    bob.until_shown("mine")
    bob.post("yours")
    alice.until_shown("mine", "yours")
    alice.press(Keys.ARROW_UP)
    assert alice.find("#text").get_attribute("value") == "mine"
    alice.press(Keys.ESCAPE)
    assert not alice.is_seen("#editing")
    assert alice.find("#text").get_attribute("value") == ""
    alice.press(Keys.ARROW_UP)
    assert alice.accessibility_errors() == []
    alice.type(", indeed")
    alice.press(Keys.ENTER)
    bob.until_shown("mine, indeed", "yours")
    bob.press(Keys.ARROW_UP)
    assert bob.find("#text").get_attribute("value") == "yours"


def test_an_edit_that_is_refused_shows_the_reason(page, start):
    server = start("--limits-message-bytes", "20")
    page.enter(server.address, "Alice", "tea")
    page.post("short")
    page.until_shown("short")
    page.press(Keys.ARROW_UP)
    page.type(" and then much longer")
    page.press(Keys.ENTER)
    page.until(lambda: "Message is too large" in page.text("#statusbar"))
    assert page.is_seen("#editing")
    assert page.find("#text").get_attribute("value").startswith("short and")
    page.until_shown("short")


def test_a_message_is_deleted(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    bob.post("a slip")
    bob.post("another")
    alice.until_shown("a slip", "another")
    react(alice, "a slip", "👍")
    delete(bob, "a slip")
    alice.until_shown("Message deleted", "another")
    assert reactions(alice) == [[], []]
    delete(alice, "another")  # as the owner of the room
    for page in pages:
        page.until_shown("Message deleted", "Message deleted by Alice")
        assert page.accessibility_errors() == []
    focus(alice, "Message deleted")
    assert not alice.is_seen("#actions")


def test_messages_are_reached_by_keyboard(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    for text in "one", "two", "three":
        bob.post(text)
    alice.until_shown("one", "two", "three")
    alice.click("#text")
    alice.press(Keys.SHIFT, Keys.TAB)
    for _ in range(2):
        alice.press(Keys.ARROW_UP)
    reached = alice.run(
        "return document.activeElement.querySelector('.body').textContent")
    assert reached == "one"
    alice.press(Keys.TAB)
    assert alice.run("return document.activeElement.id") == "react"
    alice.press(Keys.ENTER)
    alice.until(lambda: alice.is_seen("#reactions"))
    alice.press(Keys.ENTER)
    bob.until(lambda: reactions(bob)[0] == ["👍 1"])
    alice.press(Keys.ESCAPE)
    assert alice.run("return document.activeElement.id") == "text"
    alice.press(Keys.SHIFT, Keys.TAB)
    assert alice.run(
        "return document.activeElement.querySelector('.body').textContent") == "three"
    alice.press("x")
    assert alice.find("#text").get_attribute("value") == "x"


def test_odd_reactions_of_programs_are_shown_as_text(pages, parleyd):
    alice, _ = meet(pages, parleyd.address)
    alice.post("cake?")
    with Chat(parleyd.address) as chat:
        chat.ask_ok("join", room="tea")
        for odd in "<b>", "__proto__", "0":
            chat.ask_ok("react", room="tea", seq=1, reaction=odd)
    shown = [["<b> 1", "__proto__ 1", "0 1"]]
    alice.until(lambda: reactions(alice) == shown)
    alice.reload()
    alice.until(lambda: [sorted(one) for one in reactions(alice)] ==
                [sorted(one) for one in shown])
