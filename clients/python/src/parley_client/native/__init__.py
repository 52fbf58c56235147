"""A client of the native protocol, the dialect `command`."""

from ..errors import ChatError, ConnectionLost
from .client import Parley
from .events import (
    Ack,
    Announced,
    Connected,
    Count,
    DirectMessage,
    Disconnected,
    EpochChanged,
    Event,
    Joined,
    Left,
    LobbyMessage,
    Message,
    Missing,
    Page,
    Recipient,
    Refused,
    Renamed,
    RoomInfo,
    Skipped,
    Typing,
)
from .room import Room

__all__ = [
    "Ack",
    "Announced",
    "ChatError",
    "Connected",
    "ConnectionLost",
    "Count",
    "DirectMessage",
    "Disconnected",
    "EpochChanged",
    "Event",
    "Joined",
    "Left",
    "LobbyMessage",
    "Message",
    "Missing",
    "Page",
    "Parley",
    "Recipient",
    "Refused",
    "Renamed",
    "Room",
    "RoomInfo",
    "Skipped",
    "Typing",
]
