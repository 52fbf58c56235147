"""Owners and moderators on the page."""

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from test_page import meet


def moderate(page, member, act, reason=""):
    page.click(f"#members [aria-label='Moderate {member}']")
    Select(page.find("#act")).select_by_value(act)
    if reason:
        page.type(reason, "#act-reason")
    page.click("#moderate .main")
    page.until(lambda: not page.is_seen("#moderate"))


def notices(page):
    return page.texts("#log .notice")


def test_an_owner_mutes_kicks_and_bans(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    assert not bob.is_seen("#settings")
    assert bob.run("return [...document.querySelectorAll('#members .icon')]"
                   ".every((b) => b.hidden)")
    moderate(alice, "Bob", "mute", "too loud")
    bob.until(lambda: "You are muted, by Alice: too loud" in notices(bob))
    bob.post("hello?")
    bob.until(lambda: [m["state"] for m in bob.messages()] == ["failed"])
    assert "Muted in this room" in bob.text("#log .state")
    moderate(alice, "Bob", "unmute")
    bob.until(lambda: "You are now member, by Alice" in notices(bob))
    moderate(alice, "Bob", "kick", "spam")
    bob.until_in("Lobby")
    bob.until(lambda: "tea: You were kicked by Alice: spam" in notices(bob))
    alice.until(lambda: alice.text("#count") == "1")
    assert "Bob was kicked by Alice: spam" in notices(alice)
    bob.open(parleyd.address, "#tea")
    bob.reload()
    bob.until_in("tea")
    alice.until(lambda: alice.text("#count") == "2")
    moderate(alice, "Bob", "ban")
    bob.until_in("Lobby")
    bob.until(lambda: "tea: You were banned by Alice" in notices(bob))


def test_a_moderator_is_made(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    moderate(alice, "Bob", "moderator")
    bob.until(lambda: bob.is_seen("#settings"))
    bob.click("#settings")
    assert not bob.is_seen("#delete-label")
    bob.type("Earl Grey", "#new-topic")
    bob.click("#room-settings .main")
    alice.until(lambda: alice.text("#about") == "Earl Grey")
    assert "Bob set the topic: Earl Grey" in notices(alice)


def test_a_private_room_is_joined_by_invitation(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.click("#new")
    alice.type("Secret", "#room-name")
    alice.click("#room-private")
    alice.type("Hush", "#room-topic")
    assert alice.accessibility_errors() == []
    alice.find("#room-name").send_keys(Keys.ENTER)
    alice.until_in("Secret")
    assert alice.text("#about") == "Hush"
    bob.go("Lobby")
    bob.reload()
    bob.until(lambda: bob.text("#title") == "Lobby")
    assert bob.texts("#others .label") == []
    alice.click("#settings")
    alice.type("Bob", "#invited")
    alice.click("#room-settings .main")
    bob.until(lambda: "Secret" in bob.texts("#others .label"))
    bob.go("Secret")
    alice.until(lambda: alice.text("#count") == "2")


def test_an_owner_deletes_a_room(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.click("#settings")
    alice.click("#delete-room")
    assert alice.accessibility_errors() == []
    alice.click("#room-settings .main")
    for page in alice, bob:
        page.until_in("Lobby")
        page.until(lambda: any("was deleted by Alice" in text
                               for text in notices(page)))  # noqa: B023
    assert "tea" not in alice.texts("#side .label")
