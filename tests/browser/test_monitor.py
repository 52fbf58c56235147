"""The monitor, in a real browser."""

from client import Chat, Connection, head

KEY = "0123456789abcdef0123456789abcdef"


def loaded(page):
    page.until(lambda: "up for" in page.text("#state"))


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


def test_curves_have_axes_and_a_range(page, parleyd):
    page.open(parleyd.address, "monitor")
    loaded(page)
    page.until(lambda: page.texts("#cards .top")[0] == "1")
    assert page.texts("#cards .since")[0] == "2 minutes ago"
    page.click("#ranges button:last-child")
    assert page.texts("#cards .since")[0] == "1 hour ago"
    assert page.run("return document.querySelector('#ranges [aria-pressed=true]').textContent"
                    ) == "1 hour"


def kept_by_server(page):
    return page.driver.execute_async_script(
        "const done = arguments[0];"
        "fetch('monitor/history').then((r) => r.json()).then(done)")


def test_the_history_of_an_hour_is_that_of_the_server(page, parleyd):
    page.open(parleyd.address, "monitor")
    loaded(page)
    page.until(lambda: kept_by_server(page)["samples"])
    kept = kept_by_server(page)
    assert kept["every_ms"] == 30000
    assert [sample["connections"] for sample in kept["samples"]] == [0]
    assert "latency_us" in kept["samples"][0]


def test_the_monitor_shows_the_store(page, start, tmp_path):
    server = start("--store-kind", "file", "--store-dir", str(tmp_path))
    page.open(server.address, "monitor")
    loaded(page)
    page.until(lambda: "Syncs of the store" in page.texts("#cards h2"))
    memory = start()
    page.open(memory.address, "monitor")
    loaded(page)
    page.until(lambda: page.texts("#limits .label"))
    assert not page.is_seen("#cards li:nth-child(9)")


def test_limits_closes_and_refusals(page, start):
    server = start("--limits-connections", "2", "--limits-rooms", "50")
    page.open(server.address, "monitor")
    loaded(page)
    page.until(lambda: page.text("#closes-none") == "No connection was closed.")
    chats = [Chat(server.address) for _ in range(2)]
    page.until(lambda: "2 of 2" in page.texts("#limits .count"))
    refused = Connection(server.address)
    refused.send(head())
    assert refused.read_response().status == 503
    refused.expect_end()
    page.until(lambda: page.texts("#refusals tbody th") == ["limits.connections"])
    for chat in chats:
        chat.leave()
    page.until(lambda: page.texts("#closes tbody th") and
               page.texts("#closes tbody th")[0].startswith("1000"))
    assert "0 of 50" in page.texts("#limits .count")


def test_members_are_shown_and_disconnected_with_the_key(page, start):
    server = start("--admin-key", KEY)
    page.open(server.address, "monitor")
    loaded(page)
    with Chat(server.address, "/ws?name=Alice") as alice:
        page.type("wrong", "#key")
        page.click("#members-form button")
        page.until(lambda: page.text("#members-notice") == "The key is wrong")
        assert "401" in page.page_errors()[0]
        page.run("document.getElementById('key').value = ''")
        page.type(KEY, "#key")
        page.click("#members-form button")
        page.until(lambda: page.texts("#members tbody th") == ["Alice"])
        assert page.accessibility_errors() == []
        page.click("#members tbody button")
        page.until(lambda: page.text("#members-notice") == "Alice was disconnected")
        alice.expect_bye(4003)
        assert page.texts("#members tbody th") == []


def test_the_monitor_shows_a_lost_server(page, start):
    server = start()
    page.open(server.address, "monitor")
    loaded(page)
    server.stop()
    page.until(lambda: page.text("#state").startswith("No response since"))
    assert "old" in page.text("#state")
    assert page.run("return getComputedStyle(document.getElementById('cards')).opacity") == "0.5"


def test_the_monitor_is_accessible(page, parleyd):
    for scheme in "light", "dark":
        page.media(prefers_color_scheme=scheme)
        page.open(parleyd.address, "monitor")
        loaded(page)
        assert page.accessibility_errors() == []
