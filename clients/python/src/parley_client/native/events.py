"""Events of a chat, and answers to commands."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Type

Frame = Dict[str, Any]


@dataclass(frozen=True)
class Event:
    """The base of all that `Room` and `Parley.events` yield."""


# --- in a room ----------------------------------------------------------------


@dataclass(frozen=True)
class Message(Event):
    """`seq` numbers the messages of a room; `mine`: posted by this client."""

    room: str
    seq: int
    at: int  # milliseconds since 1970
    member: str
    member_id: str
    message: Any
    mine: bool = False

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.at / 1000, timezone.utc)


@dataclass(frozen=True)
class Joined(Event):
    room: str
    member: str
    member_id: str


@dataclass(frozen=True)
class Left(Event):
    room: str
    member: str
    member_id: str


@dataclass(frozen=True)
class Renamed(Event):
    room: str
    was: str
    member: str
    member_id: str


@dataclass(frozen=True)
class Count(Event):
    """The number of members; sent instead of names by large rooms."""

    room: str
    count: int


@dataclass(frozen=True)
class Typing(Event):
    room: str
    member: str
    member_id: str


@dataclass(frozen=True)
class Missing(Event):
    """Messages that the server no longer has, both ends included."""

    room: str
    first: int
    last: int


@dataclass(frozen=True)
class EpochChanged(Event):
    """The room was created again meanwhile: `seq` restarts, and messages in
    between are lost."""

    room: str
    epoch: str


@dataclass(frozen=True)
class Skipped(Event):
    """This many events were dropped because the queue was full. Messages of
    a room are never dropped: they are fetched again."""

    count: int


# --- everywhere ---------------------------------------------------------------


@dataclass(frozen=True)
class LobbyMessage(Event):
    member: str
    message: str


@dataclass(frozen=True)
class Announced(Event):
    """An announcement of the server in the lobby, such as a new member."""

    message: str


@dataclass(frozen=True)
class DirectMessage(Event):
    member: str
    member_id: str
    message: str


@dataclass(frozen=True)
class Refused(Event):
    """An error that answers no call, such as a refused name."""

    code: str
    message: str


@dataclass(frozen=True)
class Disconnected(Event):
    """The client reconnects in `retry_in` seconds."""

    close_code: int
    reason: str
    retry_in: float


@dataclass(frozen=True)
class Connected(Event):
    """Reconnected and rejoined. Without an account the id is new, and the
    name may be."""

    member: str
    member_id: str


# --- answers ------------------------------------------------------------------


@dataclass(frozen=True)
class Ack:
    """A message is in the room's history, as durable as `Parley.durability`
    says. `recipients` is None for a `duplicate`: sent more than once, and
    stored once."""

    room: str
    seq: int
    at: int
    recipients: Optional[int]
    duplicate: bool


@dataclass(frozen=True)
class Recipient:
    member: str
    member_id: str


@dataclass(frozen=True)
class RoomInfo:
    room: str
    name: str
    members: int
    persistent: bool


@dataclass(frozen=True)
class Page:
    """Messages of a room, oldest first; `more`: there are further ones."""

    epoch: str
    messages: List[Message]
    more: bool


# --- from frames --------------------------------------------------------------


_OF_ROOMS: Mapping[str, Type[Event]] = {
    "join": Joined,
    "leave": Left,
    "renamed": Renamed,
    "count": Count,
    "typing": Typing,
}

_OF_THE_LOBBY: Mapping[str, Type[Event]] = {
    "broadcast": LobbyMessage,
    "dm": DirectMessage,
    "error": Refused,
}


def _read(kinds: Mapping[str, Type[Event]], frame: Frame) -> Optional[Event]:
    """Fields have the same names as in frames. None: an unknown event, of a
    later version of the server."""
    kind = kinds.get(frame.get("event", ""))
    if not kind:
        return None
    return kind(*(frame[field.name] for field in fields(kind)))


def room_event(frame: Frame) -> Optional[Event]:
    return _read(_OF_ROOMS, frame)


def lobby_event(frame: Frame) -> Optional[Event]:
    if frame.get("event") == "broadcast" and "member" not in frame:
        return Announced(frame["message"])
    return _read(_OF_THE_LOBBY, frame)


def message(room: str, frame: Frame, mine: bool) -> Message:
    return Message(
        room,
        frame["seq"],
        frame["at"],
        frame["member"],
        frame["member_id"],
        frame["message"],
        mine,
    )


def ack(frame: Frame) -> Ack:
    return Ack(
        frame["room"],
        frame["seq"],
        frame["at"],
        frame.get("recipients"),
        frame.get("duplicate", False),
    )
