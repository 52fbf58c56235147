"""What is counted from outside, and what it is compared with."""

import cluster_cost
import redis_stats


def run(number, count, speed):
    return {"round": number, "nodes": count, "load": "a room",
            "deliveries_per_cpu_s": speed}


RUNS = [run(0, 1, 100), run(0, 3, 90), run(1, 1, 200), run(1, 3, 160),
        run(2, 1, 100), run(2, 3, 95), run(3, 3, 1)]


def test_ratios_are_of_the_same_round():
    assert cluster_cost.ratio(RUNS, "a room", 3, 1) == 0.9
    assert cluster_cost.ratio(RUNS, "a room", 1, 1) == 1


def test_without_the_other_there_is_no_ratio():
    assert cluster_cost.ratio(RUNS, "a room", 3, 0) is None
    assert cluster_cost.ratio(RUNS, "another", 3, 1) is None


def test_a_room_grows_with_nodes_if_it_is_to():
    assert cluster_cost.Load(100, False, 1).room(3) == 100
    assert cluster_cost.Load(100, True, 1).room(3) == 300


def test_counts_calls_of_commands_and_of_subcommands():
    info = ("# Commandstats\r\ncmdstat_evalsha:calls=12,usec=9,usec_per_call=1\r\n"
            "cmdstat_client|info:calls=3,usec=1\r\n")
    assert redis_stats.calls_of(info) == {"evalsha": 12, "client|info": 3}
