"""The monitor, in a real browser."""


def test_the_monitor_shows_activity(pages, parleyd):
    monitor, alice = pages
    monitor.open(parleyd.address, "monitor")
    alice.enter(parleyd.address, "Alice", "tea")
    monitor.until(lambda: monitor.texts("#rooms .label") == ["tea"])
    assert monitor.texts("#cards h2")[:2] == ["Connections", "Rooms"]
    monitor.until(lambda: monitor.texts("#cards .now")[:2] == ["1", "1"])
    alice.post("hello")
    alice.until_shown("hello")
    monitor.until(lambda: monitor.run(
        "return document.querySelectorAll('.line[d^=M]').length"
    ) >= 8)
    assert "parley/" in monitor.text("#state")


def test_the_monitor_shows_a_lost_server(page, start):
    server = start()
    page.open(server.address, "monitor")
    page.until(lambda: "up for" in page.text("#state"))
    server.stop()
    page.until(lambda: page.text("#state").startswith("No response since"))


def test_the_monitor_is_accessible(page, parleyd):
    for scheme in "light", "dark":
        page.media(prefers_color_scheme=scheme)
        page.open(parleyd.address, "monitor")
        page.until(lambda: "up for" in page.text("#state"))
        assert page.barriers() == []
