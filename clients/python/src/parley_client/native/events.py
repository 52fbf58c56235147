"""Events of a chat, and answers to commands."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timezone
from typing import (
    Any,
    Callable,
    Dict,
    List,
    Mapping,
    Optional,
    Tuple,
    Type,
    TypeVar,
)

Frame = Dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """The base of all that `Room` and `Parley.events` yield."""


# --- in a room ----------------------------------------------------------------


@dataclass(frozen=True)
class Message(Event):
    """`seq` numbers the messages of a room; `mine`: posted by this client. A
    message of a history is as it is now."""

    room: str
    seq: int
    at: int  # milliseconds since 1970
    member: str
    member_id: str
    message: Any  # None if it is redacted
    mine: bool = False
    redacted: bool = False
    edited: Optional[int] = None  # the time of the last edit
    reactions: Mapping[str, int] = field(default_factory=dict)  # counts
    reacted: Tuple[str, ...] = ()  # the reactions of this member

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
class Redacted(Event):
    """A message has no text any more. After a reconnect `by`, `by_id` and
    `at` are not known."""

    room: str
    seq: int
    by: Optional[str] = None
    by_id: Optional[str] = None
    at: Optional[int] = None
    reason: Optional[str] = None


@dataclass(frozen=True)
class Edited(Event):
    """A message has another text."""

    room: str
    seq: int
    message: Any
    member: str
    member_id: str
    at: int


@dataclass(frozen=True)
class Reacted(Event):
    """`count`: how many members react to the message in this way."""

    room: str
    seq: int
    reaction: str
    member: str
    member_id: str
    count: int
    removed: bool = False


@dataclass(frozen=True)
class RoleChanged(Event):
    """`role` is owner, moderator, voice, member, muted or banned; a penalty
    ends at `until`, or never. The server has no `by_id`."""

    room: str
    member: str
    member_id: str
    role: str
    by: str
    at: int
    by_id: Optional[str] = None
    until: Optional[int] = None
    reason: Optional[str] = None


@dataclass(frozen=True)
class Kicked(Event):
    room: str
    member: str
    member_id: str
    by: str
    by_id: str
    at: int
    reason: Optional[str] = None


@dataclass(frozen=True)
class TopicChanged(Event):
    room: str
    topic: str
    by: str
    by_id: str
    at: int


@dataclass(frozen=True)
class SlowChanged(Event):
    """The least time between two messages of a member; 0: none."""

    room: str
    slow_ms: int
    by: str
    by_id: str
    at: int


@dataclass(frozen=True)
class Deleted(Event):
    """The room was deleted."""

    room: str
    by: str
    by_id: str


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
    """Between users it is in their talk, with `room`, `seq` and `at`."""

    member: str
    member_id: str
    message: str
    room: Optional[str] = None
    seq: Optional[int] = None
    at: Optional[int] = None


@dataclass(frozen=True)
class Invited(Event):
    """`member` invites this client to the room `room`."""

    room: str
    name: str
    member: str
    member_id: str


@dataclass(frozen=True)
class ReadElsewhere(Event):
    """The user has read the room up to `seq`, on another connection."""

    room: str
    seq: int


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
    """A message between users is stored, with `room`, `seq` and `at`; `away`:
    the recipient is not connected."""

    member: str
    member_id: str
    room: Optional[str] = None
    seq: Optional[int] = None
    at: Optional[int] = None
    away: bool = False
    duplicate: bool = False


@dataclass(frozen=True)
class RoomInfo:
    """`seq`, `read` and `unread` are those of `my_rooms`: the newest message,
    the last that was read, and how many follow it."""

    room: str
    name: str
    members: int
    persistent: bool
    private: bool = False
    seq: int = 0
    read: int = 0
    unread: int = 0

    @property
    def is_talk(self) -> bool:
        """It is the private talk with another user."""
        return self.room.startswith("@")


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
    "redact": Redacted,
    "edit": Edited,
    "react": Reacted,
    "role": RoleChanged,
    "kick": Kicked,
    "topic": TopicChanged,
    "slow": SlowChanged,
    "deleted": Deleted,
}

_OF_THE_LOBBY: Mapping[str, Type[Event]] = {
    "broadcast": LobbyMessage,
    "dm": DirectMessage,
    "error": Refused,
    "invite": Invited,
    "read": ReadElsewhere,
}

# Events that have a room and are for the client.
OF_CLIENT = ("dm", "invite", "read")


def _read(kinds: Mapping[str, Type[Event]], frame: Frame) -> Optional[Event]:
    """Fields have the same names as in frames. None: an unknown event, of a
    later version of the server."""
    kind = kinds.get(frame.get("event", ""))
    return _of_frame(kind, frame) if kind else None


def _of_frame(kind: Callable[..., T], frame: Frame) -> T:
    """A field with a default may be absent."""
    return kind(
        **{
            each.name: frame[each.name]
            for each in fields(kind)  # type: ignore[arg-type]
            if each.name in frame
            or (each.default is MISSING and each.default_factory is MISSING)
        }
    )


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
        None if frame.get("redacted") else frame["message"],
        mine,
        frame.get("redacted", False),
        frame.get("edited"),
        frame.get("reactions", {}),
        tuple(frame.get("reacted", ())),
    )


def change(message: Message) -> Event:
    """What became of a message that was received before."""
    if message.redacted:
        return Redacted(message.room, message.seq)
    return Edited(
        message.room,
        message.seq,
        message.message,
        message.member,
        message.member_id,
        message.edited or message.at,
    )


def recipient(frame: Frame) -> Recipient:
    return _of_frame(Recipient, {"member": "", **frame})


def room_info(frame: Frame) -> RoomInfo:
    return _of_frame(RoomInfo, frame)


def ack(frame: Frame) -> Ack:
    return Ack(
        frame["room"],
        frame["seq"],
        frame["at"],
        frame.get("recipients"),
        frame.get("duplicate", False),
    )
