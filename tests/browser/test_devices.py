"""Users with accounts: two devices of one user, and talks of two users."""

import pytest
from selenium.webdriver.common.keys import Keys

from accounts import Further
from client import Chat
from passwords import PASSWORD, add_user, log_in
from relay import Relay
from test_page import direct_messages, open_direct
from test_recovery import lost


@pytest.fixture
def server(start, tmp_path):
    users = tmp_path / "users"
    for name in "alice", "bob":
        add_user(users, name)
    return start("--auth-kind", "password", "--auth-users", str(users),
                 "--store-kind", "file", "--store-dir", str(tmp_path / "store"))


@pytest.fixture
def pages(pages):
    """The pages, without the cookies of other servers at this host."""
    yield pages
    for page in pages:
        page.cdp("Network.clearBrowserCookies")


def enter(page, server, name, path=""):
    page.open(getattr(server, "address", server), path)
    page.until(lambda: page.is_seen("#log-in"))
    page.type(name, "#user")
    page.type(PASSWORD, "#password")
    page.find("#password").send_keys(Keys.ENTER)
    page.until(lambda: page.text("#my-name") == name)
    page.until(lambda: not page.is_seen("#statusbar"))


def program(server, name, kind=Chat):
    """A connection of a user without a browser."""
    answer, _ = log_in(server.address, name)
    return kind(server.address, Authorization=f"Bearer {answer['token']}")


def badges(page, where="#joined"):
    return page.texts(f"{where} .badge")


def divider(page):
    return page.texts("#log .unread .body")


def talk_of(chat):
    """The only talk of a user."""
    (talk,) = [one for one in chat.ask_ok("rooms", mine=True)["rooms"]
               if one["room"].startswith("@")]
    return talk


def read(chat, room):
    own = {one["room"]: one for one in chat.ask_ok("rooms", mine=True)["rooms"]}
    return own[room]["read"]


def test_unread_messages_are_those_of_all_devices(pages, server):
    phone, laptop = pages
    with program(server, "bob") as bob:
        enter(phone, server, "alice", "#tea")
        bob.ask_ok("join", room="tea")
        phone.go("Lobby")
        for text in "one", "two", "three":
            bob.post("tea", text)
        phone.until(lambda: badges(phone) == ["3"])
        enter(laptop, server, "alice")
        laptop.until(lambda: badges(laptop) == ["3"])
        laptop.go("tea")
        laptop.until_shown("one", "two", "three")
        assert divider(laptop) == ["one"]
        assert badges(laptop) == []
        phone.until(lambda: badges(phone) == [])
        bob.post("tea", "four")
        phone.go("tea")
        phone.until_shown("one", "two", "three", "four")
        phone.go("Lobby")
        phone.reload()
        phone.until(lambda: phone.texts("#joined .label") == ["Lobby", "tea"])
        assert badges(phone) == []


def test_a_room_is_read_at_its_end_only(pages, server):
    alice, _ = pages
    with program(server, "bob") as bob, program(server, "alice") as other:
        bob.ask_ok("create", name="tea", room="tea", persistent=True)
        for number in range(60):
            bob.post("tea", f"line {number}")
        enter(alice, server, "alice", "#tea")
        alice.until(lambda: alice.shown()[-1:] == ["line 59"])
        alice.until(lambda: read(other, "tea") == 60)
        alice.run("document.getElementById('scroll').scrollTop = 300")
        bob.post("tea", "one more")
        alice.until(lambda: badges(alice) == ["1"])
        assert read(other, "tea") == 60
        alice.click("#jump")
        alice.until(lambda: badges(alice) == [])
        alice.until(lambda: read(other, "tea") == 61)


def test_a_room_with_many_unread_messages_is_shown_where_they_begin(pages, server):
    alice, _ = pages
    with program(server, "bob") as bob, program(server, "alice") as other:
        bob.ask_ok("create", name="tea", room="tea", persistent=True)
        other.ask_ok("join", room="tea")
        for number in range(40):
            bob.post("tea", f"line {number}")
        other.ask_ok("read", room="tea", seq=10)
        enter(alice, server, "alice")
        alice.until(lambda: badges(alice) == ["30"])
        alice.go("tea")
        alice.until(lambda: divider(alice) == ["line 10"])
        alice.until(lambda: alice.is_seen("#jump"))
        assert alice.run(
            "const box = document.querySelector('#log .unread').getBoundingClientRect();"
            "const view = document.getElementById('scroll').getBoundingClientRect();"
            "return box.top >= view.top - 1 && box.bottom <= view.bottom")
        assert badges(alice) == ["30"]
        alice.click("#jump")
        alice.until(lambda: badges(alice) == [])


def test_a_room_is_joined_and_left_on_all_devices(pages, server):
    phone, laptop = pages
    for page in pages:
        enter(page, server, "alice")
    phone.run("location.hash = 'tea'")
    laptop.until(lambda: laptop.texts("#joined .label") == ["Lobby", "tea"])
    phone.until_in("tea")
    phone.post("hello")
    laptop.go("tea")
    laptop.until_shown("hello")
    assert [m["own"] for m in laptop.messages()] == [True]
    phone.click("#leave")
    laptop.until_in("Lobby")
    assert laptop.texts("#joined .label") == ["Lobby"]


def test_two_users_talk_and_one_is_away(pages, server):
    alice, bob = pages
    enter(alice, server, "alice")
    enter(bob, server, "bob")
    alice.reload()
    open_direct(alice, "bob")
    alice.post("psst")
    alice.until_shown("psst")
    bob.until(lambda: badges(bob, "#talks") == ["1"])
    assert bob.texts("#talks .label") == ["alice"]
    assert bob.driver.title.startswith("(1) ")
    bob.go("alice")
    bob.until_shown("psst")
    bob.post("yes?")
    alice.until_shown("psst", "yes?")
    bob.click("#log-out")
    with program(server, "alice", Further) as other:
        alice.until(lambda: talk_of(other)["members"] == 1)
    alice.reload()
    alice.until(lambda: alice.texts("#talks .away .label") == ["bob"])
    alice.until_in("bob")
    alice.until_shown("psst", "yes?")
    assert alice.text("#about") == "Away: will find your messages later"
    assert alice.accessibility_errors() == []
    alice.post("later, then")
    alice.until_shown("psst", "yes?", "later, then")
    enter(bob, server, "bob")
    bob.until(lambda: badges(bob, "#talks") == ["1"])
    assert bob.texts("#talks .label") == ["alice"]
    bob.go("alice")
    bob.until_shown("psst", "yes?", "later, then")
    assert divider(bob) == ["later, then"]


def test_a_talk_can_be_closed_until_the_next_message(pages, server):
    alice, _ = pages
    enter(alice, server, "alice")
    with program(server, "bob") as bob:
        sent = bob.ask_ok("dm", recipient="alice", message="psst")
        alice.until(lambda: alice.texts("#talks .label") == ["bob"])
        alice.go("bob")
        alice.until_shown("psst")
        alice.click("#leave")
        alice.until_in("Lobby")
        alice.reload()
        alice.until_in("Lobby")
        bob.ask_ok("react", room=sent["room"], seq=1, reaction="x")
        assert alice.texts("#talks .label") == []
        bob.ask_ok("dm", recipient="alice", message="hello?")
        alice.until(lambda: badges(alice, "#talks") == ["1"])
        alice.go("bob")
        alice.until_shown("psst", "hello?")


def test_messages_of_a_talk_are_changed(pages, server):
    alice, _ = pages
    enter(alice, server, "alice")
    with program(server, "bob") as bob:
        talk = bob.ask_ok("dm", recipient="alice", message="psst")["room"]
        alice.until(lambda: alice.texts("#talks .label") == ["bob"])
        alice.go("bob")
        alice.until_shown("psst")
        bob.ask_ok("edit", room=talk, seq=1, message="pssst")
        bob.ask_ok("react", room=talk, seq=1, reaction="🎉")
        alice.until_shown("pssst")
        alice.until(lambda: alice.texts("#log .reaction") == ["🎉 1"])
        alice.post("oops")
        alice.until_shown("pssst", "oops")
        alice.press(Keys.ARROW_UP)
        alice.type("!")
        alice.press(Keys.ENTER)
        bob.expect("edit", room=talk, seq=1)
        bob.expect("react", room=talk, seq=1)
        bob.expect("dm", room=talk, message="oops")
        bob.expect("edit", room=talk, seq=2, message="oops!")


def test_a_talk_catches_up_and_sends_once(pages, server):
    """The messages of both users from while the connection is lost arrive once."""
    alice, _ = pages
    relay = Relay(server.address)
    enter(alice, relay, "alice")
    with program(server, "bob") as bob:
        got = []

        def received():
            got.extend(direct_messages(bob))
            return got

        bob.ask_ok("dm", recipient="alice", message="one")
        alice.until(lambda: alice.texts("#talks .label") == ["bob"])
        alice.go("bob")
        alice.until_shown("one")
        relay.drop_output()
        alice.post("two")
        alice.until(lambda: received() == ["two"])
        relay.cut()
        alice.until(lambda: lost(alice))
        alice.post("four")
        id_of_alice = talk_of(bob)["room"].strip("@").replace(bob.id, "").strip("+")
        bob.ask_ok("dm", recipient=id_of_alice, message="three")
        relay.restore()
        alice.until_shown("one", "two", "three", "four")
        assert received() == ["two", "four"]
    relay.close()
