"""Clients for parley, a chat server.

`ChatClient` is a small client of the dialect `action`;
`parley_client.native` is a client of the full protocol.
"""

from .action import ChatClient, LogLevel, RoomMessage
from .errors import ChatError, ConnectionLost
from .files import File

__all__ = [
    "ChatClient",
    "ChatError",
    "ConnectionLost",
    "File",
    "LogLevel",
    "RoomMessage",
]
