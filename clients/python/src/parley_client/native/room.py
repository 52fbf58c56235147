"""A joined room."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import (
    Any,
    AsyncIterator,
    Deque,
    List,
    Optional,
    Protocol,
)

from ..errors import ChatError
from . import events
from .events import (
    Ack,
    EpochChanged,
    Event,
    Frame,
    Message,
    Missing,
    Page,
    Skipped,
)
from .link import Link

# The largest page of the server.
PAGE = 1000


class Chat(Protocol):
    """The part of Parley that a room uses."""

    link: Link

    def next_key(self) -> str: ...

    def is_mine(self, member_id: str) -> bool: ...

    def drop(self, room: Room, why: Optional[ChatError]) -> None: ...


class Room:
    """Iterate over it for its events, in one task at a time:

        async for event in room:
            if isinstance(event, Message): ...

    Messages come in the order of `seq`, each once, across lost connections; a
    Missing stands for those that the server no longer stores. At most `size`
    events are queued; further messages are fetched from the history later.

    The iteration ends when the room is left and raises if it is lost.
    """

    def __init__(
        self,
        chat: Chat,
        joined: Frame,
        *,
        create: bool,
        persistent: bool,
        size: int,
    ) -> None:
        self.id: str = joined["room"]
        self.name: str = joined["name"]
        self._chat = chat
        self._making = {"create": create, "persistent": persistent}
        self._size = size
        self._epoch = ""
        self._queue: Deque[Event] = deque()
        self._news = asyncio.Event()
        self._skipped = 0
        # The last message that was queued, and the last that there is.
        self._last = 0
        self._top = 0
        self._behind = False
        self._over = False
        self._why: Optional[ChatError] = None

    def __repr__(self) -> str:
        return f"<Room {self.id} {self.name!r} at {self._last}>"

    @property
    def epoch(self) -> str:
        """Identifies the numbering that `seq` belongs to."""
        return self._epoch

    @property
    def is_open(self) -> bool:
        return not self._over

    # --- commands ------------------------------------------------------

    async def send(self, message: Any, *, key: Optional[str] = None) -> Ack:
        """Posts any JSON but "" and None; returns after the acknowledgement.

        If the connection ends before that, it is sent again, and stored only
        once. `key` is what the server tells that by; give one of your own (1
        to 64 bytes) if you want to be able to repeat it in another process.
        """
        answer = await self._chat.link.ask(
            "broadcast",
            room=self.id,
            message=message,
            key=key or self._chat.next_key(),
        )
        return events.ack(answer)

    async def typing(self) -> None:
        """Sends a typing notification; it may get lost."""
        await self._chat.link.tell("typing", room=self.id)

    async def members(self) -> List[str]:
        answer = await self._chat.link.ask("list", room=self.id)
        return list(answer["members"])

    async def history(
        self,
        *,
        before: Optional[int] = None,
        after: Optional[int] = None,
        limit: int = 50,
    ) -> Page:
        """The newest messages, or those before or after a `seq`."""
        answer = await self._chat.link.ask(
            "history", room=self.id, before=before, after=after, limit=limit
        )
        return Page(
            answer["epoch"],
            [self._message(each) for each in answer["messages"]],
            answer.get("more", False),
        )

    async def all_history(self, *, after: int = 0) -> AsyncIterator[Message]:
        """All stored messages, oldest first."""
        while True:
            page = await self.history(after=after, limit=PAGE)
            for message in page.messages:
                after = message.seq
                yield message
            if not page.more:
                return

    async def leave(self) -> None:
        """Leaves the room; unread events are discarded."""
        try:
            await self._chat.link.ask(
                "leave", room=self.id, on_answer=lambda _: self._go()
            )
        except ChatError as error:
            # Not in the room: the connection ended first.
            if error.code not in ("not_in_room", "room_not_found"):
                raise
        finally:
            self._go()

    def _go(self) -> None:
        self._queue.clear()
        self._skipped = 0
        self._chat.drop(self, None)

    # --- events ---------------------------------------------------------------

    def __aiter__(self) -> Room:
        return self

    async def __anext__(self) -> Event:
        while True:
            if self._queue:
                return self._queue.popleft()
            if self._skipped:
                skipped, self._skipped = self._skipped, 0
                return Skipped(skipped)
            if self._over:
                raise self._why or StopAsyncIteration
            if self._behind:
                await self._fetch()
            else:
                self._news.clear()
                await self._news.wait()

    async def _fetch(self) -> None:
        after = self._last

        def take(page: Frame) -> None:
            # Else the room was rejoined since the request.
            if (page["epoch"], after) == (self._epoch, self._last):
                self._take_page(page, self._top)

        try:
            await self._chat.link.ask(
                "history",
                room=self.id,
                after=after,
                limit=min(PAGE, self._size),
                on_answer=take,
            )
        except ChatError:
            if not self._over:
                raise

    # --- for Parley -----------------------------------------------------------

    def rejoin(self) -> Frame:
        """The fields of the join that fetches missed messages."""
        since = {"epoch": self._epoch, "seq": self._last}
        return {"room": self.id, **self._making, "since": since}

    def joined(self, frame: Frame) -> None:
        """Handles the answer to the first or a later join."""
        messages = frame.get("messages", [])
        if self._epoch != frame["epoch"] or frame.get("epoch_changed"):
            if self._epoch:
                self._push(EpochChanged(self.id, frame["epoch"]))
            self._epoch = frame["epoch"]
            # Earlier messages were not requested.
            self._last = messages[0]["seq"] - 1 if messages else frame["seq"]
            self._top = 0
        self._top = max(self._top, frame["seq"])
        self._take_page(frame, self._top)

    def on_event(self, frame: Frame) -> None:
        if frame["event"] == "broadcast":
            self._take_live(frame)
        else:
            event = events.room_event(frame)
            if event and self._is_full():
                self._skipped += 1
            elif event:
                self._push(event)

    def end(self, why: Optional[ChatError]) -> None:
        self._over, self._why = True, self._why or why
        self._news.set()

    # --- the order of messages ------------------------------------------------

    def _take_live(self, frame: Frame) -> None:
        self._top = max(self._top, frame["seq"])
        if frame["seq"] != self._last + 1 or not self._take(frame):
            self._behind = self._last < self._top
            self._news.set()

    def _take_page(self, page: Frame, top: int) -> None:
        """Queues the messages of a page; more pages follow up to `top`."""
        self._behind = True
        self._news.set()
        for frame in page.get("messages", []):
            if not self._take(frame):
                return
        if not page.get("more"):
            self._miss(top)
            self._behind = False

    def _take(self, frame: Frame) -> bool:
        """False: the queue is full, fetch it later."""
        if frame["seq"] <= self._last:
            return True
        if self._is_full():
            return False
        self._miss(frame["seq"] - 1)
        self._last = frame["seq"]
        self._push(self._message(frame))
        return True

    def _miss(self, last: int) -> None:
        if self._last < last:
            self._push(Missing(self.id, self._last + 1, last))
            self._last = last

    def _is_full(self) -> bool:
        return len(self._queue) >= self._size

    def _push(self, event: Event) -> None:
        self._queue.append(event)
        self._news.set()

    def _message(self, frame: Frame) -> Message:
        mine = self._chat.is_mine(frame["member_id"])
        return events.message(self.id, frame, mine)
