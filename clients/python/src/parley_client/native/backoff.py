"""When to reconnect, if at all."""

from __future__ import annotations

import random
from typing import Optional

from ..errors import ConnectionLost

FIRST = 0.25
MOST = 30.0

# Close codes after which a reconnect would end the same way.
_FINAL = frozenset({1002, 1003, 1007, 1008, 1009})
# HTTP statuses of the handshake that another attempt may change.
_PASSING = frozenset({408, 425, 429})


def is_final(lost: ConnectionLost) -> bool:
    if lost.status is not None:
        return 400 <= lost.status < 500 and lost.status not in _PASSING
    return lost.close_code in _FINAL or 4000 <= lost.close_code < 4100


class Backoff:
    """Exponential back-off with jitter."""

    def __init__(self, first: float = FIRST, most: float = MOST) -> None:
        self._first = first
        self._most = most
        self._attempts = 0

    def reset(self) -> None:
        self._attempts = 0

    def next(
        self, lost: ConnectionLost, retry_after: Optional[float] = None
    ) -> float:
        """Seconds until the next attempt, never less than the server asks."""
        attempt, self._attempts = self._attempts, self._attempts + 1
        if 4200 <= lost.close_code < 4300 and attempt == 0:
            return retry_after or 0.0
        if lost.close_code == 1001 and attempt == 0 and retry_after:
            return retry_after
        # Larger exponents would only overflow.
        longest = min(self._most, self._first * 2.0 ** min(attempt, 20))
        return max(retry_after or 0.0, random.uniform(longest / 2, longest))
