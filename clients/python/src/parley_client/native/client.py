"""A member of the chat."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, deque
from types import TracebackType
from typing import Any, AsyncIterator, Deque, Dict, List, Optional, Set, Type
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ..errors import ChatError, ConnectionLost
from . import events
from .backoff import FIRST, MOST, Backoff
from .events import (
    Connected,
    Disconnected,
    Event,
    Frame,
    Recipient,
    RoomInfo,
    Skipped,
)
from .link import Link
from .room import Room

DEFAULT_URL = "ws://localhost:8080"


class Parley:
    """A member of the chat, who comes back when the connection ends.

        async with Parley("ws://localhost:8080", name="alice") as chat:
            room = await chat.join("tea", create=True)
            await room.send("anyone?")
            async for event in room:
                print(event)

    What is asked for while there is no connection waits for the next one; use
    asyncio.wait_for to wait no longer than you want. ConnectionLost means
    that there will be none, or that nobody knows whether it was done.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        name: Optional[str] = None,
        timeout: float = 10.0,
        queue_size: int = 1000,
        first_delay: float = FIRST,
        longest_delay: float = MOST,
    ) -> None:
        """`timeout`: for connecting. `queue_size`: events that may wait to be
        read, for each room and for `events`. Returning after the connection
        was lost begins with `first_delay` seconds and slows down to
        `longest_delay`."""
        self.name = name or ""
        self.id = ""
        self.server: Frame = {}
        self._url = _with_path(url)
        self._wished = name
        self._timeout = timeout
        self._size = queue_size
        self._delays = (first_delay, longest_delay)
        self._rooms: Dict[str, Room] = {}
        # How many are waiting to enter a room, and the last to give up.
        self._joining: Counter[str] = Counter()
        self._leaving: Optional[asyncio.Future[None]] = None
        self._ids: Set[str] = set()
        self._keys = 0
        self._key = secrets.token_hex(12)
        self._queue: Deque[Event] = deque()
        self._skipped = 0
        self._started = self._over = False
        self._why: Optional[ConnectionLost] = None

    @classmethod
    async def connect(
        cls, url: str = DEFAULT_URL, *, name: Optional[str] = None, **more: Any
    ) -> Parley:
        """The same without `async with`; do not forget to `close`."""
        chat = cls(url, name=name, **more)
        await chat.start()
        return chat

    async def __aenter__(self) -> Parley:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Connects. Raises if the first attempt fails: the others are made
        by themselves."""
        # Made here: until Python 3.10 they belong to the loop they are born in.
        self._news = asyncio.Event()
        self.link = Link(self, self._timeout, Backoff(*self._delays))
        self._started = True
        await self.link.start()

    async def close(self) -> None:
        """Leaves everything; what is on its way fails with ConnectionLost."""
        if self._started:
            await self.link.stop()

    @property
    def durability(self) -> str:
        """What an Ack promises: always, interval, never or none."""
        return str(self.server.get("durability", ""))

    # --- rooms ----------------------------------------------------------------

    async def create(
        self,
        name: str,
        *,
        room: Optional[str] = None,
        persistent: bool = False,
        ttl_ms: Optional[int] = None,
        max_members: Optional[int] = None,
    ) -> Room:
        """Makes a room and enters it; `room` is the id that is wished for."""
        made = await self.link.ask(
            "create",
            repeatable=False,
            name=name,
            room=room,
            persistent=persistent,
            ttl_ms=ttl_ms,
            max_members=max_members,
        )
        # What numbers it begins with is only told to those who join.
        return await self.join(made["room"])

    async def join(
        self,
        room: str,
        *,
        create: bool = False,
        persistent: bool = False,
        history: int = 0,
    ) -> Room:
        """Enters a room, where one stays over all connections until one
        leaves. Its first events are the last messages, as many as `history`
        says. `create`: make it if there is none, now or when returning; if
        it is `persistent`, it outlives its members then."""
        if room not in self._rooms:
            if self._leaving:
                await asyncio.wait([self._leaving])
            self._joining[room] += 1
            try:
                await self.link.ask(
                    "join",
                    room=room,
                    create=create,
                    persistent=persistent,
                    history=history,
                    on_answer=lambda frame: self._enter(
                        frame, create, persistent
                    ),
                )
            finally:
                self._joining[room] -= 1
        return self._rooms[room]

    async def rooms(self) -> List[RoomInfo]:
        """All there are."""
        answer = await self.link.ask("rooms")
        return [
            RoomInfo(r["room"], r["name"], r["members"], r["persistent"])
            for r in answer["rooms"]
        ]

    def _enter(self, frame: Frame, create: bool, persistent: bool) -> None:
        room = self._rooms.get(frame["room"])
        if not room:
            room = Room(
                self,
                frame,
                create=create,
                persistent=persistent,
                size=self._size,
            )
            self._rooms[room.id] = room
        room.joined(frame)

    # --- everybody, and one ---------------------------------------------------

    async def say(self, text: str) -> int:
        """To everybody in the lobby; gives how many heard it."""
        answer = await self.link.ask(
            "broadcast", repeatable=False, message=text
        )
        return int(answer["recipients"])

    async def dm(self, recipient: str, text: str) -> Recipient:
        """To one member, by name or id."""
        answer = await self.link.ask(
            "dm", repeatable=False, recipient=recipient, message=text
        )
        return Recipient(answer["member"], answer["member_id"])

    async def rename(self, name: str) -> str:
        """Gives the name one has got: a number is added if it was taken."""
        answer = await self.link.ask("name", name=name)
        self._wished, self.name = name, answer["member"]
        return self.name

    async def members(self) -> List[str]:
        """Everybody's names, in order of arrival."""
        return list((await self.link.ask("list"))["members"])

    async def ping(self) -> int:
        """The server's time, in milliseconds since 1970."""
        return int((await self.link.ask("ping"))["at"])

    async def events(self) -> AsyncIterator[Event]:
        """What belongs to no room: LobbyMessage, Announced, DirectMessage,
        Disconnected, Connected, Refused. Where nobody reads, the oldest are dropped
        and a Skipped says so. Ends with `close`; raises ConnectionLost if the
        server does not want us back."""
        while True:
            if self._skipped:
                skipped, self._skipped = self._skipped, 0
                yield Skipped(skipped)
            elif self._queue:
                yield self._queue.popleft()
            elif self._why:
                raise self._why
            elif self._over:
                return
            else:
                self._news.clear()
                await self._news.wait()

    # --- for rooms ------------------------------------------------------------

    def next_key(self) -> str:
        self._keys += 1
        return f"{self._key}-{self._keys}"

    def is_mine(self, member_id: str) -> bool:
        return member_id in self._ids

    # --- for the link ---------------------------------------------------------

    def address(self) -> str:
        if not self._wished:
            return self._url
        parts = urlsplit(self._url)
        query = [(k, v) for k, v in parse_qsl(parts.query) if k != "name"]
        query.append(("name", self._wished))
        return urlunsplit(parts._replace(query=urlencode(query)))

    def greeted(self, me: Frame) -> None:
        self.server = me
        self.name, self.id = me["member"], me["id"]
        self._ids.add(self.id)

    async def resume(self) -> None:
        rooms = list(self._rooms.values())
        await asyncio.gather(*(self._rejoin(room) for room in rooms))
        if len(self._ids) > 1:
            self._push(Connected(self.name, self.id))

    async def _rejoin(self, room: Room) -> None:
        try:
            await self.link.ask(
                "join", resuming=True, on_answer=room.joined, **room.rejoin()
            )
        except ConnectionLost:
            pass
        except ChatError as error:
            self.drop(room, error)

    def heard(self, frame: Frame) -> None:
        if "ref" in frame:
            self._heard_too_late(frame)
        elif "room" in frame:
            room = self._rooms.get(frame["room"])
            if room:
                room.heard(frame)
        else:
            event = events.lobby_event(frame)
            if event:
                self._push(event)

    def _heard_too_late(self, frame: Frame) -> None:
        """The answer to what was cancelled: a room that nobody is waiting for
        any more is left again."""
        if frame["event"] not in ("joined", "created"):
            return
        room = frame["room"]
        if room not in self._rooms and not self._joining[room]:
            self._leaving = asyncio.ensure_future(
                self.link.tell("leave", room=room)
            )

    def disconnected(self, lost: ConnectionLost, retry_in: float) -> None:
        self._push(Disconnected(lost.close_code, lost.reason, retry_in))

    def ended(self, why: Optional[ConnectionLost]) -> None:
        self._over, self._why = True, why
        self._news.set()
        for room in list(self._rooms.values()):
            self.drop(room, why)

    def drop(self, room: Room, why: Optional[ChatError]) -> None:
        if self._rooms.get(room.id) is room:
            del self._rooms[room.id]
        room.end(why)

    def _push(self, event: Event) -> None:
        if len(self._queue) >= self._size:
            self._queue.popleft()
            self._skipped += 1
        self._queue.append(event)
        self._news.set()


def _with_path(url: str) -> str:
    """Where the native protocol is spoken at every listener, if not told."""
    parts = urlsplit(url)
    if parts.path in ("", "/"):
        parts = parts._replace(path="/ws/command")
    return urlunsplit(parts)
