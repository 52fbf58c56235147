"""Takes the screenshots in docs/: pictures.py FOLDER."""

import math
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from client import Chat  # noqa: E402
from page import Page  # noqa: E402
from server import AT_ONCE, PARLEYD, Server  # noqa: E402

WATCHED_S = 118

# These connections do not read.
PATIENT = ("--limits-ping-interval", "0")

ROOMS = {
    "Harbour": 5, "Book club": 21, "Night shift": 8, "Garden": 3, "Chess": 2,
}
TALK = (
    ("Robin", "Has anybody seen the tide table for next week?"),
    ("Robin", "I would like to go out on Thursday."),
    ("Alice", "It is on the door, and at https://example.org/tides"),
    ("Maya", "High water is at 6:40, low at 12:55. The wind is supposed to "
             "turn north in the afternoon, so better be back for lunch."),
    ("Robin", "Thank you! Then I leave at seven."),
    ("Alice", "Take the blue boat, the other one leaks."),
    ("Alice", "And some tea."),
    ("Maya", "And cake."),
)


def id_of(room):
    return room.lower().replace(" ", "-")


def gather(address):
    """People, by room."""
    people = {room: [] for room in ROOMS}
    for room, count in ROOMS.items():
        for _ in range(count):
            chat = Chat(address)
            if not people[room]:
                chat.ask_ok("create", name=room, room=id_of(room))
            else:
                chat.ask_ok("join", room=id_of(room))
            people[room].append(chat)
    return people


def send_command(people, room, speaker, text):
    people[room][speaker].send_command("broadcast", room=id_of(room), message=text)


def take_monitor(page, address, people, folder):
    page.open(address, "monitor")
    chance = random.Random(7)
    until = time.monotonic() + WATCHED_S
    while (left := until - time.monotonic()) > 0:
        room = chance.choice(list(people))
        send_command(people, room, chance.randrange(len(people[room])), "tick")
        time.sleep(chance.expovariate(60 + 40 * math.sin(left / 9)))
    page.picture(folder / "monitor.png")


def talk(page, people):
    names = {"Robin": people["Harbour"][0], "Maya": people["Harbour"][1]}
    for name, chat in names.items():
        chat.ask_ok("name", name=name)
    for name, text in TALK:
        if name == "Alice":
            page.post(text)
        else:
            names[name].ask_ok("broadcast", room="harbour", message=text)
        page.until(lambda: page.shown()[-1:] == [text] and page.settled())
    for text in "Chapter four?", "Not yet!":
        send_command(people, "Book club", 0, text)
    page.until(lambda: page.texts("#joined .badge") == ["2"])


def take_page(page, address, people, folder):
    page.enter(address, "Alice")
    for room in "garden", "book-club", "harbour":
        page.run("location.hash = arguments[0]", room)
        page.until(lambda: id_of(page.text("#title")) == room)
    talk(page, people)
    for scheme in "light", "dark":
        page.media(prefers_color_scheme=scheme)
        people["Harbour"][0].send_command("typing", room="harbour")
        page.until(lambda: page.text("#typing"))
        page.picture(folder / f"page-{scheme}.png")
    page.media(prefers_color_scheme="light")
    page.resize(390, 780)
    page.picture(folder / "page-phone.png")


def main():
    folder = Path(sys.argv[1])
    page = Page()
    try:
        for take in take_monitor, take_page:
            with Server(PARLEYD, *AT_ONCE, *PATIENT) as server:
                take(page, server.address, gather(server.address), folder)
                page.leave()
    finally:
        page.close()


if __name__ == "__main__":
    main()
