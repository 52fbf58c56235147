"""The monitor, in a real browser."""


def test_it_shows_what_goes_on(pages, parleyd):
    monitor, alice = pages
    monitor.open(parleyd.address, "monitor")
    alice.enter(parleyd.address, "Alice", "tea")
    monitor.until(lambda: monitor.texts("#rooms .label") == ["tea"])
    assert monitor.texts("#cards h2")[:2] == ["Connections", "Rooms"]
    monitor.until(lambda: monitor.texts("#cards .now")[:2] == ["1", "1"])
    alice.say("hello")
    alice.until_said("hello")
    monitor.until(lambda: monitor.run(
        "return document.querySelectorAll('.line[d^=M]').length"
    ) >= 8)
    assert "parley/" in monitor.text("#state")


def test_it_says_when_it_hears_nothing(page, start):
    server = start()
    page.open(server.address, "monitor")
    page.until(lambda: "up for" in page.text("#state"))
    server.stop()
    page.until(lambda: page.text("#state").startswith("No answer since"))


def test_it_keeps_nobody_out(page, parleyd):
    for scheme in "light", "dark":
        page.media(prefers_color_scheme=scheme)
        page.open(parleyd.address, "monitor")
        page.until(lambda: "up for" in page.text("#state"))
        assert page.barriers() == []
