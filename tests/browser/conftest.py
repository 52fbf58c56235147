"""Browsers with profiles of their own, and servers for them. A test fails if a browser
reports an error of our page."""

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
    """The browsers of two users."""
    yield browsers
    page_errors = [page.page_errors() for page in browsers]
    for page in browsers:
        page.leave()
        page.page_errors()
    assert page_errors == [[], []]


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
