"""One browser that shows our page, driven as a user does."""

from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from axe import axe_source
from server import DEADLINE, eventually

# Browsers are slower on a busy machine than our own programs.
PATIENCE = 4 * DEADLINE

# Records policy violations and sockets; `window.longest` shortens timers.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
const later = window.setTimeout;
window.setTimeout = (run, ms, ...rest) =>
    later(run, Math.min(ms, window.longest ?? ms), ...rest);
window.sockets = [];
window.WebSocket = class extends WebSocket {
    constructor(...args) {
        super(...args);
        sockets.push(this);
    }
};
const often = window.setInterval;
window.setInterval = (run, ms, ...rest) =>
    often(run, Math.min(ms, window.longest ?? ms), ...rest);
"""

# Every message shown, with its state.
MESSAGES = """
return Array.from(document.querySelectorAll("#log li:not(.notice)"), (item) => ({
    text: item.querySelector(".body").textContent,
    by: item.querySelector(".who").textContent,
    own: item.classList.contains("own"),
    state: item.classList.contains("pending") ? "pending"
        : item.classList.contains("failed") ? "failed" : "",
    html: item.querySelector(".body").innerHTML,
}));
"""

# The browser's messages for a server that is down.
DOWN = ("WebSocket connection to", "ERR_CONNECTION_REFUSED",
        "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "ERR_SOCKET_NOT_CONNECTED")

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=en-GB",
)


def _start(more):
    options = Options()
    for argument in ARGUMENTS + more:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(
        service=Service("/usr/bin/chromedriver"), options=options
    )


class Page:
    """Methods do what a user does, and return what a user sees."""

    def __init__(self, *more):
        """`more`: arguments of the browser."""
        self.scheme = "http"
        self.driver = _start(more)
        self.driver.set_script_timeout(PATIENCE)
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.resize(1280, 800)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def resize(self, width, height, scale=1):
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=False,
        )

    def media(self, **features):
        """`prefers_color_scheme="dark"`, for one."""
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value}
            for name, value in features.items()
        ])

    def open(self, address, path=""):
        self.driver.get("%s://%s:%d/%s" % (self.scheme, *address[:2], path))

    def reload(self):
        self.driver.refresh()

    def leave(self):
        """Leaves the page, so that its scripts stop."""
        self.driver.get("about:blank")
        self.media(prefers_color_scheme="light")
        self.resize(1280, 800)

    def close(self):
        self.driver.quit()

    # --- actions

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def click(self, css):
        self.find(css).click()

    def type(self, text, css="#text"):
        """Types text; line breaks as Shift+Enter."""
        field = self.find(css)
        for number, line in enumerate(text.split("\n")):
            if number:
                field.send_keys(Keys.SHIFT + Keys.ENTER)
            field.send_keys(line)

    def press(self, *keys):
        """Presses keys together in the focused element."""
        self.driver.switch_to.active_element.send_keys("".join(keys))

    def post(self, text):
        self.type(text)
        self.find("#text").send_keys(Keys.ENTER)

    def enter(self, address, name, room=""):
        """Opens the page, chooses a name, joins a room."""
        self.open(address, f"#{room}" if room else "")
        self.type(name, "#name")
        self.find("#name").send_keys(Keys.ENTER)
        self.until_in(room or "Lobby")
        # Its disappearance moves the messages.
        self.until(lambda: not self.is_seen("#statusbar"))

    def go(self, room):
        """Clicks a conversation in the list."""
        self.run(
            "Array.from(document.querySelectorAll('#side li button'),"
            "(b) => b.querySelector('.label').textContent === arguments[0]"
            " && b).find(Boolean).click()", room,
        )
        self.until_in(room)

    # --- what is shown

    def text(self, css):
        return self.run(
            "return document.querySelector(arguments[0])?.textContent", css
        )

    def texts(self, css):
        return self.run(
            "return Array.from(document.querySelectorAll(arguments[0]),"
            "(e) => e.textContent)", css,
        )

    def is_seen(self, css):
        return self.find(css).is_displayed()

    def messages(self):
        return self.run(MESSAGES)

    def shown(self):
        """The message texts shown, in order."""
        return [message["text"] for message in self.messages()]

    def settled(self):
        return all(m["state"] == "" for m in self.messages())

    def until(self, condition):
        eventually(condition, PATIENCE)

    def until_shown(self, *texts):
        """Exactly these texts in this order, all acknowledged."""
        try:
            self.until(lambda: self.shown() == list(texts) and self.settled())
        except AssertionError:
            assert self.messages() == list(texts)

    def until_in(self, room):
        self.until(lambda: self.text("#title") == room)
        self.until(lambda: self.text("#my-name"))

    # --- errors

    def page_errors(self):
        """Console warnings and policy violations."""
        return self.run("return window.violations ?? []") + [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("WARNING", "SEVERE")
            and not any(one in entry["message"] for one in DOWN)
        ]

    def accessibility_errors(self):
        """Serious accessibility errors that axe has found."""
        self.run(axe_source())
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run().then((result) => done(result.violations))"
        )
        return [
            (one["id"], one["impact"], [n["html"] for n in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def picture(self, path):
        Path(path).write_bytes(self.driver.get_screenshot_as_png())
