"""The native client."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter, deque
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Deque,
    Dict,
    List,
    Mapping,
    Optional,
    Set,
    Type,
    Union,
)
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .._socket import Access, Token
from ..errors import ChatError, ConnectionLost
from ..files import File, FileServer
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
from .room import Room, Talk

logger = logging.getLogger("parley_client")

DEFAULT_URL = "ws://localhost:8080"


class Parley:
    """A chat client that reconnects when its connection ends.

        async with Parley("ws://localhost:8080", name="alice") as chat:
            room = await chat.join("tea", create=True)
            await room.send("anyone?")
            async for event in room:
                print(event)

    Without a connection, calls wait for the next one; use asyncio.wait_for to
    limit that. ConnectionLost means that there will be none, or that the
    outcome is unknown.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        name: Optional[str] = None,
        token: Optional[Token] = None,
        headers: Optional[Mapping[str, str]] = None,
        ssl: Optional[SSLContext] = None,
        timeout: float = 10.0,
        queue_size: int = 1000,
        first_delay: float = FIRST,
        longest_delay: float = MOST,
    ) -> None:
        """`token`: a signed token, or a function (or coroutine function)
        that returns one, called before each attempt to connect, so that it
        can be a fresh one. `headers`: further ones of the handshake. `ssl`:
        for wss://, instead of the default. `timeout`: for connecting. `queue_size`: queued events, for each
        room and for `events`. The pause before a reconnect grows from
        `first_delay` seconds to `longest_delay`."""
        self.name = name or ""
        self.id = ""
        self.server: Frame = {}
        self._url = _with_path(url)
        self._wished = name
        self._renewal: Optional[asyncio.Future[None]] = None
        self._timeout = timeout
        self._access = Access(token, headers, ssl)
        self.files = FileServer(self._url, self._access, ssl, timeout)
        self._has_token = token is not None
        self._size = queue_size
        self._delays = (first_delay, longest_delay)
        self._rooms: Dict[str, Room] = {}
        # Calls of join() under way by room, and the latest one cancelled.
        self._joining: Counter[str] = Counter()
        self._leaving: Optional[asyncio.Future[None]] = None
        self._ids: Set[str] = set()
        self._greetings = 0
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
        """The same without `async with`; call `close` at the end."""
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
        """Connects. Raises if the first attempt fails; later ones are
        repeated."""
        # Until Python 3.10 these belong to the loop they are created in.
        self._news = asyncio.Event()
        self.link = Link(
            self, self._access, self._timeout, Backoff(*self._delays)
        )
        self._started = True
        await self.link.start()

    async def close(self) -> None:
        """Disconnects; pending calls fail with ConnectionLost."""
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
        private: bool = False,
        moderated: bool = False,
        topic: Optional[str] = None,
        slow_ms: Optional[int] = None,
    ) -> Room:
        """Creates and joins a room; `room` is the requested id. `private`:
        members need an invitation. `moderated`: only those with a role may
        post. `slow_ms`: the least time between two messages of a member."""
        made = await self.link.ask(
            "create",
            repeatable=False,
            name=name,
            room=room,
            persistent=persistent,
            ttl_ms=ttl_ms,
            max_members=max_members,
            private=private or None,
            moderated=moderated or None,
            topic=topic,
            slow_ms=slow_ms,
        )
        # Only the answer to a join has the epoch and seq.
        return await self.join(made["room"])

    async def join(
        self,
        room: str,
        *,
        create: bool = False,
        persistent: bool = False,
        history: int = 0,
        private: bool = False,
        moderated: bool = False,
        topic: Optional[str] = None,
        slow_ms: Optional[int] = None,
    ) -> Room:
        """Joins a room, also after every reconnect. Its first events are the
        last `history` messages. `create`: create it if it does not exist,
        now or after a reconnect; `persistent`: it then outlives its members;
        the others as for `create()`."""
        if room not in self._rooms:
            if self._leaving:
                await asyncio.wait([self._leaving])
            self._joining[room] += 1
            making: Frame = {
                "create": create,
                "persistent": persistent,
                "private": private or None,
                "moderated": moderated or None,
                "topic": topic,
                "slow_ms": slow_ms,
            }
            try:
                await self.link.ask(
                    "join",
                    room=room,
                    history=history,
                    on_answer=lambda frame: self._enter(frame, making),
                    **making,
                )
            finally:
                self._joining[room] -= 1
        return self._rooms[room]

    async def rooms(self) -> List[RoomInfo]:
        """All rooms that this client may join."""
        return await self._list_rooms()

    async def my_rooms(self) -> List[RoomInfo]:
        """The rooms that this client is in, and the private talks of its
        user, with what is unread."""
        return await self._list_rooms(mine=True)

    async def _list_rooms(self, **which: Any) -> List[RoomInfo]:
        """A long list comes in pages."""
        found: List[RoomInfo] = []
        more: Optional[bool] = True
        page: Frame = {}
        while more:
            answer = await self.link.ask("rooms", **which, **page)
            found += [events.room_info(each) for each in answer["rooms"]]
            more = answer.get("more")
            page = {"after": found[-1].room if found else None}
        return found

    def _enter(self, frame: Frame, making: Frame) -> None:
        room = self._rooms.get(frame["room"])
        if not room:
            room = Room(self, frame, making=making, size=self._size)
            self._rooms[room.id] = room
        room.joined(frame)

    # --- members ---------------------------------------------------

    async def say(self, text: str) -> int:
        """Posts to the lobby; returns the number of recipients."""
        answer = await self.link.ask(
            "broadcast", repeatable=False, message=text
        )
        return int(answer["recipients"])

    async def dm(self, recipient: str, text: str) -> Recipient:
        """Sends a direct message to a member, by name or id. Between users it
        is stored: the recipient may be away, and is addressed by its id; see
        `talk`."""
        answer = await self.link.ask(
            "dm", repeatable=False, recipient=recipient, message=text
        )
        return events.recipient(answer)

    def talk(self, member_id: str) -> Talk:
        """The private talk of this user with another, by its id."""
        return Talk(self, member_id)

    async def save_file(
        self, file: Union[File, str], path: Union[str, Path]
    ) -> Path:
        """Downloads a file of a message (`File.of(message)`), or a URL of one,
        to a path, or into a directory; returns the path. What is there is
        replaced when all of it has come, and its hash is right."""
        return await self.files.save(file, path)

    async def rename(self, name: str) -> str:
        """Returns the resulting name: a number is added if it was taken."""
        answer = await self.link.ask("name", name=name)
        self._wished, self.name = name, answer["member"]
        return self.name

    async def members(self) -> List[str]:
        """The names of all members, in order of arrival."""
        return list((await self.link.ask("list"))["members"])

    async def ping(self) -> int:
        """The server's time, in milliseconds since 1970."""
        return int((await self.link.ask("ping"))["at"])

    async def events(self) -> AsyncIterator[Event]:
        """Events outside of rooms: LobbyMessage, Announced, DirectMessage,
        Redacted, Edited and Reacted of private talks, Invited, ReadElsewhere,
        Disconnected, Connected, Refused. When the queue is full the oldest
        are dropped, and a Skipped counts them. Ends with `close`; raises
        ConnectionLost if the server refuses a reconnect."""
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

    # --- for the connection ---------------------------------------------------------

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
        self._greetings += 1

    async def resume(self) -> None:
        rooms = list(self._rooms.values())
        await asyncio.gather(*(self._rejoin(room) for room in rooms))
        if self._greetings > 1:
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

    def on_event(self, frame: Frame) -> None:
        if "ref" in frame:
            self._on_late_answer(frame)
        elif frame.get("event") == "token_expiring":
            self._renewal = asyncio.ensure_future(self._renew())
        elif "room" in frame and frame.get("event") not in events.OF_CLIENT:
            room = self._rooms.get(frame["room"])
            event = None
            if room:
                room.on_event(frame)
            elif frame["room"].startswith("@"):
                event = events.room_event(frame)
            if event:
                self._push(event)
        else:
            if frame.get("event") == "renamed" and self.is_mine(
                frame["member_id"]
            ):
                self.name = frame["member"]
            event = events.lobby_event(frame)
            if event:
                self._push(event)

    async def _renew(self) -> None:
        """Without a new token the connection ends, and the next one gets
        one."""
        if not self._has_token:
            return
        try:
            token = await self._access.fresh_token()
            await self.link.ask("auth", repeatable=False, token=token)
        except ChatError as error:
            logger.warning("the token was not renewed: %s", error)

    def _on_late_answer(self, frame: Frame) -> None:
        """A cancelled join succeeded: leave the room again."""
        if frame["event"] not in ("joined", "created"):
            return
        room = frame["room"]
        if room not in self._rooms and not self._joining[room]:
            self._leaving = asyncio.ensure_future(
                self.link.notify("leave", room=room)
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
    """Adds the path that every listener has for the native protocol."""
    parts = urlsplit(url)
    if parts.path in ("", "/"):
        parts = parts._replace(path="/ws/command")
    return urlunsplit(parts)
