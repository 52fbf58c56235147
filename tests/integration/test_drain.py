"""Draining: every client gets a close frame and all of its answers, the exit
status is 0."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import CLOSE, Chat, Connection, get, head
from server import AT_ONCE, DEADLINE, PARLEYD, Server, eventually


LISTENERS, TALKERS = 20, 5


class Guest(Chat):
    """A client that stays until the server closes it, and records the close."""

    def __init__(self, address):
        super().__init__(address)
        self.ask_ok("join", room="party", create=True)
        self.received, self.acked, self.bye, self.code = [], [], None, None

    def stay(self):
        while self.code is None:
            got = self.read_frame()
            if got.opcode == CLOSE:
                self.code = got.code
            else:
                self.note(json.loads(got.payload))
        self.send_frame(CLOSE, got.payload)
        self.expect_end()
        self.socket.close()

    def note(self, event):
        assert self.bye is None, "bye is the last word"
        if event["event"] == "bye":
            self.bye = event
        elif event["event"] == "broadcast" and "seq" in event:
            self.received.append(event["seq"])
        elif event["event"] == "ack":
            self.acked.append(event["seq"])
            self.talk()

    def talk(self):
        """Posts without end: each ack is followed by the next message."""
        self.send_command("broadcast", room="party", message="x" * 100, ref="t")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_every_client_gets_bye_under_load(number):
    options = ("--drain-window", "500ms", "--drain-timeout", "100s",
               "--limits-output-hard", "64MiB")
    with Server(PARLEYD, *AT_ONCE, *options) as server:
        guests = [Guest(server.address) for _ in range(LISTENERS + TALKERS)]
        with ThreadPoolExecutor(len(guests)) as crowd:
            stays = [crowd.submit(each.stay) for each in guests]
            for each in guests[:TALKERS]:
                each.talk()
            eventually(lambda: all(len(each.received) > 100 for each in guests))
            server.signal(number)
            for each in stays:
                each.result(DEADLINE)
        # Before --drain-timeout.
        server.assert_clean(server.wait())
    for each in guests:
        first = each.received[0]
        assert each.received == list(range(first, first + len(each.received)))
        assert set(each.acked) <= set(each.received)
        assert (each.bye["reason"], each.bye["code"]) == ("going_away", 1001)
        assert 500 <= each.bye["retry_after_ms"] <= 5500
        assert each.code == 1001


def test_readyz_fails_at_once_and_chat_goes_on_until_the_window():
    options = "--drain-timeout", "100s", "--drain-window", "0s"
    with Server(PARLEYD, "--drain-delay", "60s", *options) as server:
        chat = Chat(server.address)
        server.signal()
        eventually(lambda: get(server.address, "/readyz").status == 503)
        assert get(server.address, "/livez").status == 200
        chat.ask_ok("ping")
        server.signal()
        server.assert_clean(server.wait())
        chat.socket.close()
    with Server(PARLEYD, "--drain-delay", "1s", *options) as server:
        chat = Chat(server.address)
        began = time.monotonic()
        server.signal()
        chat.expect_bye(1001)
        assert time.monotonic() - began > 0.5
        server.assert_clean(server.wait())


def test_newcomers_are_sent_away_while_others_leave():
    with Server(PARLEYD, "--drain-delay", "0s", "--drain-window", "60s",
                "--drain-timeout", "100s") as server:
        chats = [Chat(server.address) for _ in range(20)]
        server.signal()
        eventually(lambda: get(server.address, "/readyz").status == 503)
        with Connection(server.address) as late:
            late.send(head())
            response = late.read_response()
        assert response.status == 503
        assert int(response.headers["retry-after"]) > 0
        for each in chats:
            each.socket.close()
        server.assert_clean(server.wait())


def test_departures_are_spread_over_the_window():
    with Server(PARLEYD, "--drain-delay", "0s", "--drain-window", "1s") as server:
        chats = [Chat(server.address) for _ in range(40)]
        began = time.monotonic()
        server.signal()
        for each in chats:
            each.expect_bye(1001)
            each.socket.close()
        assert time.monotonic() - began > 0.5
        server.assert_clean(server.wait())


def test_a_second_signal_ends_it_now():
    with Server(PARLEYD, "--drain-delay", "60s", "--drain-timeout", "100s") as server:
        chat = Chat(server.address)
        server.signal()
        eventually(lambda: get(server.address, "/readyz").status == 503)
        server.signal()
        server.assert_clean(server.wait())
        chat.socket.close()


def test_a_client_that_does_not_answer_delays_no_other():
    with Server(PARLEYD, "--drain-delay", "0s", "--drain-window", "0s",
                "--drain-timeout", "1s", "--limits-handshake-timeout", "1m",
                "--limits-close-timeout", "1m") as server:
        chats = [Chat(server.address) for _ in range(3)]
        half = Connection(server.address)
        half.send(head()[:20])
        server.signal()
        server.assert_clean(server.wait())
        for each in chats:
            each.expect_bye(1001)


def test_ends_at_once_without_connections():
    Server(PARLEYD, "--drain-delay", "0s", "--drain-window", "60s",
           "--drain-timeout", "100s").stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_while_it_ends_do_not_kill_it(number, tmp_path):
    """A store that is being closed is closed."""
    options = ("--store-kind", "file", "--store-dir", str(tmp_path / "store"))
    for _ in range(5):
        with Server(PARLEYD, *AT_ONCE, *options) as server:
            server.signal()
            give_up = time.monotonic() + DEADLINE
            while server.process.poll() is None:
                assert time.monotonic() < give_up
                server.signal(number)
