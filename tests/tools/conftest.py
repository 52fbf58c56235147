"""A lock for tests that run make in the source tree."""

import fcntl
import tempfile
from pathlib import Path

import pytest

LOCK = Path(tempfile.gettempdir()) / "parley-tests-make.lock"


@pytest.fixture(autouse=True, scope="module")
def tree():
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
