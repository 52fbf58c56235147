"""A WebSocket of text over any supported version of `websockets`."""

from __future__ import annotations

import asyncio
import inspect
from ssl import SSLContext
from typing import Any, Awaitable, Callable, Dict, Mapping, Optional, Union

import websockets
from websockets.exceptions import (
    ConnectionClosed,
    InvalidURI,
    WebSocketException,
)

from .errors import ConnectionLost

# The server's frames are below 1 MiB, apart from the envelope.
MAX_FRAME = 2 << 20
# Time limit of the close handshake.
CLOSE_TIMEOUT = 2.0

# The parameter for further headers has had two names.
_HEADERS = (
    "additional_headers"
    if "additional_headers" in inspect.signature(websockets.connect).parameters
    else "extra_headers"
)

# A token, or a function that returns one (or a coroutine) for each connection.
Token = Union[str, Callable[[], Union[str, Awaitable[str]]]]


class Socket:
    """Every failure raises ConnectionLost with the reason."""

    def __init__(self, connection: Any) -> None:
        # Untyped: its class differs between versions.
        self.connection = connection

    async def send(self, text: str) -> None:
        try:
            await self.connection.send(text)
        except ConnectionClosed as closed:
            raise _lost(closed) from closed

    async def recv(self) -> str:
        """Can be cancelled without losing a frame."""
        try:
            frame = await self.connection.recv()
        except ConnectionClosed as closed:
            raise _lost(closed) from closed
        return frame if isinstance(frame, str) else bytes(frame).decode()

    async def close(self) -> None:
        """Unread frames would delay the close frame, so they are read."""
        closing = asyncio.ensure_future(self.connection.close())
        try:
            while True:
                await self.connection.recv()
        except (WebSocketException, RuntimeError):
            pass  # closed, or another task is reading
        finally:
            await closing


class Access:
    """How a server lets a client in: a token, further headers, TLS."""

    def __init__(
        self,
        token: Optional[Token] = None,
        headers: Optional[Mapping[str, str]] = None,
        ssl: Optional[SSLContext] = None,
    ) -> None:
        self._token = token
        self._headers = dict(headers or {})
        self._ssl = ssl

    async def headers(self) -> Dict[str, str]:
        """Of a request."""
        headers = dict(self._headers)
        if self._token is not None:
            headers["Authorization"] = f"Bearer {await self.fresh_token()}"
        return headers

    async def options(self) -> Dict[str, Any]:
        """For `websockets.connect`."""
        options: Dict[str, Any] = {_HEADERS: await self.headers()}
        if self._ssl is not None:
            options["ssl"] = self._ssl
        return options

    async def fresh_token(self) -> str:
        """For a connection, or to renew the one of a connection."""
        token: Any = self._token
        try:
            if callable(token):
                token = token()
            if inspect.isawaitable(token):
                token = await token
        except Exception as error:
            raise ConnectionLost(f"There is no token: {error}") from error
        return str(token)


async def open_socket(
    url: str,
    *,
    timeout: float,
    subprotocol: Optional[str] = None,
    access: Optional[Access] = None,
) -> Socket:
    offered: Any = [subprotocol] if subprotocol else None
    options = await access.options() if access else {}
    try:
        return Socket(
            await websockets.connect(
                url,
                subprotocols=offered,
                open_timeout=timeout,
                close_timeout=CLOSE_TIMEOUT,
                max_size=MAX_FRAME,
                **options,
            )
        )
    except InvalidURI as error:
        raise ValueError(f"Not the address of a WebSocket: {url}") from error
    except (OSError, asyncio.TimeoutError, WebSocketException) as error:
        why = str(error) or "no answer in time"
        raise ConnectionLost(
            f"Cannot connect to {url}: {why}", status=_status(error)
        ) from error


def _lost(closed: ConnectionClosed) -> ConnectionLost:
    code, reason = 1006, ""
    if closed.rcvd is not None:
        code, reason = closed.rcvd.code, closed.rcvd.reason
    return ConnectionLost(
        f"The connection is closed: {code} {reason}".rstrip(),
        close_code=code,
        reason=reason,
    )


def _status(error: BaseException) -> Optional[int]:
    """The HTTP status of a refused handshake, in any version."""
    response: Any = getattr(error, "response", error)
    status = getattr(response, "status_code", None)
    return status if isinstance(status, int) else None
