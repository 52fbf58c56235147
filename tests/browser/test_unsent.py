"""Drafts and unacknowledged messages after a reload of the page."""

import pytest

from test_devices import enter, program, server  # noqa: F401
from test_devices import pages as users  # noqa: F401
from test_page import direct_messages, meet

# Loses frames that the page sends, …
NOT_SENT = "sockets.at(-1).send = () => {}"
# … or those that it receives.
NOT_RECEIVED = "sockets.at(-1).onmessage = () => {}"


def typed(page):
    return page.find("#text").get_attribute("value")


def test_drafts_are_kept(pages, parleyd):
    page, _ = meet(pages, parleyd.address)
    page.type("half a thought")
    page.go("Lobby")
    page.type("another")
    page.reload()
    page.until_in("Lobby")
    assert typed(page) == "another"
    page.until(lambda: page.texts("#joined .label") == ["Lobby", "tea"])
    page.go("tea")
    assert typed(page) == "half a thought"
    page.post("")
    page.until_shown("half a thought")
    page.reload()
    page.until_shown("half a thought")
    assert typed(page) == ""


def test_unsent_messages_of_a_room_are_sent_after_a_reload(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.run(NOT_SENT)
    alice.post("one")
    alice.post("two")
    assert [m["state"] for m in alice.messages()] == ["pending", "pending"]
    alice.reload()
    for page in pages:
        page.until_shown("one", "two")
    bob.post("three")
    alice.until_shown("one", "two", "three")


def test_a_room_that_has_ended_is_created_again_for_unsent_messages(pages, parleyd):
    alice, bob = pages
    alice.enter(parleyd.address, "Alice", "tea")
    alice.run(NOT_SENT)
    alice.post("one")
    alice.go("Lobby")
    alice.reload()
    alice.until(lambda: alice.texts("#joined .label") == ["Lobby", "tea"])
    bob.enter(parleyd.address, "Bob", "tea")
    bob.until_shown("one")


def test_messages_without_acknowledgement_are_stored_once(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.run(NOT_RECEIVED)
    alice.post("once")
    bob.until_shown("once")
    assert [m["state"] for m in alice.messages()] == ["pending"]
    alice.reload()
    alice.until_shown("once")
    bob.post("indeed")
    for page in pages:
        page.until_shown("once", "indeed")


@pytest.mark.parametrize(("loss", "begun"), [
    (NOT_SENT, False), (NOT_RECEIVED, True)])
def test_messages_of_a_talk_are_sent_once(users, server, loss, begun):  # noqa: F811
    alice, _ = users
    with program(server, "bob") as bob:
        enter(alice, server, "alice")
        got = []

        def received():
            got.extend(direct_messages(bob))
            return got

        before = ["before"] if begun else []
        alice.run(f"location.hash = '@{bob.id}'")
        alice.reload()
        alice.until_in("bob")
        for text in before:
            alice.post(text)
        alice.until_shown(*before)
        alice.run(loss)
        alice.post("psst")
        assert alice.messages()[-1]["state"] == "pending"
        if loss == NOT_RECEIVED:
            alice.until(lambda: received() == [*before, "psst"])
        alice.reload()
        alice.until_in("bob")
        alice.until_shown(*before, "psst")
        alice.until(lambda: received() == [*before, "psst"])
        alice.post("after")
        alice.until_shown(*before, "psst", "after")
        alice.until(lambda: received() == [*before, "psst", "after"])


def test_a_draft_is_not_shown_to_the_next_user(users, server):  # noqa: F811
    alice, _ = users
    enter(alice, server, "alice", "#tea")
    alice.until_in("tea")
    alice.type("a secret")
    alice.cdp("Network.clearBrowserCookies")
    alice.reload()
    enter(alice, server, "bob", "#tea")
    alice.until_in("tea")
    assert typed(alice) == ""
    assert "a secret" not in alice.run("return JSON.stringify(sessionStorage)")
