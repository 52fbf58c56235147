"""Somebody who comes to the room `tea` without a browser, talks and goes."""

from client import Chat


def talk(address, count):
    """Returns what was said, once the room has all of it."""
    texts = [f"news {number}" for number in range(1, count + 1)]
    with Chat(address) as chat:
        chat.ask_ok("join", room="tea")
        for text in texts:
            chat.ask_ok("broadcast", room="tea", message=text)
    return texts
