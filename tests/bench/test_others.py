"""The figures of the disk and of redis-server."""

import pytest

import others
from goals import CASES
from servers import Failed


def test_a_disk_that_takes_ten_times_longer_once():
    figures = others.disk_figures([0.01] + [0.001] * 99)
    assert figures["p50_us"] == pytest.approx(1000)
    assert figures["p99_us"] == pytest.approx(10_000)
    assert figures["deliveries_per_wall_s"] == pytest.approx(100 / 0.109)


def test_measures_the_disk_in_a_file_it_leaves_behind(tmp_path):
    figures = others.measure_disk(None, 0.01, str(tmp_path))
    assert 0 < figures["p50_us"] <= figures["p99_us"]
    assert (tmp_path / "syncs").stat().st_size == 64 << 20


@pytest.mark.parametrize("report", [
    '"RPUSH","41234.50"\n',
    '"test","rps","avg_latency_ms","min_latency_ms"\n'
    '"RPUSH","41234.50","0.9","0.1"\n',
])
def test_reads_the_rate_of_an_old_and_of_a_new_redis(report):
    assert others.redis_rate(report) == 41234.5


@pytest.mark.parametrize("report", [
    "", "RPUSH\n", '"test","rps"\n', "Could not connect, refused\n"])
def test_refuses_other_output_of_redis(report):
    with pytest.raises(Failed):
        others.redis_rate(report)


def test_leaves_redis_out_where_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(others.NotInstalled):
        others.measure_redis(None, 1, str(tmp_path))


def test_knows_the_load_of_each_case_with_redis():
    assert {case.name for case in CASES if "redis" in case.targets} == \
        set(others.LOADS)


@pytest.mark.parametrize("clients", [1, 16, 256, 1000])
def test_has_as_many_clients_as_the_case_is_named_after(clients):
    load = others.LOADS[f"acks-{clients}"]
    assert (load.clients, load.in_flight) == (clients, 1)


def test_has_as_much_under_way_as_the_generator():
    command = others.redis_command(others.LOADS["acks-flight"], 0.5, 6379)
    assert command[command.index("-c") + 1] == "16"
    assert command[command.index("-P") + 1] == "64"
    assert command[command.index("-n") + 1] == "150000"
