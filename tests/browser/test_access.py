"""axe checks each view: light and dark, large and small."""

import pytest

from test_changes import delete, focus, react

LOOKS = [(1280, 800, "light"), (1280, 800, "dark"), (390, 780, "dark")]


def set_up(page, width, height, scheme):
    page.resize(width, height)
    page.media(prefers_color_scheme=scheme)


@pytest.mark.parametrize("look", LOOKS)
def test_the_welcome_form(page, parleyd, look):
    set_up(page, *look)
    page.open(parleyd.address)
    assert page.accessibility_errors() == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_room(pages, start, look):
    server = start("--limits-message-bytes", "60")
    alice, bob = pages
    set_up(alice, *look)
    alice.enter(server.address, "Alice", "tea")
    bob.enter(server.address, "Bob", "tea")
    bob.post("There is https://example.com")
    alice.until_shown("There is https://example.com")
    alice.post("short")
    alice.until_shown("There is https://example.com", "short")
    alice.post("long " * 20)
    alice.until(lambda: alice.messages()[-1]["state"] == "failed")
    react(alice, "short", "👍")
    bob.post("a slip")
    alice.until(lambda: "a slip" in alice.shown())
    delete(bob, "a slip")
    alice.until(lambda: "Message deleted" in alice.shown())
    focus(alice, "short")
    assert alice.accessibility_errors() == []


def test_axe_finds_a_planted_error(page, parleyd):
    page.open(parleyd.address)
    page.run("document.documentElement.style.setProperty('--soft', '#ccc')")
    assert [name for name, *_ in page.accessibility_errors()] == ["color-contrast"]


def test_dialogs(page, parleyd):
    page.enter(parleyd.address, "Alice")
    for button in "#new", "#me":
        page.click(button)
        assert page.accessibility_errors() == []
        page.click("dialog[open] [value=cancel]")


def test_the_list_of_rooms_on_a_phone(page, parleyd):
    page.resize(390, 780)
    page.enter(parleyd.address, "Alice", "tea")
    page.click("#to-rooms")
    assert page.is_seen("#side") and not page.is_seen("#room")
    assert page.accessibility_errors() == []


def test_reduced_motion_is_respected(page, parleyd):
    page.media(prefers_reduced_motion="reduce")
    page.enter(parleyd.address, "Alice", "tea")
    page.post("still")
    page.until_shown("still")
    assert page.run(
        "return document.getAnimations().filter((a) => a.playState === 'running').length"
    ) == 0
