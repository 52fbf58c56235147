"""Clients for parley, a chat server.

`ChatClient` speaks the dialect `action` and is small; `parley_client.native`
speaks all that the server has to say.
"""

from .action import ChatClient, LogLevel, RoomMessage
from .errors import ChatError, ConnectionLost

__all__ = [
    "ChatClient",
    "ChatError",
    "ConnectionLost",
    "LogLevel",
    "RoomMessage",
]
