"""Nobody is kept out: axe looks at each view, in light and dark, large and
small."""

import pytest

LOOKS = [(1280, 800, "light"), (1280, 800, "dark"), (390, 780, "dark")]


def set_up(page, width, height, scheme):
    page.resize(width, height)
    page.media(prefers_color_scheme=scheme)


@pytest.mark.parametrize("look", LOOKS)
def test_the_door(page, parleyd, look):
    set_up(page, *look)
    page.open(parleyd.address)
    assert page.barriers() == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_room(pages, start, look):
    server = start("--limits-message-bytes", "60")
    alice, bob = pages
    set_up(alice, *look)
    alice.enter(server.address, "Alice", "tea")
    bob.enter(server.address, "Bob", "tea")
    bob.say("There is https://example.com")
    alice.until_said("There is https://example.com")
    alice.say("short")
    alice.until_said("There is https://example.com", "short")
    alice.say("long " * 20)
    alice.until(lambda: alice.messages()[-1]["state"] == "failed")
    assert alice.barriers() == []


def test_axe_would_say_so(page, parleyd):
    page.open(parleyd.address)
    page.run("document.documentElement.style.setProperty('--soft', '#ccc')")
    assert [name for name, *_ in page.barriers()] == ["color-contrast"]


def test_questions(page, parleyd):
    page.enter(parleyd.address, "Alice")
    for button in "#new", "#me":
        page.click(button)
        assert page.barriers() == []
        page.click("dialog[open] [value=cancel]")


def test_the_list_of_rooms_on_a_phone(page, parleyd):
    page.resize(390, 780)
    page.enter(parleyd.address, "Alice", "tea")
    page.click("#to-rooms")
    assert page.is_seen("#side") and not page.is_seen("#room")
    assert page.barriers() == []


def test_no_more_movement_than_wanted(page, parleyd):
    page.media(prefers_reduced_motion="reduce")
    page.enter(parleyd.address, "Alice", "tea")
    page.say("still")
    page.until_said("still")
    assert page.run(
        "return document.getAnimations().filter((a) => a.playState === 'running').length"
    ) == 0
