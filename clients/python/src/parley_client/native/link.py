"""A connection that reconnects, with requests and answers."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional, Protocol

from .._json import decode_object
from .._socket import Access, Socket, open_socket
from ..errors import ChatError, ConnectionLost
from .backoff import Backoff, is_final
from .events import Frame

logger = logging.getLogger("parley_client")

# A connection that lasts this long resets the back-off.
STEADY = 10.0
# Commands in flight: fewer than the refusals after which a server closes.
MOST_IN_FLIGHT = 32
# Attempts for a command that the server refuses temporarily, and the pause
# between them unless the server names one.
ATTEMPTS = 10
PAUSE = 0.1
# How long to keep the reduced rate after a rate_limited error.
SLOWED = 10.0

OnAnswer = Callable[[Frame], None]


class Owner(Protocol):
    """Receives the events that are not answers, and the connection state."""

    def address(self) -> str: ...

    def greeted(self, me: Frame) -> None: ...

    async def resume(self) -> None:
        """Called after a reconnect, before other commands are sent."""

    def on_event(self, frame: Frame) -> None: ...

    def disconnected(self, lost: ConnectionLost, retry_in: float) -> None: ...

    def ended(self, why: Optional[ConnectionLost]) -> None: ...


@dataclass
class _Request:
    text: str
    answer: asyncio.Future[Frame]
    repeatable: bool
    on_answer: Optional[OnAnswer]
    sent_at: float = 0.0


class Link:
    def __init__(
        self, owner: Owner, access: Access, timeout: float, backoff: Backoff
    ) -> None:
        self._owner = owner
        self._access = access
        self._timeout = timeout
        self._backoff = backoff
        self._refs = 0
        # By ref, in the order of sending, which a retry keeps.
        self._asked: Dict[int, _Request] = {}
        self._socket: Optional[Socket] = None
        self._bye: Frame = {}
        self._task: Optional[asyncio.Task[None]] = None
        self._over = False
        self._why: Optional[ConnectionLost] = None
        # Set while commands may be sent, and at the end.
        self._open = asyncio.Event()
        self._turn = asyncio.Lock()
        self._slots = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._not_before = 0.0
        self._spacing = 0.0
        self._slowed_at = -SLOWED

    # --- life cycle ----------------------------------------------------------

    async def start(self) -> None:
        """Connects. A failure of this first attempt is final."""
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
        finally:
            self._over = True
            self._fail_requests(all_of_them=True)
            self._open.set()
            self._owner.ended(self._why)

    async def _connect(self) -> Socket:
        socket = await open_socket(
            self._owner.address(),
            timeout=self._timeout,
            subprotocol="parley.v1",
            access=self._access,
        )
        try:
            first = await asyncio.wait_for(socket.recv(), self._timeout)
            me = decode_object(first)
            if me is None or me.get("event") != "me":
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
        """Handles frames until the connection ends; returns the reason."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self._socket = socket
        resuming = asyncio.ensure_future(self._resume(socket))
        try:
            while True:
                self._on_text(await socket.recv())
        except ConnectionLost as lost:
            return lost
        finally:
            self._socket = None
            self._open.clear()
            resuming.cancel()
            await asyncio.gather(resuming, return_exceptions=True)
            self._fail_requests()
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
            logger.info("%s; reconnecting in %.1f s", lost, wait)
            await asyncio.sleep(wait)
            try:
                return await self._connect()
            except ConnectionLost as again:
                lost = again

    async def _resume(self, socket: Socket) -> None:
        try:
            await self._owner.resume()
            for request in list(self._asked.values()):
                await socket.send(request.text)
        except ConnectionLost:
            return  # the reader detects it, too
        except Exception:
            logger.exception("cannot resume the connection")
            raise
        self._open.set()

    def _fail_requests(self, all_of_them: bool = False) -> None:
        """Fails requests that cannot be repeated: their outcome is unknown."""
        for ref, request in list(self._asked.items()):
            if all_of_them or not request.repeatable:
                del self._asked[ref]
                if not request.answer.done():
                    request.answer.set_exception(
                        self._why or ConnectionLost("The connection has ended")
                    )

    # --- requests and answers ------------------------------------------------

    async def ask(
        self,
        command: str,
        *,
        repeatable: bool = True,
        resuming: bool = False,
        on_answer: Optional[OnAnswer] = None,
        **fields: Any,
    ) -> Frame:
        """Sends a command and returns its answer; waits for a connection.
        `repeatable`: sent again if the connection ends before the answer.
        `on_answer`: called before any later event is handled. `resuming`:
        called from `Owner.resume`, ahead of all others."""
        self._refs += 1
        fields.update(command=command, ref=self._refs)
        text = json.dumps(fields, allow_nan=False, separators=(",", ":"))
        for attempt in range(1, ATTEMPTS + 1):
            request = _Request(
                text,
                asyncio.get_running_loop().create_future(),
                repeatable and not resuming,
                on_answer,
            )
            try:
                if resuming:
                    return await self._ask_now(fields["ref"], request)
                async with self._slots:
                    return await self._ask_in_order(fields["ref"], request)
            except ChatError as error:
                if attempt == ATTEMPTS or not _is_temporary(error, repeatable):
                    raise
                await asyncio.sleep(self._slow_down(error, attempt, request))
        raise AssertionError("the last attempt returns or raises")

    async def notify(self, command: str, **fields: Any) -> None:
        """Sends a command without an answer; it may get lost."""
        if self._socket and self._open.is_set():
            try:
                await self._socket.send(
                    json.dumps({"command": command, **fields})
                )
            except ConnectionLost:
                pass

    async def _ask_in_order(self, ref: int, request: _Request) -> Frame:
        try:
            async with self._turn:
                request.sent_at = await self._until_allowed()
                self._asked[ref] = request
                await self._transmit(request)
            return await request.answer
        finally:
            self._asked.pop(ref, None)

    async def _ask_now(self, ref: int, request: _Request) -> Frame:
        self._asked[ref] = request
        try:
            await self._transmit(request)
            return await request.answer
        finally:
            self._asked.pop(ref, None)

    async def _transmit(self, request: _Request) -> None:
        """A failure is handled by the reader, which sees it, too."""
        if self._socket:
            try:
                await self._socket.send(request.text)
            except ConnectionLost:
                pass

    async def _until_allowed(self) -> float:
        """Waits until a command may be sent; returns the time."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._open.wait()
            if self._over:
                raise self._why or ConnectionLost("Closed")
            wait = self._not_before - clock()
            if wait <= 0:
                break
            await asyncio.sleep(wait)
        if clock() < self._slowed_at + SLOWED:
            self._not_before = clock() + self._spacing
        return clock()

    def _slow_down(
        self, error: ChatError, attempt: int, request: _Request
    ) -> float:
        """The pause before a retry. After rate_limited all commands slow
        down, and more so if that did not suffice."""
        now = asyncio.get_running_loop().time()
        if error.code == "rate_limited":
            was_slow = now < self._slowed_at + SLOWED
            if not was_slow:
                self._spacing = error.retry_after or PAUSE
            elif request.sent_at > self._slowed_at:
                self._spacing *= 2
            if not was_slow or request.sent_at > self._slowed_at:
                self._slowed_at = now
                self._not_before = now + self._spacing
        return max(error.retry_after or 0.0, PAUSE * attempt)

    def _on_text(self, text: str) -> None:
        """A frame that is not valid is skipped."""
        frame = decode_object(text)
        try:
            if frame is None:
                raise ValueError("not a JSON object")
            self._on_frame(frame)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            logger.warning("skipped a frame (%r): %.200s", error, text)

    def _on_frame(self, frame: Frame) -> None:
        ref = frame.get("ref")
        request = self._asked.pop(ref, None) if isinstance(ref, int) else None
        if frame.get("event") == "bye":
            self._bye = frame
        elif not request or request.answer.done():
            self._owner.on_event(frame)  # `done`: it was cancelled
        elif frame.get("event") == "error":
            request.answer.set_exception(_error(frame))
        else:
            try:
                if request.on_answer:
                    request.on_answer(frame)
                request.answer.set_result(frame)
            except (AttributeError, KeyError, TypeError) as error:
                request.answer.set_exception(
                    ChatError(f"Not a valid answer: {error!r}")
                )


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


def _is_temporary(error: ChatError, repeatable: bool) -> bool:
    """Whether a retry is useful and safe."""
    if error.code in ("rate_limited", "unavailable"):
        return True  # nothing was done
    return error.code == "store_failed" and repeatable
