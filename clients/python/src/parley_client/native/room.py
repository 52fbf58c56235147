"""A joined room, and the private talk of two users."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from typing import (
    Any,
    AsyncIterator,
    Deque,
    List,
    Optional,
    Protocol,
    Union,
)

from ..errors import ChatError
from ..files import FileServer
from . import events
from .events import (
    Ack,
    Deleted,
    EpochChanged,
    Event,
    Frame,
    Kicked,
    Left,
    Message,
    Missing,
    Page,
    Recipient,
    RoleChanged,
    Skipped,
    SlowChanged,
    TopicChanged,
)
from .link import Link

# The largest page of the server.
PAGE = 1000


class Chat(Protocol):
    """The part of Parley that a room uses."""

    link: Link
    id: str
    files: FileServer

    def next_key(self) -> str: ...

    def is_mine(self, member_id: str) -> bool: ...

    def drop(self, room: Room, why: Optional[ChatError]) -> None: ...


class Conversation:
    """Messages that have numbers: of a room, or of a private talk."""

    def __init__(self, chat: Chat, id: str) -> None:
        self.id = id
        self._chat = chat

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

    async def edit(self, seq: int, message: Any) -> None:
        """Replaces an own message, for some time after it was sent."""
        await self._do("edit", seq=seq, message=message)

    async def redact(self, seq: int, *, reason: Optional[str] = None) -> None:
        """Removes the text of a message: an own one, or as a moderator. Its
        number stays."""
        await self._do("redact", seq=seq, reason=reason)

    async def react(
        self, seq: int, reaction: str, *, remove: bool = False
    ) -> None:
        """Reacts to a message, or takes that back."""
        await self._do(
            "react", seq=seq, reaction=reaction, remove=remove or None
        )

    async def read(self, seq: int) -> None:
        """The user has read the messages up to `seq`: see
        `Parley.my_rooms`. Needs an account."""
        await self._do("read", seq=seq)

    async def _do(
        self, command: str, repeatable: bool = True, **fields: Any
    ) -> None:
        """`repeatable`: it is no error if it was done already."""
        await self._chat.link.ask(
            command, repeatable=repeatable, room=self.id, **fields
        )

    def _message(self, frame: Frame) -> Message:
        mine = self._chat.is_mine(frame["member_id"])
        return events.message(self.id, frame, mine)


class Talk(Conversation):
    """The private talk with another user. Its messages are DirectMessage, in
    `Parley.events`, like what becomes of them."""

    def __init__(self, chat: Chat, member_id: str) -> None:
        first, second = sorted((chat.id, member_id))
        super().__init__(chat, f"@{first}+{second}")
        self.member_id = member_id

    def __repr__(self) -> str:
        return f"<Talk with {self.member_id}>"

    async def send(self, text: str, *, key: Optional[str] = None) -> Recipient:
        """Sends a message, which waits if the other is away. It is stored
        once, as with `Room.send`."""
        return events.recipient(
            await self._chat.link.ask(
                "dm",
                recipient=self.member_id,
                message=text,
                key=key or self._chat.next_key(),
            )
        )


class Room(Conversation):
    """Iterate over it for its events, in one task at a time:

        async for event in room:
            if isinstance(event, Message): ...

    Messages come in the order of `seq`, each once, across lost connections; a
    Missing stands for those that the server no longer stores. At most `size`
    events are queued; further messages are fetched from the history later.

    The iteration ends when the room is left and raises if it is lost: a
    ChatError with the code `kicked`, `banned`, `deleted` or that of the server.
    """

    def __init__(
        self,
        chat: Chat,
        joined: Frame,
        *,
        making: Frame,
        size: int,
    ) -> None:
        """`making`: the fields of a join that creates it."""
        super().__init__(chat, joined["room"])
        self.name: str = joined["name"]
        # Kept up to date. `role` is "" for a member without one.
        self.topic = ""
        self.role = ""
        self.slow_ms = 0
        self.is_private: bool = joined.get("private", False)
        self.is_moderated: bool = joined.get("moderated", False)
        self._making = making
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
        once. The server recognizes a repetition by `key`; give one of your own (1 to 64
        bytes) to be able to repeat it in another process.
        """
        answer = await self._chat.link.ask(
            "broadcast",
            room=self.id,
            message=message,
            key=key or self._chat.next_key(),
        )
        return events.ack(answer)

    async def send_file(
        self,
        path: Union[str, Path],
        *,
        text: Optional[str] = None,
        name: Optional[str] = None,
        key: Optional[str] = None,
    ) -> Ack:
        """Uploads a file and posts a message that shares it. The upload goes
        on where it was after a lost connection. `text`: shown with the file;
        `name`: instead of the file's own; `key`: as for `send`."""
        file = await self._chat.files.upload(path, name=name)
        message = {"text": text} if text is not None else {}
        return await self.send({**message, "file": file.part}, key=key)

    async def typing(self) -> None:
        """Sends a typing notification; it may get lost."""
        await self._chat.link.notify("typing", room=self.id)

    async def members(self) -> List[str]:
        answer = await self._chat.link.ask("list", room=self.id)
        return list(answer["members"])

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

    # --- moderators, owners --------------------------------------------

    async def invite(self, member: str) -> None:
        """Invites a member, by name or id, to a private room."""
        await self._do("invite", member=member)

    async def kick(self, member: str, *, reason: Optional[str] = None) -> None:
        """Puts a member out of the room; it may join again."""
        await self._do("kick", False, member=member, reason=reason)

    async def mute(
        self,
        member: str,
        *,
        duration_ms: Optional[int] = None,
        reason: Optional[str] = None,
    ) -> None:
        """The member may not post, for a time or for good."""
        await self._do(
            "mute", member=member, duration_ms=duration_ms, reason=reason
        )

    async def unmute(self, member: str) -> None:
        await self._do("unmute", False, member=member)

    async def ban(
        self,
        member: str,
        *,
        duration_ms: Optional[int] = None,
        reason: Optional[str] = None,
    ) -> None:
        """The member has to leave and may not join, for a time or for
        good."""
        await self._do(
            "ban", member=member, duration_ms=duration_ms, reason=reason
        )

    async def unban(self, member: str) -> None:
        await self._do("unban", False, member=member)

    async def set_role(self, member: str, role: str) -> None:
        """`role` is owner, moderator, voice or member."""
        await self._do("role", member=member, role=role)

    async def set_topic(self, topic: str) -> None:
        await self._do("topic", topic=topic)

    async def set_slow(self, slow_ms: int) -> None:
        """The least time between two messages of a member; 0: none."""
        await self._do("slow", slow_ms=slow_ms)

    async def delete(self) -> None:
        """Deletes the room with its messages."""
        await self._do("delete", False)

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
        self.topic = frame.get("topic", "")
        self.role = frame.get("role", "")
        self.slow_ms = frame.get("slow_ms", 0)
        if not self._epoch or frame.get("epoch_changed"):
            if self._epoch:
                self._push(EpochChanged(self.id, frame["epoch"]))
            # Earlier messages were not requested.
            self._last = messages[0]["seq"] - 1 if messages else frame["seq"]
            self._top = 0
        self._epoch = frame["epoch"]
        self._top = max(self._top, frame["seq"])
        for each in frame.get("changes", []):
            self._offer(events.change(self._message(each)))
        if frame.get("more_changes"):
            self._skipped += 1
        self._take_page(frame, self._top)

    def on_event(self, frame: Frame) -> None:
        if frame["event"] == "broadcast":
            self._take_live(frame)
        elif frame["event"] == "epoch":
            self._epoch = frame["epoch"]  # the messages so far are the same
        else:
            event = events.room_event(frame)
            if event:
                self._note(event)
                self._offer(event)
                self._end_after(event)

    def _note(self, event: Event) -> None:
        if isinstance(event, TopicChanged):
            self.topic = event.topic
        elif isinstance(event, SlowChanged):
            self.slow_ms = event.slow_ms
        elif isinstance(event, RoleChanged) and self._is_me(event.member_id):
            self.role = "" if event.role == "member" else event.role

    def _end_after(self, event: Event) -> None:
        """After these the client is not in the room any more."""
        if isinstance(event, Deleted):
            self._chat.drop(self, ChatError("Room deleted", code="deleted"))
        elif isinstance(event, Kicked) and self._is_me(event.member_id):
            why = ChatError(f"Kicked by {event.by}", code="kicked")
            self._chat.drop(self, why)
        elif isinstance(event, RoleChanged) and self._is_me(event.member_id):
            if event.role == "banned":
                why = ChatError(f"Banned by {event.by}", code="banned")
                self._chat.drop(self, why)
        elif isinstance(event, Left) and self._is_me(event.member_id):
            self._chat.drop(self, None)  # on another connection of the user

    def _is_me(self, member_id: str) -> bool:
        return member_id == self._chat.id

    def _offer(self, event: Event) -> None:
        if self._is_full():
            self._skipped += 1
        else:
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
