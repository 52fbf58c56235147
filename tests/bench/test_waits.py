"""The part of an answer time that is not waiting for a core."""

import os
import threading
import time

import pytest

from servers import Failed
from stall import inner, quantile_bound, was_busy
from waits import Answer, Asker, Machine, Thread, figures


@pytest.mark.parametrize("felt, queued, starved, stolen, ours", [
    (9, 0, 0, 0, 9),
    (9, 4, 0, 0, 5),  # for want of a core
    (9, 4, 3, 0, 8),  # which another thread of the server had
    (9, 4, 0, 10, 0),  # the machine's cores were taken from it
    (9, 30, 0, 0, 0),  # of two threads, at the same time
])
def test_takes_off_what_was_waiting_for_a_core(
        felt, queued, starved, stolen, ours):
    assert Answer(0, felt, queued, starved, stolen).ours == ours


def test_separates_waits_for_answers_from_our_own():
    found = figures([Answer(1, 0.020, 0.018), Answer(2, 0.004, 0),
                     Answer(3, 0.001, 0)], "before_")
    assert found["before_max_ms"] == pytest.approx(20)
    assert found["before_queued_ms"] == pytest.approx(18)
    assert found["before_ours_max_ms"] == pytest.approx(4)
    assert found["before_p50_ms"] == pytest.approx(4)
    assert found["before_answers"] == 3


def test_a_thread_that_works_is_seen_to_run():
    thread = Thread(os.getpid(), threading.get_native_id())
    before = thread.look()[0]
    end = time.thread_time() + 0.05
    while time.thread_time() < end:
        pass
    assert thread.look()[0] - before > 0.03
    assert thread.core() in os.sched_getaffinity(0)
    assert thread.nice() == os.nice(0)
    thread.close()


def test_a_machine_has_a_number_for_what_was_stolen():
    machine = Machine()
    assert machine.look() >= 0
    machine.close()


class Slow:
    """A server that is this process, and sleeps before it answers."""

    def ask(self, *_):
        time.sleep(0.03)


def test_sleep_is_not_counted_as_waiting():
    asker = Asker(Slow(), os.getpid())
    asker.ask_while(lambda: len(asker.answers) < 3)
    asker.close()
    shortest = min(asker.answers, key=lambda each: each.felt)
    assert shortest.felt >= 0.03
    assert shortest.ours > 0.5 * (shortest.felt - shortest.stolen)


def test_leaves_out_requests_during_changes_of_the_load():
    answers = [Answer(at / 10, 0.001, 0) for at in range(31)]
    kept = inner(answers, 0.5)
    assert (kept[0].at, kept[-1].at) == (0.5, 2.5)
    with pytest.raises(Failed):
        inner(answers[:5], 0.5)


@pytest.mark.parametrize("segments, snapshots, counts", [
    (3, 1, True), (2, 1, False), (3, 0, False)])
def test_a_run_that_did_not_meet_its_subject_does_not_count(
        segments, snapshots, counts):
    found = {"segments": segments, "snapshots": snapshots}
    if counts:
        assert was_busy(found, 3, 1) is found
    else:
        with pytest.raises(Failed):
            was_busy(found, 3, 1)


def test_a_quantile_is_the_bound_above_it():
    histogram = {"bounds": [1, 5, 10], "counts": [98, 1, 1, 0]}
    assert quantile_bound(histogram, 0.5) == 1
    assert quantile_bound(histogram, 0.99) == 5
    assert quantile_bound(histogram, 1) == 10
