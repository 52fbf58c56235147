"""A client for the dialect `action`."""

from __future__ import annotations

import asyncio
import enum
import json
import logging
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Deque,
    Dict,
    Mapping,
    Optional,
    Type,
    Union,
)

from ._json import decode_object
from ._socket import Access, Socket, Token, open_socket
from .errors import ChatError, ConnectionLost
from .files import FileServer

DEFAULT_URI = "ws://localhost:8765"

logger = logging.getLogger("parley_client")


class LogLevel(enum.Enum):
    """What a ChatClient logs to `parley_client`."""

    NONE = 0
    INFO = 1
    DEBUG = 2


@dataclass(frozen=True)
class RoomMessage:
    """A message of another member of the room."""

    sender: str
    body: Any


class ChatClient:
    """One connection, in at most one room.

        async with ChatClient() as client:
            room_id = await client.create_room("Game Night")
            await client.send_message("Hello everyone!")
            async for message in client.messages():
                print(message.sender, message.body)

    The server answers each request once, in order, which is how answers are
    matched; messages in between are queued for the reader. `leave_room` and
    `send_message` do not wait for their answers, which are read along with
    the messages.
    """

    def __init__(
        self,
        uri: str = DEFAULT_URI,
        log_level: Union[LogLevel, str, None] = LogLevel.DEBUG,
        *,
        timeout: float = 10.0,
        token: Optional[Token] = None,
        headers: Optional[Mapping[str, str]] = None,
        ssl: Optional[SSLContext] = None,
    ) -> None:
        """`timeout`, in seconds: for the greeting, and for each answer.
        `token`, `headers`, `ssl`: as in `parley_client.native.Parley`."""
        self.uri = uri
        self.log_level = _level(log_level)
        self.timeout = timeout
        self._access = Access(token, headers, ssl)
        self._files = FileServer(uri, self._access, ssl, timeout)
        self.client_id: Optional[str] = None
        self.room_id: Optional[str] = None
        self._socket: Optional[Socket] = None

    @property
    def websocket(self) -> Any:
        """The connection of the `websockets` library; None if not connected.

        The original client library has this name, and `roomId`."""
        return self._socket.connection if self._socket else None

    @property
    def roomId(self) -> Optional[str]:  # noqa: N802
        return self.room_id

    @roomId.setter
    def roomId(self, room_id: Optional[str]) -> None:  # noqa: N802
        self.room_id = room_id

    async def __aenter__(self) -> ChatClient:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def connect(self) -> str:
        """Connects, waits for the greeting, and returns the client id."""
        await self.close()
        # Until Python 3.10 a lock belongs to the loop it is created in.
        self._reading = asyncio.Lock()
        # Futures of the outstanding answers; None: it is not waited for.
        self._asked: Deque[Optional[asyncio.Future[str]]] = deque()
        self._unread: Deque[str] = deque()
        self._socket = await open_socket(
            self.uri, timeout=self.timeout, access=self._access
        )
        try:
            greeting = await asyncio.wait_for(
                self._socket.recv(), self.timeout
            )
            self.client_id = _client_id(greeting)
        except asyncio.TimeoutError:
            await self.close()
            raise ConnectionLost("The server did not greet") from None
        except BaseException:
            await self.close()
            raise
        self._log(LogLevel.INFO, "connected as %s", self.client_id)
        return self.client_id

    async def close(self) -> None:
        """Disconnects. Can be called again."""
        socket, self._socket, self.room_id = self._socket, None, None
        if socket:
            await socket.close()

    async def create_room(self, room_name: str) -> str:
        """Creates and joins a room; returns its id."""
        answer = await self._request("create", {"room_name": room_name})
        self.room_id = str(answer["room_id"])
        return self.room_id

    async def join_room(self, room_id: str) -> Dict[str, Any]:
        """Joins a room; returns the server's answer."""
        answer = await self._request("join", {"room_id": room_id})
        self.room_id = room_id
        return answer

    async def leave_room(self) -> None:
        """Does not wait for the answer; see `messages` for errors."""
        await self._send("leave", {})
        self.room_id = None

    async def send_message(self, message: Any) -> None:
        """Posts a text or any other JSON to the room. Does not wait for the
        answer; see `messages` for errors."""
        await self._send("message", message)

    async def send_file(
        self, path: Union[str, Path], *, text: Optional[str] = None
    ) -> None:
        """Uploads a file and shares it with the room. Other members with this
        client get the text, and a line with the file's URL."""
        file = await self._files.upload(path)
        message = {"text": text} if text is not None else {}
        await self.send_message({**message, "file": file.part})

    async def save_file(self, url: str, path: Union[str, Path]) -> Path:
        """Downloads a file by its URL to a path; returns that. What is there
        is replaced when all of it has come, and its hash is right."""
        return await self._files.save(url, path)

    async def read_messages(self) -> AsyncIterator[str]:
        """Every frame as the JSON text it is, until the connection ends:
        messages, `{"from": …, "body": …}`, and the answers to `leave_room`
        and `send_message`, `{"status": …, "message": …}`, where `status` is
        `error` if they failed."""
        try:
            while True:
                yield await self._next()
        except ConnectionLost as lost:
            self._log(LogLevel.INFO, "%s", lost)

    async def messages(self) -> AsyncIterator[RoomMessage]:
        """The messages of other members, until `close`.

        Raises ChatError if a `leave_room` or `send_message` has failed, and
        ConnectionLost at the end of the connection. After a ChatError another
        `messages()` continues without loss.
        """
        while self._socket:
            try:
                frame = decode_object(await self._next()) or {}
            except ConnectionLost:
                if self._socket:
                    raise
                return
            if "from" in frame:
                yield RoomMessage(frame["from"], frame.get("body"))
            elif frame.get("status") == "error":
                raise ChatError(str(frame.get("message")))

    # --- answers and messages ------------------------------------------------

    async def _request(self, action: str, body: Any) -> Dict[str, Any]:
        answer: asyncio.Future[str] = (
            asyncio.get_running_loop().create_future()
        )
        await self._send(action, body, answer)
        try:
            text = await asyncio.wait_for(self._answered(answer), self.timeout)
        except asyncio.TimeoutError:
            # Its place in the queue stays: the answer may still come.
            raise ChatError(f"No answer to {action} in time") from None
        got: Dict[str, Any] = decode_object(text) or {}
        if got.get("status") != "success":
            raise ChatError(str(got.get("message")))
        return got

    async def _send(
        self,
        action: str,
        body: Any,
        answer: Optional[asyncio.Future[str]] = None,
    ) -> None:
        text = json.dumps({"action": action, "body": body})
        socket = self._connected()
        self._log(LogLevel.DEBUG, "> %s", text)
        self._asked.append(answer)
        await socket.send(text)

    async def _answered(self, answer: asyncio.Future[str]) -> str:
        """Reads until this or another reader has the answer."""
        while not answer.done():
            async with self._reading:
                if not answer.done():
                    await self._read()
        return answer.result()

    async def _next(self) -> str:
        while not self._unread:
            async with self._reading:
                if not self._unread:
                    await self._read()
        return self._unread.popleft()

    async def _read(self) -> None:
        """Reads one frame; one that is not valid is skipped."""
        text = await self._connected().recv()
        self._log(LogLevel.DEBUG, "< %s", text)
        frame = decode_object(text)
        if frame is None:
            logger.warning("skipped a frame: %.200s", text)
            return
        if "status" in frame and self._asked:
            answer = self._asked.popleft()
            if answer:
                if not answer.done():
                    answer.set_result(text)
                return
        self._unread.append(text)

    def _connected(self) -> Socket:
        if not self._socket:
            raise ConnectionLost("Not connected")
        return self._socket

    def _log(self, level: LogLevel, text: str, *values: object) -> None:
        if self.log_level.value >= level.value:
            logger.log(
                logging.INFO if level is LogLevel.INFO else logging.DEBUG,
                text,
                *values,
            )


def _client_id(greeting: str) -> str:
    try:
        frame = json.loads(greeting)
        if frame["status"] == "connected":
            return str(frame["client_id"])
    except (ValueError, KeyError, TypeError):
        pass
    raise ChatError(f"Not a greeting: {greeting:.200}")


def _level(level: Union[LogLevel, str, None]) -> LogLevel:
    if isinstance(level, LogLevel):
        return level
    if not level:
        return LogLevel.NONE
    return LogLevel.__members__.get(level.upper(), LogLevel.DEBUG)
