"""How the embedded web pages are served."""

import base64
import gzip
import hashlib
import json
import re

import pytest

from client import Chat, Connection, head, plain_head
from server import ROOT, eventually

SCRIPTS = sorted(path.stem for path in (ROOT / "web").glob("*.js")
                 if not path.stem.startswith("monitor"))
CHAT = ["/", "/icon.svg"] + [f"/{name}.js" for name in SCRIPTS]
PATHS = CHAT + ["/monitor", "/monitor.js"]


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
def test_a_cached_page_is_answered_with_304(parleyd, path):
    tag = ask(parleyd, path).headers["etag"]
    again = ask(parleyd, path, **{"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == tag
    assert ask(parleyd, path, **{"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize("path", ["/", "/monitor"])
def test_a_page_may_do_what_it_must_and_no_more(parleyd, path):
    page = ask(parleyd, path)
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


@pytest.mark.parametrize("path", ["/", "/monitor"])
def test_everything_a_page_names_is_there(parleyd, path):
    text = ask(parleyd, path).body.decode()
    named = set(re.findall(r'(?:src|href)="(\w[^":]*)"', text))
    assert "icon.svg" in named and len(named) > 1
    for name in named:
        assert ask(parleyd, f"/{name}").status == 200


def test_the_whole_page_is_light(parleyd):
    gzip_too = {"Accept-Encoding": "gzip"}
    plain = sum(len(ask(parleyd, path).body) for path in CHAT)
    packed = sum(len(ask(parleyd, path, **gzip_too).body) for path in CHAT)
    assert plain <= 116 * 1024 and packed <= 39 * 1024


def test_pages_and_figures_can_be_switched_off(start):
    server = start("--http-pages=off", "--http-stats=off")
    for path in *PATHS, "/stats", "/metrics", "/monitor/stats":
        assert ask(server, path).status == 404


def test_statistics_are_answered_as_json(start):
    server = start()
    with Chat(server.address) as chat:
        chat.ask_ok("create", name="Tea & cake", room="tea")
        chat.ask_ok("broadcast", room="tea", message="hi")

        def stats():
            return json.loads(ask(server, "/stats").body)

        eventually(lambda: stats()["commands"] == 2)
        figures = stats()
    assert (figures["connections"], figures["rooms"]) == (1, 1)
    assert figures["largest"] == [
        {"room": "tea", "name": "Tea & cake", "members": 1}
    ]
    assert figures["messages"] == figures["deliveries"] == 1
    assert sum(figures["latency_us"]["counts"]) == figures["commands"] == 2
    assert figures["resident_bytes"] > figures["held_bytes"] > 0


def metrics(server):
    lines = ask(server, "/metrics").body.decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")


def test_closes_and_errors_are_counted_and_logged(start):
    server = start("--limits-frame-bytes", "64KiB")
    with Chat(server.address) as chat, Chat(server.address) as other:
        chat.ask("leave", room="nowhere")
        chat.send_text("x" * 65537)
        chat.expect_bye(1009)
        other.leave()
    server.wait_for_line(r"info +connection closed: 1009 ")

    closes = 'parley_closes_total{{code="{}",reason="{}"}}'

    def counted():
        values = metrics(server)
        return (
            values['parley_errors_total{code="room_not_found"}'] == "1"
            and values.get(closes.format(1009, "message is too big")) == "1"
            and values.get(closes.format(1000, "client")) == "1"
        )

    eventually(counted)


def test_refusals_are_counted_by_their_limit(start):
    server = start("--limits-connections", "1", "--limits-handshake-timeout", "1s")
    with Chat(server.address):
        with Connection(server.address) as refused:
            refused.send(head())
            assert refused.read_response().status == 503
        with Connection(server.address) as silent:
            silent.send(b"GET /")
            assert silent.read_response().status == 408
        with Connection(server.address) as large:
            large.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000)
            assert large.read_response().status == 431

    def counted():
        refusals = metrics(server)
        return [refusals.get(f'parley_refusals_total{{limit="limits.{limit}"}}')
                for limit in ("connections", "handshake_timeout", "request_bytes")]

    eventually(lambda: counted() == ["1", "1", "1"])
    server.wait_for_line(r"info +refused because of limits.request_bytes")


def test_metrics_are_answered_for_prometheus(start):
    server = start()
    with Chat(server.address):
        eventually(lambda: metrics(server)["parley_connections"] == "1")
        answer = ask(server, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    assert "parley_connections 1" in lines
    assert "# TYPE parley_latency_seconds histogram" in lines
