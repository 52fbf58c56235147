"""What happens in a chat, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, Mapping, Optional

Frame = Dict[str, Any]


@dataclass(frozen=True)
class Event:
    """What `Room` and `Parley.events` give is one of these."""


# --- in a room ----------------------------------------------------------------


@dataclass(frozen=True)
class Message(Event):
    """`seq` is its place in the room, `mine` whether it was said here."""

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
    """A room with many members tells their number instead of their names."""

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
    """The room has begun a new life while we were away: `seq` counts anew,
    and what was said in between is not known."""

    room: str
    epoch: str


@dataclass(frozen=True)
class Skipped(Event):
    """So many events were not kept because nobody read. In a room there is
    never a message among them: messages are fetched again."""

    count: int


# --- everywhere ---------------------------------------------------------------


@dataclass(frozen=True)
class LobbyMessage(Event):
    member: str
    message: str


@dataclass(frozen=True)
class Announced(Event):
    """The server's own words in the lobby: somebody has come."""

    message: str


@dataclass(frozen=True)
class DirectMessage(Event):
    member: str
    member_id: str
    message: str


@dataclass(frozen=True)
class Refused(Event):
    """What nobody was waiting for, like the name one wished to have."""

    code: str
    message: str


@dataclass(frozen=True)
class Disconnected(Event):
    """We shall be back, by ourselves, `retry_in` seconds from now."""

    close_code: int
    reason: str
    retry_in: float


@dataclass(frozen=True)
class Connected(Event):
    """Again, and in all rooms. The id is new, the name may be."""

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
    """Messages of a room, oldest first; `more`: there are others beyond."""

    epoch: str
    messages: List[Message]
    more: bool


# --- from frames --------------------------------------------------------------

_OF_ROOMS: Mapping[str, Callable[[Frame], Event]] = {
    "join": lambda f: Joined(f["room"], f["member"], f["member_id"]),
    "leave": lambda f: Left(f["room"], f["member"], f["member_id"]),
    "renamed": lambda f: Renamed(
        f["room"], f["was"], f["member"], f["member_id"]
    ),
    "count": lambda f: Count(f["room"], f["count"]),
    "typing": lambda f: Typing(f["room"], f["member"], f["member_id"]),
}


def room_event(frame: Frame) -> Optional[Event]:
    """None for what a later version of the server may say."""
    make = _OF_ROOMS.get(frame.get("event", ""))
    return make(frame) if make else None


def lobby_event(frame: Frame) -> Optional[Event]:
    kind = frame.get("event")
    if kind == "dm":
        return DirectMessage(
            frame["member"], frame["member_id"], frame["message"]
        )
    if kind == "broadcast" and "member" in frame:
        return LobbyMessage(frame["member"], frame["message"])
    if kind == "broadcast":
        return Announced(frame["message"])
    if kind == "error":
        return Refused(frame["code"], frame["message"])
    return None


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
