"""The connection: kept up, and asked over. Knows nothing of rooms."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional, Protocol

from .._socket import Socket, open_socket
from ..errors import ChatError, ConnectionLost
from .backoff import Backoff, is_final
from .events import Frame

logger = logging.getLogger("parley_client")

# A connection that held for so long was a good one.
STEADY = 10.0
# So many commands may be on their way: fewer than the refusals for which a
# server closes a connection.
MOST_IN_FLIGHT = 32
# How often a command is said again that the server cannot take just now, and
# how long between, if it does not say.
ATTEMPTS = 10
PAUSE = 0.1
# How long to go on sparing a server that has refused something as too much.
SPARED = 10.0

OnAnswer = Callable[[Frame], None]


class Owner(Protocol):
    """Hears what is no answer, and what becomes of the connection."""

    def address(self) -> str: ...

    def greeted(self, me: Frame) -> None: ...

    async def resume(self) -> None:
        """After a return, before anything else is said."""

    def heard(self, frame: Frame) -> None: ...

    def disconnected(self, lost: ConnectionLost, retry_in: float) -> None: ...

    def ended(self, why: Optional[ConnectionLost]) -> None: ...


@dataclass
class _Question:
    text: str
    answer: asyncio.Future[Frame]
    repeatable: bool
    on_answer: Optional[OnAnswer]
    said_at: float = 0.0


class Link:
    def __init__(self, owner: Owner, timeout: float, backoff: Backoff) -> None:
        self._owner = owner
        self._timeout = timeout
        self._backoff = backoff
        self._refs = 0
        # In the order in which they were asked, and are asked again.
        self._asked: Dict[int, _Question] = {}
        self._socket: Optional[Socket] = None
        self._bye: Frame = {}
        self._task: Optional[asyncio.Task[None]] = None
        self._over = False
        self._why: Optional[ConnectionLost] = None
        # Set while commands may be said, and when it is all over.
        self._open = asyncio.Event()
        self._turn = asyncio.Lock()
        self._slots = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._not_before = 0.0
        self._spacing = 0.0
        self._slowed_at = -SPARED

    # --- up and down ----------------------------------------------------------

    async def start(self) -> None:
        """The first connection: if it fails, there is no other."""
        socket = await self._connect()
        self._task = asyncio.ensure_future(self._run(socket))

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, socket: Socket) -> None:
        try:
            while True:
                lost = await self._serve(socket)
                socket = await self._return(lost)
        except ConnectionLost as final:
            self._why = final
        except (KeyError, TypeError, ValueError) as odd:
            logger.exception("the server says something else")
            self._why = ConnectionLost(
                f"Not an event of this protocol: {odd!r}", close_code=1007
            )
        finally:
            self._over = True
            self._forget(all_of_them=True)
            self._open.set()
            self._owner.ended(self._why)

    async def _connect(self) -> Socket:
        socket = await open_socket(
            self._owner.address(),
            timeout=self._timeout,
            subprotocol="parley.v1",
        )
        try:
            first = await asyncio.wait_for(socket.recv(), self._timeout)
            me = _parse(first)
            if me.get("event") != "me":
                raise ConnectionLost(
                    f"Not a greeting: {first:.200}", close_code=1002
                )
        except asyncio.TimeoutError:
            await socket.close()
            raise ConnectionLost("The server did not greet") from None
        except BaseException:
            await socket.close()
            raise
        self._bye = {}
        self._owner.greeted(me)
        return socket

    async def _serve(self, socket: Socket) -> ConnectionLost:
        """Until this connection ends; gives why."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self._socket = socket
        resuming = asyncio.ensure_future(self._resume(socket))
        try:
            while True:
                self._hear(_parse(await socket.recv()))
        except ConnectionLost as lost:
            return lost
        finally:
            self._socket = None
            self._open.clear()
            resuming.cancel()
            await asyncio.gather(resuming, return_exceptions=True)
            self._forget()
            if clock() - began >= STEADY:
                self._backoff.reset()
            await socket.close()

    async def _return(self, lost: ConnectionLost) -> Socket:
        while True:
            if is_final(lost):
                raise lost
            wait = self._backoff.next(lost, _retry_after(self._bye))
            self._bye = {}
            self._owner.disconnected(lost, wait)
            logger.info("%s; back in %.1f s", lost, wait)
            await asyncio.sleep(wait)
            try:
                return await self._connect()
            except ConnectionLost as again:
                lost = again

    async def _resume(self, socket: Socket) -> None:
        try:
            await self._owner.resume()
            for question in list(self._asked.values()):
                await socket.send(question.text)
        except ConnectionLost:
            return  # whoever reads has noticed, or is about to
        except Exception:
            logger.exception("cannot go on where the connection ended")
            raise
        self._open.set()

    def _forget(self, all_of_them: bool = False) -> None:
        """Those that must not be asked twice: nobody knows what became of
        them."""
        for ref, question in list(self._asked.items()):
            if all_of_them or not question.repeatable:
                del self._asked[ref]
                if not question.answer.done():
                    question.answer.set_exception(
                        self._why or ConnectionLost("The connection has ended")
                    )

    # --- questions and answers ------------------------------------------------

    async def ask(
        self,
        command: str,
        *,
        repeatable: bool = True,
        resuming: bool = False,
        on_answer: Optional[OnAnswer] = None,
        **fields: Any,
    ) -> Frame:
        """The answer; waits for a connection if there is none just now. What
        is `repeatable` is asked again if the connection ends before the
        answer. `on_answer` is called before anything else is heard.
        `resuming`: asked in `Owner.resume`, ahead of all others."""
        self._refs += 1
        fields.update(command=command, ref=self._refs)
        text = json.dumps(fields, allow_nan=False, separators=(",", ":"))
        for attempt in range(1, ATTEMPTS + 1):
            question = _Question(
                text,
                asyncio.get_running_loop().create_future(),
                repeatable and not resuming,
                on_answer,
            )
            try:
                if resuming:
                    return await self._ask_now(fields["ref"], question)
                async with self._slots:
                    return await self._ask_in_turn(fields["ref"], question)
            except ChatError as error:
                if attempt == ATTEMPTS or not _passes(error, repeatable):
                    raise
                await asyncio.sleep(self._spare(error, attempt, question))
        raise AssertionError("the last attempt returns or raises")

    async def tell(self, command: str, **fields: Any) -> None:
        """What has no answer, and may get lost."""
        if self._socket and self._open.is_set():
            try:
                await self._socket.send(
                    json.dumps({"command": command, **fields})
                )
            except ConnectionLost:
                pass

    async def _ask_in_turn(self, ref: int, question: _Question) -> Frame:
        try:
            async with self._turn:
                question.said_at = await self._may_speak()
                self._asked[ref] = question
                await self._say(question)
            return await question.answer
        finally:
            self._asked.pop(ref, None)

    async def _ask_now(self, ref: int, question: _Question) -> Frame:
        self._asked[ref] = question
        try:
            await self._say(question)
            return await question.answer
        finally:
            self._asked.pop(ref, None)

    async def _say(self, question: _Question) -> None:
        """A connection that ends here ends for whoever reads, too: what is to
        become of the question is settled there."""
        if self._socket:
            try:
                await self._socket.send(question.text)
            except ConnectionLost:
                pass

    async def _may_speak(self) -> float:
        """Waits until then; gives the time."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._open.wait()
            if self._over:
                raise self._why or ConnectionLost("Closed")
            wait = self._not_before - clock()
            if wait <= 0:
                break
            await asyncio.sleep(wait)
        if clock() < self._slowed_at + SPARED:
            self._not_before = clock() + self._spacing
        return clock()

    def _spare(
        self, error: ChatError, attempt: int, question: _Question
    ) -> float:
        """How long to wait before this is said again; all others are slowed
        down, too, if it was too much, and more if that was not enough."""
        now = asyncio.get_running_loop().time()
        if error.code == "rate_limited":
            was_slow = now < self._slowed_at + SPARED
            if not was_slow:
                self._spacing = error.retry_after or PAUSE
            elif question.said_at > self._slowed_at:
                self._spacing *= 2
            if not was_slow or question.said_at > self._slowed_at:
                self._slowed_at = now
                self._not_before = now + self._spacing
        return max(error.retry_after or 0.0, PAUSE * attempt)

    def _hear(self, frame: Frame) -> None:
        ref = frame.get("ref")
        question = self._asked.pop(ref, None) if isinstance(ref, int) else None
        if frame.get("event") == "bye":
            self._bye = frame
        elif not question or question.answer.done():
            self._owner.heard(frame)  # `done`: cancelled a moment ago
        elif frame.get("event") == "error":
            question.answer.set_exception(_error(frame))
        else:
            if question.on_answer:
                question.on_answer(frame)
            question.answer.set_result(frame)


def _parse(text: str) -> Frame:
    try:
        frame = json.loads(text)
    except ValueError:
        frame = None
    if not isinstance(frame, dict):
        raise ConnectionLost(f"Not an event: {text:.200}", close_code=1007)
    return frame


def _error(frame: Frame) -> ChatError:
    return ChatError(
        str(frame.get("message")),
        code=str(frame.get("code")),
        retry_after=_retry_after(frame),
        details=frame,
    )


def _retry_after(frame: Frame) -> Optional[float]:
    after = frame.get("retry_after_ms")
    return after / 1000 if isinstance(after, (int, float)) else None


def _passes(error: ChatError, repeatable: bool) -> bool:
    """Whether it makes sense, and is safe, to say it again."""
    if error.code in ("rate_limited", "unavailable"):
        return True  # nothing was done
    return error.code == "store_failed" and repeatable
