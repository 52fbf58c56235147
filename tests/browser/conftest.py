"""Browsers, each for itself, and servers that they visit. A test in which
one of them complains about our page has failed."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from page import Page  # noqa: E402
from relay import Relay  # noqa: E402
from server import servers  # noqa: E402


@pytest.fixture(scope="session")
def browsers():
    pages = [Page(), Page()]
    yield pages
    for page in pages:
        page.close()


@pytest.fixture
def pages(browsers):
    """Two people's browsers."""
    yield browsers
    complaints = [page.complaints() for page in browsers]
    for page in browsers:
        page.leave()
        page.complaints()
    assert complaints == [[], []]


@pytest.fixture
def page(pages):
    return pages[0]


@pytest.fixture
def start():
    with servers() as start:
        yield start


@pytest.fixture
def parleyd(start):
    return start()


@pytest.fixture
def relay(parleyd):
    relay = Relay(parleyd.address)
    yield relay
    relay.close()
