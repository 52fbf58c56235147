"""A store is filled with the requested messages, and a page has its share of the
cost."""

import json
from types import SimpleNamespace

import pytest

import kept


class Recorder:
    """A client that answers everything, and remembers it."""

    connected = []

    def __init__(self, _):
        self.rooms = []
        self.sent = 0
        self.at_once = []
        self.asked = 0
        self.open = True
        self.socket = SimpleNamespace(sendall=self.take)
        Recorder.connected.append(self)

    def ask(self, mark, *commands):
        assert self.open
        self.asked += len(commands)
        if commands[0]["command"] == "create":
            self.rooms.append(commands[0])

    def take(self, data):
        assert self.open
        self.under_way = data.count(b'"command":"broadcast"')

    def await_(self, mark, count):
        assert count == self.under_way
        self.sent += count
        self.at_once.append(count)

    def close(self):
        self.open = False


@pytest.fixture
def clients(monkeypatch):
    monkeypatch.setattr(Recorder, "connected", [])
    monkeypatch.setattr(kept, "dial", Recorder)
    return Recorder.connected


@pytest.mark.parametrize("rooms, messages", [
    (1, 1), (1, 499), (1, 500), (1, 501), (3, 1200), (130, 2)])
def test_fills_every_room_with_as_many_as_asked_for(clients, rooms, messages):
    kept.fill(1, rooms, messages)
    created = [room for client in clients for room in client.rooms]
    assert len({room["room"] for room in created}) == rooms
    assert all(room["persistent"] for room in created)
    assert sum(client.sent for client in clients) == rooms * messages


def test_no_client_is_in_more_rooms_than_it_may(clients):
    kept.fill(1, 200, 1)
    assert max(len(client.rooms) for client in clients) <= 64
    assert not any(client.open for client in clients)


def test_no_more_answers_are_under_way_than_a_socket_holds(clients):
    kept.fill(1, 1, 1700)
    kept.fill(1, 1, 150, "." * 1000)
    assert clients[0].at_once == [500, 500, 500, 200]
    assert clients[1].at_once == [64, 64, 22]


def test_every_message_asks_to_be_acknowledged(clients, monkeypatch):
    sent = []
    monkeypatch.setattr(kept, "frame", lambda command: sent.append(command) or
                        json.dumps(command, separators=(",", ":")).encode())
    kept.fill(1, 2, 1)
    assert [each["room"] for each in sent] == ["bench_0", "bench_1"]
    assert all(each["ref"] and len(each["message"]) == 128 for each in sent)


def test_a_page_costs_what_all_pages_did_by_their_number(clients, monkeypatch):
    ticks = iter([0, 1, 2, 3, 99])
    spent = iter([10.0, 10.6])
    monkeypatch.setattr(kept.time, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(kept, "cpu_seconds", lambda _: next(spent))
    server = SimpleNamespace(port=1, process=SimpleNamespace(pid=1))
    cost = kept.page_cost(server, "room", 3)
    pages = clients[0].asked - 1  # after joining
    assert pages == 16
    assert cost == pytest.approx(0.6 / pages)
