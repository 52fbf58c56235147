"""Decodes frames: any JSON that a server may send, and other text."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Union

# Python refuses to read integers of more than 4300 digits.
MOST_DIGITS = 4000


def decode(text: str) -> Any:
    """As json.loads(), but very long integers become floats."""
    return json.loads(text, parse_int=_integer)


def decode_object(text: str) -> Optional[Dict[str, Any]]:
    """None if the text is not a JSON object."""
    try:
        value = decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _integer(digits: str) -> Union[int, float]:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)
