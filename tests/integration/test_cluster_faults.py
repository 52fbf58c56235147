"""A short run of each fault that test_nodes.py does not have."""

import cluster_faults
import network
import pytest


@pytest.mark.parametrize("kind", [
    "cut_off", "failover", "kill_redis_no_aof", "maxmemory", "partition",
    "rolling_update", "slow_node", "stop_node",
])
def test_what_is_promised_holds(kind):
    reason = network.why_none() if kind == "partition" else None
    if reason:
        pytest.skip(f"no network namespaces: {reason}")
    one = cluster_faults.run(1, kind, pace=0.2)
    assert len(one.history.acked) > cluster_faults.MEMBERS
