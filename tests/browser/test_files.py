"""Files on the page: chosen, pasted and dropped; shown as pictures and links."""

import hashlib
import json
import random
import struct
import zlib

import exposition
import pytest
from client import get
from selenium.webdriver.common.keys import Keys

from relay import Relay
from test_page import meet
from test_unsent import NOT_RECEIVED

PICTURES = """
return Array.from(document.querySelectorAll("#log .picture img"), (image) => ({
    name: image.alt, loaded: image.complete && image.naturalWidth > 0,
    width: image.width,
}));
"""

# A file as the clipboard or a drag has it, given to a listener of the page.
GIVE = """
const [kind, name, type, text] = arguments;
const transfer = new DataTransfer();
transfer.items.add(new File([text], name, { type }));
const target = document.getElementById(kind === "paste" ? "text" : "scroll");
target.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
"""

# Uploads wait until `go()` is called.
HOLD = """
const send = XMLHttpRequest.prototype.send;
window.held = [];
window.go = () => { XMLHttpRequest.prototype.send = send;
    held.splice(0).forEach((begin) => begin()); };
XMLHttpRequest.prototype.send = function (body) { held.push(() => send.call(this, body)); };
"""


def png(width, height):
    """A grey picture."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    rows = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "boat.png"
    path.write_bytes(png(640, 320))
    return path


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "notes.bin"
    path.write_bytes(bytes(range(256)) * 10)
    return path


def choose(page, *paths):
    page.find("#files").send_keys("\n".join(map(str, paths)))
    page.until(lambda: len(page.texts("#uploads .label")) == len(paths))


def errors(page):
    return [text for text in page.texts("#uploads .bad") if text]


def is_uploaded(page):
    return not any(page.run(
        "return Array.from(document.querySelectorAll('#uploads progress'),"
        "(bar) => !bar.hidden)"))


def test_a_picture_is_sent_and_shown(pages, parleyd, picture):
    alice, bob = meet(pages, parleyd.address)
    choose(alice, picture)
    alice.until(lambda: alice.run(
        "const c = document.querySelector('#uploads canvas'); return c && c.width") == 48)
    alice.until(lambda: is_uploaded(alice))
    assert alice.accessibility_errors() == []
    alice.post("the blue boat")
    for page in pages:
        page.until_shown("the blue boat")
        page.until(lambda: page.run(PICTURES) == [  # noqa: B023
            {"name": "boat.png", "loaded": True, "width": 384}])
    assert not alice.is_seen("#uploads")
    assert bob.accessibility_errors() == []
    bob.reload()
    bob.until(lambda: [one["loaded"] for one in bob.run(PICTURES)] == [True])


def test_other_files_are_links(pages, parleyd, picture, document):
    alice, bob = meet(pages, parleyd.address)
    choose(alice, document, picture)
    alice.find("#text").send_keys(Keys.ENTER)
    bob.until(lambda: bob.texts("#log .file span") == ["notes.bin", "2.6 kB"])
    bob.until(lambda: len(bob.run(PICTURES)) == 1)
    assert bob.find("#log .file").get_attribute("download") == "notes.bin"
    got = bob.driver.execute_async_script(
        "const done = arguments[0];"
        "fetch(document.querySelector('#log .file').href).then((r) => r.arrayBuffer())"
        ".then((bytes) => done([...new Uint8Array(bytes)]))")
    assert bytes(got) == document.read_bytes()


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_files_are_pasted_and_dropped(pages, parleyd, kind):
    alice, bob = meet(pages, parleyd.address)
    alice.run(GIVE, kind, "list.txt", "text/plain", "milk")
    alice.until(lambda: alice.texts("#uploads .label") == ["list.txt"])
    alice.post("for you")
    bob.until(lambda: bob.texts("#log .file span") == ["list.txt", "4 bytes"])


def test_an_upload_shows_its_progress_and_is_cancelled(page, parleyd, document):
    page.enter(parleyd.address, "Alice", "tea")
    page.run(HOLD)
    choose(page, document)
    assert page.is_seen("#uploads progress")
    assert page.find("#uploads progress").get_attribute("aria-label") == "Upload of notes.bin"
    page.type("see")
    page.find("#text").send_keys(Keys.ENTER)
    assert page.is_seen("#uploads .note") and page.shown() == []
    page.click("#uploads [aria-label='Remove notes.bin']")
    page.until(lambda: not page.is_seen("#uploads"))
    page.run("go()")
    page.until(lambda: page.find("#text").get_attribute("value") == "see")
    choose(page, document)
    page.find("#text").send_keys(Keys.ENTER)
    page.until_shown("seenotes.bin2.6 kB")


def received_bytes(server):
    """The bytes received, from a report that may be 200 ms old."""
    return json.loads(get(server.address, "/stats").body)["files"]["received_bytes"]


def test_an_upload_goes_on_after_a_lost_connection(page, parleyd, relay, tmp_path):
    content = random.Random(7).randbytes(3_000_000)
    (tmp_path / "big.bin").write_bytes(content)
    page.enter(relay.address, "Alice", "tea")
    relay.cut_after(1_000_000)
    choose(page, tmp_path / "big.bin")
    page.until(lambda: relay.is_cut)
    assert not is_uploaded(page)
    relay.restore()
    page.until(lambda: is_uploaded(page))
    assert errors(page) == []
    # What had arrived was not sent again.
    page.until(lambda: received_bytes(parleyd) == len(content))
    page.find("#text").send_keys(Keys.ENTER)
    page.until(lambda: page.texts("#log .file span") == ["big.bin", "3.0 MB"])
    digest = page.driver.execute_async_script(
        "const done = arguments[0];"
        "fetch(document.querySelector('#log .file').href).then((r) => r.arrayBuffer())"
        ".then((bytes) => crypto.subtle.digest('SHA-256', bytes))"
        ".then((hash) => done([...new Uint8Array(hash)]))")
    assert bytes(digest) == hashlib.sha256(content).digest()


def test_a_message_sent_during_an_upload_is_posted_after_it(pages, parleyd, document):
    alice, bob = meet(pages, parleyd.address)
    alice.run(HOLD)
    choose(alice, document)
    alice.post("first")
    alice.go("Lobby")
    assert not alice.is_seen("#uploads")
    alice.run("go()")
    bob.until(lambda: bob.texts("#log .file span") == ["notes.bin", "2.6 kB"])
    alice.go("tea")
    assert not alice.is_seen("#uploads")


def expired_files(server):
    families = exposition.read(get(server.address, "/metrics").body.decode())
    return families["parley_files_expired_total"].value()


def test_an_upload_that_the_server_has_removed_begins_anew(page, start, tmp_path):
    # Rooms and files are swept together.
    server = start("--files-unfinished", "1s", "--rooms-empty-for", "1s")
    relay = Relay(server.address)
    (tmp_path / "big.bin").write_bytes(bytes(3_000_000))
    page.enter(relay.address, "Alice", "tea")
    relay.cut_after(1_000_000)
    choose(page, tmp_path / "big.bin")
    page.until(lambda: relay.is_cut)
    page.until(lambda: expired_files(server) == 1)
    relay.restore()
    page.until(lambda: errors(page) == ["The upload failed: the server answered with 404."])
    page.click("#uploads .again")
    page.until(lambda: errors(page) == [] and is_uploaded(page))
    page.find("#text").send_keys(Keys.ENTER)
    page.until(lambda: page.texts("#log .file span") == ["big.bin", "3.0 MB"])
    page.until(lambda: any("v1/files" in each for each in page.page_errors()))
    relay.close()


@pytest.mark.parametrize(("options", "reason", "may_help"), [
    (("--files-types", "image/*"), "Files of this type are not allowed.", False),
    (("--files-quota-user", "2KiB"), "Your files take all the space you have.", True),
    (("--files-size", "1KiB"), "The file is too large.", False),
    (("--files-size", "0"), "This server takes no files.", True),
])
def test_a_refused_file_shows_the_reason(page, start, document, options, reason, may_help):
    page.enter(start(*options).address, "Alice", "tea")
    choose(page, document)
    page.until(lambda: errors(page) == [reason])
    assert page.is_seen("#uploads .again") == may_help
    page.post("without it")
    page.until_shown("without it")
    page.click("#uploads [aria-label='Remove notes.bin']")
    page.until(lambda: not page.is_seen("#uploads"))
    # The browser reports the answer itself.
    page.until(lambda: any("v1/files" in each for each in page.page_errors()))


def test_a_file_that_is_no_picture_is_not_shown_as_one(pages, parleyd, tmp_path):
    alice, bob = meet(pages, parleyd.address)
    (tmp_path / "evil.png").write_text("<script>alert(1)</script>")
    choose(alice, tmp_path / "evil.png")
    alice.find("#text").send_keys(Keys.ENTER)
    bob.until(lambda: bob.texts("#log .file span")[:1] == ["evil.png"])
    assert bob.run(PICTURES) == []


def test_a_file_is_sent_once_over_a_reload(pages, parleyd, document):
    alice, bob = meet(pages, parleyd.address)
    choose(alice, document)
    alice.until(lambda: is_uploaded(alice))
    alice.run(NOT_RECEIVED)
    alice.find("#text").send_keys(Keys.ENTER)
    bob.until(lambda: bob.texts("#log .file span") == ["notes.bin", "2.6 kB"])
    alice.reload()
    alice.until_shown("notes.bin2.6 kB")
    bob.until_shown("notes.bin2.6 kB")
