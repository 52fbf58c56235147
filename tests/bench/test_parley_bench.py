"""parley-bench has to detect the errors of a server.

A small server with the protocol of the limit program has one fault, once.
"""

import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from faulty_server import (ActionServer, CentrifugoServer, ClosingServer,
                           FaultyServer, MqttServer)
from script import NO_LIMITS
from servers import Server, free_port

ROOT = Path(__file__).resolve().parents[2]
PARLEYD = os.environ.get("PARLEYD", str(ROOT / "build/parleyd"))
PARLEY_BENCH = os.environ.get("PARLEY_BENCH", str(ROOT / "build/parley-bench"))
LIMIT_SERVER = str(Path(PARLEY_BENCH).with_name("limit_server"))
BROKERS = {"mqtt": MqttServer, "centrifugo": CentrifugoServer}
SERVERS = {"bare": FaultyServer, **BROKERS}


def bench(port, case, *options):
    command = [PARLEY_BENCH, "--pid", str(os.getpid()),
               "--target", "bare", "--seconds", "0.3", *options, case,
               f"127.0.0.1:{port}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("case", ["one-10", "flight-100", "rooms", "speakers"])
def test_accepts_a_correct_server(case):
    with FaultyServer(None) as server:
        done = bench(server.port, case, "--members", "12")
    assert done.stderr == ""
    assert done.returncode == 0
    assert "deliveries_per_cpu_s" in done.stdout


@pytest.mark.parametrize("case", ["one-10", "flight-100", "rooms"])
def test_sends_as_many_messages_as_are_asked_for(case):
    with FaultyServer(None) as server:
        done = bench(server.port, case, "--members", "12", "--json",
                     "--messages", "500")
    assert done.returncode == 0
    assert json.loads(done.stdout)["messages"] == 500


@pytest.mark.parametrize("case", ["one-10", "churn"])
def test_stops_before_each_slice(case):
    server = ClosingServer if case == "churn" else FaultyServer
    stops = 0
    with server(None) as server, subprocess.Popen(
            [PARLEY_BENCH, "--pid", str(os.getpid()), "--target", "bare",
             "--seconds", "0.3", "--slices", "3", "--members", "4", case,
             f"127.0.0.1:{server.port}"], stdout=subprocess.PIPE) as generator:
        while True:
            status = os.waitpid(generator.pid, os.WUNTRACED)[1]
            if not os.WIFSTOPPED(status):
                break
            stops += 1
            generator.send_signal(signal.SIGCONT)
        generator.returncode = os.waitstatus_to_exitcode(status)
    assert generator.returncode == 0
    assert stops == 3


@pytest.mark.parametrize("options", [["mixed"], ["idle"],
                                     ["--messages", "9", "one-10"]])
def test_has_no_slices_of(options):
    done = subprocess.run(
        [PARLEY_BENCH, "--pid", str(os.getpid()), "--slices", "2", *options,
         "127.0.0.1:1"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "--slices" in done.stderr


@pytest.mark.parametrize("target, size", [
    ("bare", 35), ("bare", 1024), ("bare", 65536), ("mqtt", 65), ("mqtt", 65536),
    ("centrifugo", 65536)])
def test_sends_messages_of_the_size_that_is_asked_for(target, size):
    with SERVERS[target](None) as server:
        done = bench(server.port, "one-10", "--target", target, "--json",
                     "--messages", "20", "--size", str(size))
    assert done.returncode == 0, done.stderr
    assert size < json.loads(done.stdout)["bytes_per_delivery"] < size + 160


@pytest.mark.parametrize("target, command", [
    ("parley", [PARLEYD, *NO_LIMITS, "--listen", "127.0.0.1:{port}"]),
    ("bare", [LIMIT_SERVER, "--each", "{port}"]),
    ("bare", [LIMIT_SERVER, "{port}"])])
def test_the_servers_of_the_benchmark_pass_on_64_kib(target, command, tmp_path):
    port = free_port()
    command = [word.format(port=port) for word in command]
    with Server(command, None, tmp_path / "log", port):
        done = bench(port, "size-64k", "--target", target, "--members", "12",
                     "--messages", "500")
    assert done.returncode == 0, done.stderr


def test_opens_as_many_connections_as_are_asked_for():
    with ClosingServer(None) as server:
        done = bench(server.port, "churn", "--members", "4", "--json",
                     "--messages", "20")
    assert done.stderr == ""
    assert json.loads(done.stdout)["connections"] == 20
    assert len(server.connections) == 100 + 20


def test_spreads_clients_over_nodes_and_adds_their_cpu_time():
    with FaultyServer(None, ports=3) as server:
        addresses = ",".join(f"127.0.0.1:{port}" for port in server.ports)
        command = [PARLEY_BENCH, "--pid", f"{os.getpid()},{os.getppid()}",
                   "--target", "bare", "--json", "--messages", "200",
                   "--members", "12", "one-10", addresses]
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=60)
        spread = [server.connections.count(port) for port in server.ports]
    assert done.stderr == ""
    assert spread == [4, 4, 4]
    figures = json.loads(done.stdout)
    assert figures["deliveries"] == 12 * 200
    assert figures["resident_mib"] > 2


@pytest.mark.parametrize("pids, sent", [
    ("0", "no process 0"), ("1,x", "no process 0"), ("1;2", "takes processes"),
    (",".join(["1"] * 17), "more than 16")])
def test_rejects_processes_that(pids, sent):
    done = subprocess.run(
        [PARLEY_BENCH, "--pid", pids, "one-10", "127.0.0.1:1"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert sent in done.stderr


@pytest.mark.parametrize("fault, case, sent", [
    ("loses", "flight-100", "lost"),
    ("doubles", "flight-100", "again"),
    ("reorders", "flight-100", "lost"),
    ("misroutes", "rooms", "of room"),
    ("mixes runs", "one-10", "another run"),
    ("sends binary", "one-10", "opcode 2"),
    ("fragments", "one-10", "begins 01"),
    ("hangs up", "one-10", "was closed"),
    ("refuses", "one-10", "refused"),
    ("accepts wrongly", "one-10", "Sec-WebSocket-Accept"),
])
def test_rejects_a_server_that(fault, case, sent):
    with FaultyServer(fault) as server:
        done = bench(server.port, case, "--members", "12")
    assert sent in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("target", BROKERS)
def test_has_the_protocols_of_brokers(target):
    with BROKERS[target](None) as server:
        done = bench(server.port, "flight-100", "--target", target,
                     "--members", "12", "--window", "4")
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("target", BROKERS)
@pytest.mark.parametrize("fault, sent", [
    ("loses", "lost"), ("doubles", "again"), ("reorders", "lost"),
    ("fragments", "begins 01")])
def test_rejects_a_broker_that(fault, sent, target):
    with BROKERS[target](fault) as server:
        done = bench(server.port, "flight-100", "--target", target,
                     "--members", "12")
    assert sent in done.stderr
    assert done.returncode == 1


def latency(port, *options):
    command = [PARLEY_BENCH, "--clients", "3", "--rate", "100", "--duration",
               "0.6", "--json", *options, "latency", f"127.0.0.1:{port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done, json.loads(done.stdout or "{}")


FAULTS = ("dropped", "duplicates", "reorderings", "unanswered")


def test_latency_counts_every_delivery_and_every_answer():
    with ActionServer(None) as server:
        done, figures = latency(server.port)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert figures["sent"] == 180
    assert figures["received"] == 360
    assert sum(count for _, count in figures["one_way"]) == 360
    assert sum(count for _, count in figures["round_trip"]) == 180
    assert 0 < figures["one_way_p50_us"] <= figures["one_way_max_us"]
    assert not any(figures[fault] for fault in FAULTS)


@pytest.mark.parametrize("fault, counted", [
    ("loses", "dropped"),
    ("doubles", "duplicates"),
    ("reorders", "reorderings"),
    ("answers no more", "unanswered"),
])
def test_latency_goes_on_and_counts_when_a_server(fault, counted):
    with ActionServer(fault) as server:
        done, figures = latency(server.port, "--clients", "2", "--rate", "200")
    assert done.returncode == 1
    assert figures["sent"] == 240
    assert figures[counted] > 0
    assert [each for each in FAULTS if figures[each]] == [counted]


def test_latency_shows_progress_on_a_terminal():
    ours, theirs = pty.openpty()
    with ActionServer(None) as server:
        subprocess.run([PARLEY_BENCH, "--clients", "2", "--rate", "10",
                        "--duration", "1.2", "latency",
                        f"127.0.0.1:{server.port}"],
                       stdout=subprocess.DEVNULL, stderr=theirs, timeout=60)
    os.close(theirs)
    assert re.search(rb"\r\x1b\[K\d of 1 s: \d+ sent, \d+ received, one way p50",
                     os.read(ours, 4096))
    os.close(ours)


def test_latency_rejects_messages_of_another_run():
    with ActionServer("mixes runs") as server:
        done, _ = latency(server.port)
    assert "another run" in done.stderr
    assert done.returncode == 1


def test_all_cases_but_latency_ask_for_the_process():
    done = subprocess.run([PARLEY_BENCH, "one-10", "127.0.0.1:1"],
                          capture_output=True, text=True, timeout=10)
    assert "--pid" in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize("options", [
    ["no-such-case", "127.0.0.1:1"],
    ["one-10", "localhost"],
    ["--seconds", "soon", "one-10", "127.0.0.1:1"],
    ["--target", "other", "one-10", "127.0.0.1:1"],
    ["--target", "mqtt", "echo-1", "127.0.0.1:1"],
    ["--size", "34", "one-10", "127.0.0.1:1"],
    ["--size", "1024", "echo-1", "127.0.0.1:1"],
    ["--members", "60000", "idle", "127.0.0.1:1"],
    ["--dialect", "other", "latency", "127.0.0.1:1"],
    ["--rate", "1", "--duration", "0.1", "latency", "127.0.0.1:1"],
    ["--members", "1", "latency", "127.0.0.1:1"],
])
def test_names_what_it_cannot_run(options):
    done = subprocess.run(
        [PARLEY_BENCH, "--pid", str(os.getpid()), *options],
        capture_output=True, text=True, timeout=10)
    assert done.stderr.startswith("parley-bench: ")
    assert done.returncode == 2
