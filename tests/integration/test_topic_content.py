"""The content rules of a topic, compared with the regular expressions of Python that
the FastAPI server uses."""

import random
import re

import pytest

from dialects import Topic

MEMBER = Topic

REFUSED = [re.compile(rule, re.IGNORECASE) for rule in (
    r"<script.*>.*</script>", r"javascript:", r"on\w+\s*=", r"expression\s*\(",
    r"@import")]
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

PIECES = [
    "<script", ">", "</script>", "javascript:", "javascript", "on", "On",
    "click", "=", " ", "\n", "\t", "\r", "\u00a0", "\u3000", "\u2028", "\x1c",
    "\x85", "expression", "(", "@import", "@", "import", "\u017f", "\u0131",
    "\u0130", "s", "i", "<", "/", "cr", "pt", "\u00e9", "\u0301", "\u00b2",
    "\u4e00", "\u200b", "\x00", "\x07", "\x7f", "\x0b", "1", "_", "-", '"',
    "\\", "\U0001d11e", "java", "<\u017fcr\u0131pt", "</\u017fcr\u0130pt>",
    "expre\u017f\u017f\u0131on", "\u212a", "\x80"]

MEMBERS = 50
EACH = 50  # below the rate limit, even if all of them are accepted


def is_allowed(text):
    return (1 <= len(text) <= 5000
            and not any(rule.search(text) for rule in REFUSED))


def texts(seed):
    chance = random.Random(seed)
    for _ in range(EACH):
        yield "".join(chance.choice(PIECES)
                      for _ in range(chance.randint(0, 9)))


def received(member, text):
    """Returns the cleaned text; None: it was refused."""
    member.send_json({"type": "message", "message": text})
    frame = member.next()
    if frame["type"] == "error":
        return None
    assert member.next()["type"] == "ack"
    return frame["message"]


@pytest.mark.parametrize("seed", range(MEMBERS))
def test_content_is_accepted_and_cleaned_as_in_python(meet, seed):
    member = meet().join(topic="t%d" % seed)
    for text in texts(seed):
        cleaned = CONTROLS.sub("", text).strip()
        assert received(member, text) == (cleaned if is_allowed(text) else None), text
