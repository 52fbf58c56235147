"""The tables about other servers, and about those that are not installed."""

import os
import re
import subprocess

import pytest

import compare
import peers
import script
from servers import Server, free_port

PARLEY_BENCH = os.environ.get("PARLEY_BENCH",
                              str(script.ROOT / "build/parley-bench"))


def run(peer, number, speed, late, load=(100, 64)):
    return {"peer": peer, "round": number, "members": load[0],
            "window": load[1], "deliveries_per_cpu_s": speed, "p99_us": late}


RUNS = [run("parleyd", 0, 6000, 10), run("parleyd", 1, 8000, 30),
        run("parleyd", 2, 7000, 20), run("ws", 0, 700, 200),
        run("ws", 1, 1400, 40), run("ws", 2, 350, 100),
        run("ws", 0, 1, 1, (10, 1))]


def test_ratios_are_of_medians_of_the_same_load():
    speed, faster, late, later = compare.figures(RUNS, "ws", (100, 64))
    assert (speed, faster, late, later) == (700, 10, 100, 5)


def test_beside_itself_everything_is_one():
    assert compare.figures(RUNS, "parleyd", (100, 64)) == (7000, 1, 20, 1)


def test_a_failed_server_has_no_figures():
    assert compare.figures(RUNS, "nchan", (100, 64)) == (None,) * 4


def test_without_ours_there_are_figures_but_no_ratios():
    assert compare.figures(RUNS, "ws", (10, 1)) == (1, None, 1, None)


def test_names_the_version_of_each_server():
    lines = compare.table(RUNS, {"parleyd": "1.0", "limit": "", "ws": "8.2"},
                          [(100, 64)])
    assert [line[2] for line in lines[1:]] == ["parleyd 1.0", "limit",
                                               "ws 8.2"]
    assert lines[2][3:] == ("-",) * 4
    assert lines[3][3:] == ("0.7", "10.00", "0.10", "5.00")


@pytest.mark.parametrize("peer", [
    each for each in peers.PEERS if each.name in ("nchan", "mosquitto", "ws")])
def test_is_not_there_if_there_is_no_such_program(peer, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(peers.NODE, "PATH", str(tmp_path))
    assert peer.version() is None


def test_uwebsockets_is_there_once_it_is_built(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "UWEBSOCKETS", tmp_path / "uwebsockets")
    assert peers.uwebsockets_version() is None
    (tmp_path / "uwebsockets").touch()
    assert peers.uwebsockets_version()


@pytest.mark.skipif(not peers.UWEBSOCKETS.exists(),
                    reason="its source is not in build/compare")
@pytest.mark.parametrize("case", ["rooms", "size-64k", "echo-100", "churn"])
def test_uwebsockets_passes_on_and_answers(case, tmp_path):
    port = free_port()
    with Server(peers.uwebsockets_command(port, None), None, tmp_path / "log",
                port) as server:
        figures = script.generate(
            PARLEY_BENCH, None, "--pid", server.process.pid, "--target", "bare",
            "--seconds", 0.1, "--members", 12, case, f"127.0.0.1:{port}",
            timeout=60)
    assert figures["case"] == case


def test_setup_goes_on_if_uwebsockets_cannot_be_fetched(tmp_path):
    fetch = re.search(r"^fetch_uwebsockets\(\) {\n.*?^}\n",
                      (script.ROOT / "tools/setup").read_text(), re.M | re.S)[0]
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\nexit 128\n")
    git.chmod(0o700)
    done = subprocess.run(
        ["sh", "-euc", fetch + "fetch_uwebsockets; echo goes on"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.stdout == "goes on\n"
    assert "uWebSockets cannot be fetched" in done.stderr


def test_a_failing_server_has_no_version():
    assert peers.output_of("sh", "-c", "echo 1.0; exit 1") is None
    assert peers.output_of("sh", "-c", "echo 1.0") == "1.0"


@pytest.mark.parametrize("name", ["nginx.conf", "nginx-tls.conf", "mosquitto.conf"])
def test_a_configuration_has_the_options_of_the_run(name, tmp_path):
    path = peers.written(name, 4711, str(tmp_path))
    text = open(path).read()
    assert path == str(tmp_path / name)
    assert "4711" in text and str(tmp_path) in text
    assert "@PORT@" not in text and "@DIR@" not in text
