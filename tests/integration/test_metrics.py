"""/metrics: its format, its values, its page, dashboards and alerts."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import urllib.parse
import urllib.request

import pytest

import exposition
from certificates import make_certificate
from client import Chat, Connection, get, head
from server import DEADLINE, ROOT, eventually

# Nothing else is a label: no user, room or address.
LABELS = {
    "code", "reason", "limit", "status", "command", "outcome", "result", "level",
    "version", "worker",
}
PROMTOOL = shutil.which("promtool")
PROMETHEUS = shutil.which("prometheus")
needs_promtool = pytest.mark.skipif(
    not PROMTOOL, reason="no promtool: apt-get install prometheus")


def fetch(server):
    answer = get(server.address, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.body.decode()


def metrics(server):
    return exposition.read(fetch(server))


@pytest.fixture
def stored(start, tmp_path):
    """A server with all families."""
    return start("--store-kind", "file", "--store-dir", str(tmp_path / "store"),
                 "--hooks-url", "http://127.0.0.1:1/", "--hooks-secret", "s" * 16,
                 "--hooks-before-join", "http://127.0.0.1:1/",
                 "--hooks-failure", "allow", "--workers", "2")


# --- the format and the page --------------------------------------------------


def test_the_format_is_that_of_prometheus(stored):
    with Chat(stored.address, "/ws?name=verena") as chat:
        chat.ask_ok("join", room="secret-room", create=True, persistent=True)
        chat.ask_ok("broadcast", room="secret-room", message="a secret text")
        chat.ask("nonsense")
    text = fetch(stored)
    families = exposition.read(text)
    assert len(families) >= 40
    for name, family in families.items():
        assert family.label_names() <= LABELS, name
        assert name.startswith(("parley_", "process_")), name
    for secret in "verena", "secret", "127.0.0.1":
        assert secret not in text


def documented():
    """Rows of docs/metrics.md: | `name` | type | labels | meaning |"""
    page = (ROOT / "docs/metrics.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.+) \|$", page, re.M)
    assert len(rows) == len({name for name, *_ in rows}), "a family stands there twice"
    return {
        name: (kind, set(re.findall(r"`(\w+)`", labels)), meaning)
        for name, kind, labels, meaning in rows
    }


def test_the_page_describes_every_family(stored, start, tmp_path):
    with Chat(stored.address) as chat:
        chat.ask("leave", room="nowhere")
    node = start("--broker-url", f"unix:{tmp_path}/none")
    page, families = documented(), {**metrics(node), **metrics(stored)}
    assert set(page) == set(families)
    for name, family in families.items():
        kind, labels, meaning = page[name]
        assert (kind, meaning) == (family.kind, family.help), name
        # Without a sample there is no label to compare.
        assert not family.label_names() or labels == family.label_names(), name
        assert labels <= LABELS, name


@needs_promtool
def test_promtool_accepts_the_format(stored):
    with Chat(stored.address) as chat:
        chat.ask_ok("ping")
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=fetch(stored),
                          capture_output=True, text=True, timeout=DEADLINE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- the figures --------------------------------------------------------------


def test_commands_are_timed_by_kind(start):
    server = start()
    with Chat(server.address) as chat:
        for _ in range(3):
            chat.ask_ok("ping")
        chat.send_text("{")
        assert chat.next()["code"] == "bad_json"

        def counted():
            family = metrics(server)["parley_command_seconds"]
            return (family.total(command="ping"), family.total(command="not_run"))

        eventually(lambda: counted() == (3, 1))
    families = metrics(server)
    assert families["parley_latency_seconds"].total() >= 4
    assert families["parley_fanout_seconds"].total() >= 1  # the greeting
    assert families["parley_errors_total"].value(code="bad_json") == 1


def test_bytes_and_calls_are_counted(start):
    server = start()
    before = metrics(server)
    with Chat(server.address) as chat:
        chat.ask_ok("join", room="r", create=True)
        chat.ask_ok("broadcast", room="r", message="x" * 10_000)

        def grown(name):
            return metrics(server)[name].value() - before[name].value()

        eventually(lambda: grown("parley_messages_total") == 1)
        assert grown("parley_received_bytes_total") > 10_000
        assert grown("parley_sent_bytes_total") > 10_000
        assert 10_000 < grown("parley_message_bytes_total") < 11_000
        assert grown("parley_socket_reads_total") >= 3
        assert grown("parley_socket_writes_total") >= 3
        assert metrics(server)["parley_output_high_water_bytes"].value() > 10_000


def test_handshakes_and_answers_are_counted_by_status(start):
    server = start()
    with Chat(server.address):
        with Connection(server.address) as refused:
            refused.send(head("/ws", Sec_WebSocket_Version="9").replace(b"_", b"-"))
            status = refused.read_response().status
        assert get(server.address, "/nothing").status == 404

        def counted():
            families = metrics(server)
            return (
                families["parley_handshakes_total"].value(status="101"),
                families["parley_handshakes_total"].value(status=str(status)),
                families["parley_http_responses_total"].value(status="404"),
            )

        eventually(lambda: counted() == (1, 1, 1))


def test_refused_origins_and_tokens_are_counted(start, tmp_path):
    key = tmp_path / "key"
    key.write_text("k" * 40)
    server = start("--auth-kind", "jwt", "--auth-key", str(key))
    for origin, status in (("https://evil.example", 403), (None, 401)):
        with Connection(server.address) as refused:
            refused.send(head("/ws", Origin=origin))
            assert refused.read_response().status == status

    def counted():
        family = metrics(server)["parley_auth_failures_total"]
        return {reason: family.value(reason=reason)
                for reason in family.label_values("reason")}

    eventually(lambda: counted() == {"origin_not_allowed": 1, "token_required": 1})


def test_recoveries_are_counted_by_outcome(start):
    server = start("--history-messages", "5")
    with Chat(server.address) as author, Chat(server.address) as reader:
        epoch = author.ask_ok("join", room="r", create=True)["epoch"]
        for number in range(9):
            author.post("r", str(number))
        for since in ({"epoch": epoch, "seq": 8}, {"epoch": epoch, "seq": 1},
                      {"epoch": "other", "seq": 1}):
            reader.ask_ok("join", room="r", since=since)
            reader.ask_ok("leave", room="r")

        def counted():
            family = metrics(server)["parley_recoveries_total"]
            return [family.value(outcome=outcome)
                    for outcome in ("complete", "gap", "epoch_changed")]

        eventually(lambda: counted() == [1, 1, 1])


def test_tls_handshakes_are_counted_by_result(start, tmp_path):
    make_certificate(tmp_path, "localhost", "DNS:localhost")
    server = start(
        "--tls-certificate", str(tmp_path / "localhost.pem"),
        "--tls-key", str(tmp_path / "localhost.key"),
        listen=("127.0.0.1:0", "127.0.0.1:0,tls"))
    context = ssl.create_default_context(cafile=tmp_path / "localhost.pem")
    with Chat(server.addresses[1], tls=context) as chat:
        chat.ask_ok("ping")
    with Connection(server.addresses[1]) as plain:
        plain.send(b"GET / HTTP/1.1\r\n\r\n")

        def counted():
            family = metrics(server)["parley_tls_handshakes_total"]
            return [family.value(result=result)
                    for result in ("full", "resumed", "failed")]

        eventually(lambda: counted() == [1, 0, 1])


def test_the_process_is_that_of_the_system(start):
    server = start()
    families = metrics(server)

    def value(name):
        return metrics(server)[f"process_{name}"].value()

    assert value("max_fds") > value("open_fds") > 5
    eventually(lambda: abs(value("open_fds") - server.descriptors()) <= 2)
    eventually(lambda: abs(value("resident_memory_bytes") - server.memory()) < 1 << 22)
    assert abs(value("cpu_seconds_total") - server.cpu_seconds()) < 1
    started = value("start_time_seconds")
    assert started == families["process_start_time_seconds"].value() > 1.7e9
    version = families["parley_build_info"].label_values("version")
    assert json.loads(get(server.address, "/version").body)["version"] in version


def test_syncs_of_the_store_are_timed(stored):
    with Chat(stored.address) as chat:
        chat.ask_ok("create", name="Tea", room="tea", persistent=True)
        chat.ask_ok("broadcast", room="tea", message="kept")

    def counted():
        families = metrics(stored)
        syncs = families["parley_store_syncs_total"].value()
        return (syncs == families["parley_store_sync_seconds"].total() > 0
                and families["parley_store_records_total"].value() >= 2
                and families["parley_store_segments_total"].value() == 1)

    eventually(counted)


# --- dashboards and alerts -------------------------------------------------------


SHARED = sorted((ROOT / "share").glob("[gp]r*/*"))


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_dashboards_and_alerts_name_metrics_that_exist(path):
    families = documented()
    names = set(re.findall(r"\b(?:parley|process)_\w+", path.read_text()))
    assert names
    for name in names:
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in families or families.get(family, ("",))[0] == "histogram", name


def test_the_dashboard_is_json_with_panels():
    dashboard = json.loads((ROOT / "share/grafana/parley.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in panels:
        assert panel["title"] and panel["description"] and panel["targets"], panel["id"]
    used = {name for target in panels for part in target["targets"]
            for name in re.findall(r"parley_\w+", part["expr"])}
    assert len(used) >= 20


@needs_promtool
def test_promtool_accepts_the_alerts():
    done = subprocess.run(
        [PROMTOOL, "check", "rules", str(ROOT / "share/prometheus/parley.rules.yml")],
        capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def prometheus(stored, tmp_path):
    """A Prometheus that reads the server and the rules; its address."""
    if not PROMETHEUS:
        pytest.skip("no prometheus: apt-get install prometheus")
    port, config = free_port(), tmp_path / "prometheus.yml"
    config.write_text(json.dumps({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(ROOT / "share/prometheus/parley.rules.yml")],
        "scrape_configs": [{
            "job_name": "parley",
            "static_configs": [{"targets": ["%s:%d" % stored.address[:2]]}],
        }],
    }))
    process = subprocess.Popen(
        [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
         f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(DEADLINE)


def ask_prometheus(address, path, **parameters):
    url = f"{address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
            return json.load(answer)["data"]
    except OSError:
        return None


def test_a_real_prometheus_reads_it(stored, prometheus):
    def value(query):
        data = ask_prometheus(prometheus, "query", query=query)
        return [result["value"][1] for result in data["result"]] if data else None

    with Chat(stored.address) as chat:
        chat.ask_ok("create", name="Tea", room="tea", persistent=True)
        eventually(lambda: value('up{job="parley"}') == ["1"])
        eventually(lambda: value("parley_connections") == ["1"])
    eventually(lambda: value("parley_connections") == ["0"])
    eventually(lambda: value('parley_command_seconds_count{command="room_create"}') == ["1"])
    groups = ask_prometheus(prometheus, "rules")["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        assert rule["health"] in ("ok", "unknown"), rule
        assert rule["state"] == "inactive", rule
