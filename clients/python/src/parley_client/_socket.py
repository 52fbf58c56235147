"""One WebSocket of text, whichever generation of `websockets` there is."""

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

# The server's frames are below 1 MiB, but for the words around a message.
MAX_FRAME = 2 << 20
# How long a peer that is gone may take to say so.
CLOSE_TIMEOUT = 2.0


class Socket:
    """Every failure is a ConnectionLost that says why."""

    def __init__(self, connection: Any) -> None:
        # Untyped: its class differs between the generations.
        self.connection = connection

    async def send(self, text: str) -> None:
        try:
            await self.connection.send(text)
        except ConnectionClosed as closed:
            raise _lost(closed) from closed

    async def recv(self) -> str:
        """May be cancelled: nothing that has arrived gets lost."""
        try:
            frame = await self.connection.recv()
        except ConnectionClosed as closed:
            raise _lost(closed) from closed
        return frame if isinstance(frame, str) else bytes(frame).decode()

    async def close(self) -> None:
        """What is unread would keep the server's farewell from coming in."""
        closing = asyncio.ensure_future(self.connection.close())
        try:
            while True:
                await self.connection.recv()
        except (WebSocketException, RuntimeError):
            pass  # closed, or somebody else is reading
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
    """Of the answer that was not 101; two generations spell it two ways."""
    response: Any = getattr(error, "response", error)
    status = getattr(response, "status_code", None)
    return status if isinstance(status, int) else None
