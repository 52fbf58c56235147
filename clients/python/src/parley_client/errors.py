"""Exceptions."""

from __future__ import annotations

from typing import Any, Mapping, Optional


class ChatError(Exception):
    """The server refused something; the text is the server's.

    In the native dialect `code` identifies the error (`room_not_found`),
    `retry_after` is in seconds, `details` is the complete answer.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        retry_after: Optional[float] = None,
        details: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after
        self.details: Mapping[str, Any] = details or {}


class ConnectionLost(ChatError):
    """There is no connection.

    `close_code` and `reason` are those of the WebSocket (1006: no
    close frame), `status` is that of HTTP if the server refused.
    """

    def __init__(
        self,
        message: str,
        *,
        close_code: int = 1006,
        reason: str = "",
        status: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.close_code = close_code
        self.reason = reason
        self.status = status
