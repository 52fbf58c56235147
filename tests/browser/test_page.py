"""Two people and the page, in a real browser."""

from selenium.webdriver.common.keys import Keys

from visitor import talk

SCRIPT = "<img src=x onerror=alert(1)>"


def meet(pages, address, room="tea"):
    for page, name in zip(pages, ("Alice", "Bob")):
        page.enter(address, name, room)
    pages[0].until(lambda: pages[0].text("#count") == "2")
    return pages


def test_two_people_talk(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.say("Is there tea?")
    bob.until_said("Is there tea?")
    bob.say("Plenty.")
    bob.say("And cake,\nthe large one.")
    for page in pages:
        page.until_said("Is there tea?", "Plenty.", "And cake,\nthe large one.")
    assert [m["own"] for m in alice.messages()] == [True, False, False]
    assert alice.messages()[1]["by"] == "Bob"
    assert alice.texts("#members .label") == ["Alice (you)", "Bob"]


def test_what_others_say_stays_text(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    for text in SCRIPT, "<b>bold</b> &amp; so on":
        bob.say(text)
    alice.until_said(SCRIPT, "<b>bold</b> &amp; so on")
    assert alice.run("return document.querySelectorAll('#log img, #log b').length") == 0


def test_links_are_safe(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    bob.say("see https://example.com/a_(b)?c=d&e, or javascript:alert(1).")
    alice.until(lambda: alice.texts("#log a"))
    assert alice.texts("#log a") == ["https://example.com/a_(b)?c=d&e"]
    assert alice.find("#log a").get_attribute("rel") == (
        "noopener noreferrer nofollow"
    )


def test_a_name_is_asked_once_and_can_be_changed(pages, parleyd):
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


def test_rooms_are_made_found_and_left(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.click("#new")
    alice.type("Book Club", "#room-name")
    alice.find("#room-name").send_keys(Keys.ENTER)
    alice.until_in("Book Club")
    alice.say("Welcome.")
    alice.until_said("Welcome.")
    bob.go("Lobby")
    bob.reload()
    bob.until(lambda: bob.texts("#others .label") == ["Book Club"])
    bob.go("Book Club")
    bob.until_said("Welcome.")
    bob.click("#leave")
    bob.until_in("Lobby")
    assert bob.texts("#mine .label") == ["Lobby", "tea"]
    alice.until(lambda: alice.text("#count") == "1")


def test_no_room_is_called_like_another(page, parleyd):
    page.enter(parleyd.address, "Alice", "tea")
    page.until(lambda: page.text("#about") == "Goes when everybody has left")
    page.click("#new")
    page.type("tea", "#room-name")
    page.find("#room-name").send_keys(Keys.ENTER)
    page.until(lambda: page.text("#make .bad"))
    assert page.text("#make .bad") == "There is a room of that name already."
    page.press(Keys.ESCAPE)
    assert page.texts("#mine .label") == ["Lobby", "tea"]


def test_what_is_said_elsewhere_is_counted(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.type("half a thought")
    alice.go("Lobby")
    for number in range(3):
        bob.say(f"news {number}")
    alice.until(lambda: alice.texts("#mine .badge") == ["3"])
    assert alice.driver.title.startswith("(3) ")
    alice.go("tea")
    alice.until_said("news 0", "news 1", "news 2")
    assert alice.texts("#mine .badge") == []
    assert alice.find("#text").get_attribute("value") == "half a thought"
    assert alice.run("return document.querySelector('.news .said').textContent") == "news 0"


def test_the_lobby_and_private_words(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.go("Lobby")
    bob.go("Lobby")
    alice.say("hello all")
    bob.until_said("hello all")
    alice.until_said("hello all")
    alice.until(lambda: "Bob" in alice.texts("#members .label"))
    alice.run(
        "Array.from(document.querySelectorAll('#members button'))"
        ".find((b) => b.textContent.endsWith('Bob')).click()"
    )
    alice.until_in("Bob")
    alice.say("psst")
    alice.until_said("psst")
    bob.until(lambda: bob.texts("#mine .badge") == ["1"])
    bob.go("Alice")
    bob.until_said("psst")


def test_typing_is_seen(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    alice.type("hm")
    bob.until(lambda: bob.text("#typing") == "Alice is typing …")
    alice.say("")
    bob.until(lambda: bob.text("#typing") == "")


def test_older_messages_come_on_scrolling_up(pages, parleyd):
    alice, bob = pages
    alice.enter(parleyd.address, "Alice", "tea")
    everything = talk(parleyd.address, 130)
    alice.until_said(*everything)
    bob.enter(parleyd.address, "Bob", "tea")
    bob.until(lambda: bob.said() == everything[-50:])
    place = "return Math.round(document.getElementById('scroll').scrollTop)"
    assert bob.run(place) > 0
    for known in 100, 130:
        bob.run("document.getElementById('scroll').scrollTop = 0")
        bob.until(lambda: bob.said() == everything[-known:])
        assert bob.run(place) > 0
    assert not bob.is_seen("#older")


def test_a_long_talk_is_shortened_and_can_be_read_again(page, parleyd):
    page.enter(parleyd.address, "Alice", "tea")
    everything = talk(parleyd.address, 1100)
    page.until(lambda: page.said()[-1:] == everything[-1:])
    shown = len(page.said())
    assert 500 <= shown <= 1000
    assert page.said() == everything[-shown:]
    page.run("document.getElementById('scroll').scrollTop = 0")
    page.until(lambda: len(page.said()) > shown)
    shown = len(page.said())
    assert page.said() == everything[-shown:]


def test_a_message_that_is_refused_says_so(pages, start):
    server = start("--limits-message-bytes", "20")
    alice, _ = meet(pages, server.address)
    alice.say("this is much too long for them")
    alice.until(lambda: [m["state"] for m in alice.messages()] == ["failed"])
    assert "Message is too large" in alice.text("#log .state")
    assert alice.texts("#log .state button") == ["Edit", "Discard"]
    alice.click("#log .state button")
    assert alice.said() == []
    assert alice.find("#text").get_attribute("value").startswith("this is")
    alice.find("#text").clear()
    alice.say("short")
    alice.until_said("short")


def test_who_is_at_the_end_stays_there(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    for number in range(30):
        bob.say(f"line {number}")
    alice.until_said(*[f"line {number}" for number in range(30)])
    left = (
        "const s = document.getElementById('scroll');"
        "return s.scrollHeight - s.scrollTop - s.clientHeight < 2"
    )
    assert alice.run(left)
    alice.resize(390, 480)
    alice.until(lambda: alice.run(left))
    alice.run("document.getElementById('scroll').scrollTop = 300")
    bob.say("and one more")
    alice.until(lambda: alice.is_seen("#jump"))
    assert not alice.run(left)
    alice.click("#jump")
    alice.until(lambda: alice.run(left) and not alice.is_seen("#jump"))


def test_it_is_at_home_on_other_listeners(pages, start):
    server = start(listen=("127.0.0.1:0=topic",))
    alice, bob = meet(pages, server.address)
    alice.say("the same everywhere")
    bob.until_said("the same everywhere")
    bob.open(server.address, "monitor")
    bob.until(lambda: bob.texts("#rooms .label") == ["tea"])


def test_with_keys_alone(pages, parleyd):
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


def test_a_reader_hears_what_is_said(pages, parleyd):
    alice, bob = meet(pages, parleyd.address)
    bob.say("hear, hear")
    alice.until(lambda: "Bob: hear, hear" in alice.text("#announce"))
