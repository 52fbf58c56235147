"""When to reconnect, if at all."""

import pytest

from parley_client.errors import ConnectionLost
from parley_client.native.backoff import Backoff, is_final


def lost(code, status=None):
    return ConnectionLost("gone", close_code=code, status=status)


@pytest.mark.parametrize("code, final", [
    (1000, False), (1001, False), (1006, False), (1011, False), (1012, False),
    (1002, True), (1003, True), (1007, True), (1008, True), (1009, True),
    (4000, True), (4001, True), (4007, True), (4099, True),
    (4100, False), (4101, False), (4102, False), (4103, False), (4199, False),
    (4202, False), (4203, False), (4999, False),
])
def test_some_close_codes_are_final(code, final):
    assert is_final(lost(code)) is final


@pytest.mark.parametrize("status, final", [
    (401, True), (403, True), (404, True), (426, True), (408, False),
    (425, False), (429, False), (500, False), (503, False), (302, False),
])
def test_some_statuses_are_final(status, final):
    assert is_final(lost(1006, status)) is final


def test_waits_double_up_to_the_longest():
    backoff = Backoff(1.0, 30.0)
    for longest in 1, 2, 4, 8, 16, 30, 30, *[30] * 2000:
        assert longest / 2 <= backoff.next(lost(1006)) <= longest
    backoff.reset()
    assert backoff.next(lost(1006)) <= 1


def test_jitter_spreads_clients():
    assert len({Backoff().next(lost(1006)) for _ in range(20)}) > 15


@pytest.mark.parametrize("code", [1001, 1011, 4100, 4101, 4102, 4203])
def test_a_client_waits_as_long_as_the_server_asks(code):
    backoff = Backoff(0.1, 0.2)
    assert all(backoff.next(lost(code), 5.0) >= 5.0 for _ in range(5))


def test_a_restart_is_waited_for_as_long_as_bye_has():
    assert Backoff(10.0, 30.0).next(lost(1001), 1.5) == 1.5


def test_an_immediate_retry_is_made_once():
    backoff = Backoff(1.0, 30.0)
    assert backoff.next(lost(4202)) == 0
    assert backoff.next(lost(4202)) >= 1
