"""A client in the room `tea` without a browser."""

from client import Chat


def talk(address, count):
    """Posts messages; returns their texts once all are acknowledged."""
    texts = [f"news {number}" for number in range(1, count + 1)]
    with Chat(address) as chat:
        chat.ask_ok("join", room="tea")
        for text in texts:
            chat.ask_ok("broadcast", room="tea", message=text)
    return texts
