"""The web pages in the program: how they are served."""

import base64
import gzip
import hashlib
import re

import pytest

from client import Connection, plain_head

PATHS = ["/", "/chat.js", "/elements.js", "/icon.svg", "/log.js", "/parley.js"]


def ask(parleyd, path, **headers):
    with Connection(parleyd.address) as connection:
        connection.send(plain_head(path, **headers))
        return connection.read_response()


@pytest.mark.parametrize("path", PATHS)
def test_compressed_or_not_it_is_the_same(parleyd, path):
    plain = ask(parleyd, path)
    packed = ask(parleyd, path, **{"Accept-Encoding": "gzip, br"})
    assert plain.status == packed.status == 200
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    for answer in plain, packed:
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PATHS)
def test_who_has_it_gets_it_no_second_time(parleyd, path):
    tag = ask(parleyd, path).headers["etag"]
    again = ask(parleyd, path, **{"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == tag
    assert ask(parleyd, path, **{"If-None-Match": '"other"'}).status == 200


def test_a_page_may_do_what_it_must_and_no_more(parleyd):
    page = ask(parleyd, "/")
    text = page.body.decode()
    policy = page.headers["content-security-policy"]
    styles = re.findall(r"<style>(.*?)</style>", text, re.S)
    hashes = [hashlib.sha256(style.encode()).digest() for style in styles]
    assert styles and not re.search(r"<script[^>]*>[^<]", text)
    assert "default-src 'none'; script-src 'self';" in policy
    assert "unsafe" not in policy
    assert re.findall(r"'sha256-([^']*)'", policy) == [
        base64.b64encode(digest).decode() for digest in hashes
    ]


def test_everything_a_page_names_is_there(parleyd):
    named = set(re.findall(r'(?:src|href)="(\w[^":]*)"', ask(parleyd, "/").body.decode()))
    assert "chat.js" in named
    for path in named:
        assert ask(parleyd, f"/{path}").status == 200


def test_the_whole_page_is_light(parleyd):
    plain = sum(len(ask(parleyd, path).body) for path in PATHS)
    packed = sum(
        len(ask(parleyd, path, **{"Accept-Encoding": "gzip"}).body)
        for path in PATHS
    )
    assert plain <= 60 * 1024 and packed <= 20 * 1024
