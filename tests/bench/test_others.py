"""What the disk and redis-server are said to reach."""

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
def test_does_not_guess_what_redis_reached(report):
    with pytest.raises(Failed):
        others.redis_rate(report)


def test_leaves_redis_out_where_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(others.NotInstalled):
        others.measure_redis(None, 1, str(tmp_path))


def test_knows_how_many_clients_each_case_with_redis_has():
    for case in CASES:
        if "redis" in case.targets:
            assert case.name.endswith(f"-{others.CLIENTS[case.name]}")
