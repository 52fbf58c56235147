"""A WebSocket of text over any supported version of `websockets`."""

from __future__ import annotations

import asyncio
from typing import Any, Optional

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


async def open_socket(
    url: str, *, timeout: float, subprotocol: Optional[str] = None
) -> Socket:
    offered: Any = [subprotocol] if subprotocol else None
    try:
        return Socket(
            await websockets.connect(
                url,
                subprotocols=offered,
                open_timeout=timeout,
                close_timeout=CLOSE_TIMEOUT,
                max_size=MAX_FRAME,
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
