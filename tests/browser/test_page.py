"""Two users of the page, in a real browser."""

from selenium.webdriver.common.keys import Keys

from client import Chat
from visitor import talk

SCRIPT = "<img src=x onerror=alert(1)>"


def meet(pages, address, room="tea"):
    for page, name in zip(pages, ("Alice", "Bob")):
        page.enter(address, name, room)
    pages[0].until(lambda: pages[0].text("#count") == "2")
    return pages


def test_two_people_talk(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.post("Is there tea?")
    bob.until_shown("Is there tea?")
    bob.post("Plenty.")
    bob.post("And cake,\nthe large one.")
    for page in pages:
        page.until_shown("Is there tea?", "Plenty.", "And cake,\nthe large one.")
    assert [m["own"] for m in alice.messages()] == [True, False, False]
    assert alice.messages()[1]["by"] == "Bob"
    assert alice.texts("#members .label") == ["Alice (you)", "Bob"]


def test_messages_are_text_never_markup(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    for text in SCRIPT, "<b>bold</b> &amp; so on":
        bob.post(text)
    alice.until_shown(SCRIPT, "<b>bold</b> &amp; so on")
    assert alice.run("return document.querySelectorAll('#log img, #log b').length") == 0


def test_links_are_safe(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    bob.post("see https://example.com/a_(b)?c=d&e, or javascript:alert(1).")
    alice.until(lambda: alice.texts("#log a"))
    assert alice.texts("#log a") == ["https://example.com/a_(b)?c=d&e"]
    assert alice.find("#log a").get_attribute("rel") == (
        "noopener noreferrer nofollow"
    )


def test_a_name_is_saved_and_can_be_changed(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.reload()
    alice.until_in("tea")
    alice.click("#me")
    alice.find("#new-name").clear()
    alice.type("bob", "#new-name")
    alice.find("#new-name").send_keys(Keys.ENTER)
    alice.until(lambda: alice.text("#my-name") == "bob#2")
    bob.until(lambda: "bob#2" in bob.texts("#members .label"))
    assert alice.texts("#members .label") == ["Bob", "bob#2 (you)"]
    alice.click("#me")
    alice.find("#new-name").clear()
    alice.type("system", "#new-name")
    alice.find("#new-name").send_keys(Keys.ENTER)
    alice.until(lambda: alice.text("#rename .bad"))
    alice.press(Keys.ESCAPE)
    assert alice.text("#my-name") == "bob#2"


def test_rooms_are_created_found_and_left(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.click("#new")
    assert len(alice.run(
        "return [...new Set(Array.from(document.querySelectorAll('#create [type=checkbox]'),"
        "(box) => box.getBoundingClientRect().width))]")) == 1
    alice.type("Book Club", "#room-name")
    alice.find("#room-name").send_keys(Keys.ENTER)
    alice.until_in("Book Club")
    alice.post("Welcome.")
    alice.until_shown("Welcome.")
    bob.go("Lobby")
    bob.reload()
    bob.until(lambda: bob.texts("#others .label") == ["Book Club"])
    bob.go("Book Club")
    bob.until_shown("Welcome.")
    bob.click("#leave")
    bob.until_in("Lobby")
    assert bob.texts("#joined .label") == ["Lobby", "tea"]
    alice.until(lambda: alice.text("#count") == "1")


def test_a_room_name_must_be_new(page, parleyd):
    page.enter(parleyd.address, "Alice", "tea")
    page.until(lambda: page.text("#about") == "Temporary: deleted when it is empty")
    page.click("#new")
    page.type("tea", "#room-name")
    page.find("#room-name").send_keys(Keys.ENTER)
    page.until(lambda: page.text("#create .bad"))
    assert page.text("#create .bad") == "A room of that name already exists."
    page.press(Keys.ESCAPE)
    assert page.texts("#joined .label") == ["Lobby", "tea"]


def test_unread_messages_are_counted(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.type("half a thought")
    alice.go("Lobby")
    for number in range(3):
        bob.post(f"news {number}")
    alice.until(lambda: alice.texts("#joined .badge") == ["3"])
    assert alice.driver.title.startswith("(3) ")
    alice.go("tea")
    alice.until_shown("news 0", "news 1", "news 2")
    assert alice.texts("#joined .badge") == []
    assert alice.find("#text").get_attribute("value") == "half a thought"
    assert alice.run("return document.querySelector('.unread .body').textContent") == "news 0"


def open_direct(page, name):
    """Clicks a member; its name is in the list of the room shown."""
    page.until(lambda: name in page.texts("#members .label"))
    page.run(
        "Array.from(document.querySelectorAll('#members button'))"
        ".find((b) => b.textContent.endsWith(arguments[0])).click()", name
    )
    page.until_in(name)


def direct_messages(chat):
    return [event["message"] for event in chat.pending()
            if event["event"] == "dm"]


def test_lobby_and_direct_messages(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.go("Lobby")
    bob.go("Lobby")
    alice.post("hello all")
    bob.until_shown("hello all")
    alice.until_shown("hello all")
    open_direct(alice, "Bob")
    alice.post("psst")
    alice.until_shown("psst")
    bob.until(lambda: bob.texts("#talks .badge") == ["1"])
    bob.go("Alice")
    bob.until_shown("psst")


def test_direct_messages_follow_a_member_not_its_name(pages, parleyd):
    """Bob changes his name, and another member takes the old one: a message that Alice
    sends to the open talk must not reach that member."""
    alice, bob = meet(pages, parleyd.address)
    open_direct(alice, "Bob")
    bob.click("#me")
    bob.find("#new-name").clear()
    bob.type("Robert", "#new-name")
    bob.find("#new-name").send_keys(Keys.ENTER)
    bob.until(lambda: bob.text("#my-name") == "Robert")
    with Chat(parleyd.address, "/ws?name=Bob") as other:
        assert other.name == "Bob"
        alice.post("psst, Bob")
        alice.until_shown("psst, Bob")
        alice.until(lambda: alice.text("#title") == "Robert")
        bob.until(lambda: bob.texts("#talks .badge") == ["1"])
        bob.go("Alice")
        bob.until_shown("psst, Bob")
        assert direct_messages(other) == []


def test_direct_messages_to_a_member_that_is_gone_show_an_error(pages, parleyd):
    alice, _ = meet(pages, parleyd.address)
    with Chat(parleyd.address, "/ws?name=Carol") as carol:
        carol.ask_ok("join", room="tea")
        open_direct(alice, "Carol")
        alice.post("hi")
        alice.until_shown("hi")
        assert direct_messages(carol) == ["hi"]
        carol.leave()
    with Chat(parleyd.address, "/ws?name=Carol") as other:
        assert other.name == "Carol"
        alice.post("are you there?")
        alice.until(lambda: "Carol is not connected any more" in alice.text("#statusbar"))
        assert alice.find("#text").get_attribute("value") == "are you there?"
        assert direct_messages(other) == []


def test_typing_is_seen(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.type("hm")
    bob.until(lambda: bob.text("#typing") == "Alice is typing …")
    alice.post("")
    bob.until(lambda: bob.text("#typing") == "")


def test_older_messages_come_on_scrolling_up(pages, parleyd):
    alice, bob = pages
    alice.enter(parleyd.address, "Alice", "tea")
    everything = talk(parleyd.address, 130)
    alice.until_shown(*everything)
    bob.enter(parleyd.address, "Bob", "tea")
    bob.until(lambda: bob.shown() == everything[-50:])
    place = "return Math.round(document.getElementById('scroll').scrollTop)"
    assert bob.run(place) > 0
    for known in 100, 130:
        bob.run("document.getElementById('scroll').scrollTop = 0")
        bob.until(lambda: bob.shown() == everything[-known:])
        assert bob.run(place) > 0
    assert not bob.is_seen("#older")


def test_a_long_log_is_trimmed_and_reloaded(page, parleyd):
    page.enter(parleyd.address, "Alice", "tea")
    everything = talk(parleyd.address, 1100)
    page.until(lambda: page.shown()[-1:] == everything[-1:])
    shown = len(page.shown())
    assert 500 <= shown <= 1000
    assert page.shown() == everything[-shown:]
    page.run("document.getElementById('scroll').scrollTop = 0")
    page.until(lambda: len(page.shown()) > shown)
    shown = len(page.shown())
    assert page.shown() == everything[-shown:]


def test_a_refused_message_shows_the_reason(pages, start):
    server = start("--limits-message-bytes", "20")
    alice, _ = meet(pages, server.address)
    alice.post("this is much too long for them")
    alice.until(lambda: [m["state"] for m in alice.messages()] == ["failed"])
    assert "Message is too large" in alice.text("#log .state")
    assert alice.texts("#log .state button") == ["Edit", "Discard"]
    alice.click("#log .state button")
    assert alice.shown() == []
    assert alice.find("#text").get_attribute("value").startswith("this is")
    alice.find("#text").clear()
    alice.post("short")
    alice.until_shown("short")


def test_a_view_at_the_end_stays_there(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    for number in range(30):
        bob.post(f"line {number}")
    alice.until_shown(*[f"line {number}" for number in range(30)])
    left = (
        "const s = document.getElementById('scroll');"
        "return s.scrollHeight - s.scrollTop - s.clientHeight < 2"
    )
    assert alice.run(left)
    alice.resize(390, 480)
    alice.until(lambda: alice.run(left))
    alice.run("document.getElementById('scroll').scrollTop = 300")
    bob.post("and one more")
    alice.until(lambda: alice.is_seen("#jump"))
    assert not alice.run(left)
    alice.click("#jump")
    alice.until(lambda: alice.run(left) and not alice.is_seen("#jump"))


def test_the_page_works_on_other_listeners(pages, start):
    server = start(listen=("127.0.0.1:0=topic",))
    alice, bob = meet(pages, server.address)
    alice.post("the same everywhere")
    bob.until_shown("the same everywhere")
    bob.open(server.address, "monitor")
    bob.until(lambda: bob.texts("#rooms .label") == ["tea"])


def test_keyboard_only(pages, parleyd):
    alice, _ = meet(pages, parleyd.address)
    alice.press(Keys.ALT, Keys.ARROW_UP)
    alice.until_in("Lobby")
    alice.press(Keys.ALT, Keys.ARROW_DOWN)
    alice.until_in("tea")
    reached = set()
    for _ in range(20):
        alice.press(Keys.TAB)
        reached.add(alice.run("return document.activeElement.id"))
    assert {"new", "me", "to-people", "leave", "scroll", "text"} <= reached


def test_messages_are_announced_to_screen_readers(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    bob.post("hear, hear")
    alice.until(lambda: "Bob: hear, hear" in alice.text("#announce"))
