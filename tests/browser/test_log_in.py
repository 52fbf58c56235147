"""Log-in, log-out and guests on the page."""

import pytest

from passwords import PASSWORD, add_user, user
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def users(tmp_path):
    path = tmp_path / "users"
    add_user(path, "alice")
    return path


@pytest.fixture
def server(start, users):
    return start("--auth-kind", "password", "--auth-users", str(users))


@pytest.fixture
def page(page):
    """Cookies of other servers at this host are not its own."""
    yield page
    page.driver.delete_all_cookies()
    page.run("sessionStorage.clear()")


def log_in(page, password=PASSWORD):
    page.until(lambda: page.is_seen("#log-in"))
    page.type("alice", "#user")
    page.type(password, "#password")
    page.find("#password").send_keys(Keys.ENTER)


def test_a_user_logs_in_stays_logged_in_and_logs_out(page, server):
    page.open(server.address, "#tea")
    page.until(lambda: page.is_seen("#log-in"))
    assert not page.is_seen("#enter") and not page.is_seen("#as-guest")
    assert page.accessibility_errors() == []
    log_in(page)
    page.until_in("tea")
    assert page.text("#my-name") == "alice"
    assert page.run("const name = document.getElementById('my-name');"
                    "return name.scrollWidth <= name.clientWidth")
    page.post("hello")
    page.until_shown("hello")
    assert PASSWORD not in page.run("return document.documentElement.outerHTML")
    page.reload()
    page.until_in("tea")
    assert page.text("#my-name") == "alice"
    page.click("#log-out")
    page.until(lambda: page.run("return document.querySelector('#log-in')")
               and page.is_seen("#log-in"))
    assert page.driver.get_cookies() == []
    assert page.run("return location.hash") == ""


def test_a_wrong_password_is_reported(page, server):
    page.open(server.address)
    log_in(page, "wrong horse")
    page.until(lambda: page.text("#log-in .bad") == "Wrong name or password.")
    # The browser reports the answer itself, at some time.
    reports = []
    page.until(lambda: reports.extend(page.page_errors()) or reports)
    assert all("v1/login" in each for each in reports)
    page.type(PASSWORD, "#password")  # it was selected
    page.find("#password").send_keys(Keys.ENTER)
    page.until_in("Lobby")


def test_the_report_of_a_wrong_password_is_accessible(page, server):
    page.open(server.address)
    log_in(page, "wrong horse")
    page.until(lambda: page.text("#log-in .bad") == "Wrong name or password.")
    page.until(page.page_errors)  # the browser reports the answer itself
    assert page.accessibility_errors() == []


def test_a_locked_user_sees_the_form_again(page, server, users):
    page.open(server.address)
    log_in(page)
    page.until_in("Lobby")
    assert user("lock", "--file", users, "alice").returncode == 0
    page.until(lambda: page.run("return document.querySelector('#log-in')")
               and page.is_seen("#log-in"))


def test_a_guest_may_look_first_and_log_in_later(page, start, users):
    server = start("--auth-kind", "password", "--auth-users", str(users),
                   "--auth-guests", "on")
    page.open(server.address)
    page.until(lambda: page.is_seen("#as-guest"))
    page.click("#as-guest")
    page.until_in("Lobby")
    assert page.text("#my-name").startswith("guest")
    page.reload()
    page.until_in("Lobby")
    assert page.text("#log-out") == "Log in"
    page.click("#log-out")
    page.until(lambda: page.run("return document.querySelector('#log-in')")
               and page.is_seen("#log-in"))
    log_in(page)
    page.until_in("Lobby")
    assert page.text("#my-name") == "alice"
