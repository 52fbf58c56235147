"""parleyd doctor: its findings about real files, certificates and connections."""

import json
import os
import re
import select
import socket
import subprocess
import threading

import pytest

from certificates import make_certificate, make_rsa_key
from redis_server import Redis
from server import AT_ONCE, DEADLINE, ENVIRONMENT, PARLEYD, Server


class Report:
    def __init__(self, *arguments, **environment):
        run = subprocess.run([PARLEYD, "doctor", "--json", *map(str, arguments)],
                             env={**ENVIRONMENT, **environment}, capture_output=True, text=True,
                             timeout=DEADLINE, check=False)
        self.status = run.returncode
        report = json.loads(run.stdout)
        self.findings = report["findings"]
        assert report["severity"] == ["ok", "warning", "error"][self.status]
        for finding in self.findings:
            assert set(finding) == {"check", "severity", "text", "remedy"}

    def of(self, check, severity=None):
        return [f["text"] for f in self.findings
                if f["check"] == check and severity in (None, f["severity"])]

    def remedies(self, check):
        return [f["remedy"] for f in self.findings if f["check"] == check and f["remedy"]]


def test_a_machine_without_configuration():
    report = Report("--listen", "127.0.0.1:0")
    assert report.of("options", "ok") and report.of("listen", "ok")
    assert report.of("store") == ["store.kind is memory: no message survives a restart"]
    assert [f for f in report.findings if f["severity"] == "error"] == []
    shown = subprocess.run([PARLEYD, "doctor", "--listen", "127.0.0.1:0"], env=ENVIRONMENT,
                           capture_output=True, text=True, check=False)
    assert shown.returncode == report.status
    assert shown.stdout.startswith("ok       options: all are valid\n")


def test_settings_of_redis_are_findings():
    with Redis("--requirepass", "secret", "--client-output-buffer-limit",
               "pubsub 0 0 0") as redis:
        where = ("--listen", "127.0.0.1:0", "--broker-url", redis.url)
        assert "NOAUTH" in Report(*where).of("broker", "error")[0]
        secret = (*where, "--broker-password", "secret")
        report = Report(*secret)
        assert "answers, version" in report.of("broker", "ok")[0]
        assert report.remedies("broker") == ["appendonly yes"]
        for setting in ("maxmemory 100mb", "maxmemory-policy allkeys-lru",
                        "appendonly yes",
                        "client-output-buffer-limit pubsub 32mb 8mb 60"):
            name, _, value = setting.partition(" ")
            redis.ask("CONFIG", "SET", name, value, password="secret")
        assert Report(*secret).remedies("broker") == [
            "maxmemory-policy noeviction",
            "client-output-buffer-limit pubsub 64mb 32mb 60"]
        redis.ask("REPLICAOF", "127.0.0.1", "1", password="secret")
        assert "is a replica" in Report(*secret).of("broker", "error")[0]
    assert Report(*where).of("broker", "error")


def test_wrong_options_are_a_finding(tmp_path):
    config = tmp_path / "parley.conf"
    config.write_text("limits.rooms = many\n")
    report = Report("--config", config)
    assert report.status == 2
    assert "parley.conf:1: limits.rooms" in report.of("options", "error")[0]
    assert len(report.findings) == 1


@pytest.mark.parametrize("arguments", [["--wait", "5"], ["--url", "ws://h", "--wait", "x"],
                                       ["--token", "t"], ["--url", "ws://h", "--token", "a b"]])
def test_wrong_usage(arguments):
    run = subprocess.run([PARLEYD, "doctor", *arguments], env=ENVIRONMENT, capture_output=True,
                         text=True, check=False)
    assert run.returncode == 64 and run.stderr.startswith("parleyd: doctor: --")


def test_a_store_is_measured_and_left_as_it_is(tmp_path):
    report = Report("--store-kind", "file", "--store-dir", tmp_path / "new/store")
    assert any(text.startswith("a sync takes ") for text in report.of("store"))
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    report = Report("--store-kind", "file", "--store-dir", tmp_path)
    assert "cannot be written" in report.of("store", "error")[0]


def test_a_store_that_is_no_directory(tmp_path):
    (tmp_path / "file").write_text("")
    report = Report("--store-kind", "file", "--store-dir", tmp_path / "file")
    assert "Not a directory" in report.of("store", "error")[0]


def test_files_that_options_name(tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef\n")
    key.chmod(0o644)
    report = Report("--admin-key-file", key, "--moderation-words", tmp_path / "none",
                    "--listen-file", tmp_path / "no/file")
    assert report.of("paths", "warning") == [
        f"admin.key_file {key}: others than its owner may open it"]
    assert f"chmod 600 {key}" in report.remedies("paths")
    missing, listen_file = report.of("paths", "error")
    assert missing == f"moderation.words {tmp_path}/none: No such file or directory"
    assert listen_file.startswith("listen_file ")
    key.chmod(0o600)
    assert Report("--admin-key-file", key).of("paths") == [f"admin.key_file {key}"]


def test_addresses():
    report = Report("--listen", "192.0.2.1:0,:0")
    assert report.of("listen", "error") == ["192.0.2.1:0: Cannot assign requested address"]
    assert "auth.kind is open" in report.of("listen", "warning")[0]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host, port = taken.getsockname()
        assert "is in use" in Report("--listen", f"{host}:{port}").of("listen", "ok")[0]


# --- certificates -----------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder, "localhost", "DNS:localhost", "DNS:chat.example")
    make_certificate(folder, "other", "DNS:other")
    make_rsa_key(folder / "rsa.key")
    return folder


def of_certificate(folder, name, key):
    return Report("--listen", "127.0.0.1:0,tls", "--tls-certificate", folder / f"{name}.pem",
                  "--tls-key", folder / f"{key}.key")


def test_a_certificate(folder):
    report = of_certificate(folder, "localhost", "localhost")
    texts = report.of("certificates")
    assert f"{folder}/localhost.pem is for localhost, chat.example" in texts
    assert any("expires in 1 days" in text or "expires in 2 days" in text for text in texts)
    assert any("browsers will refuse it: self-signed" in text for text in texts)
    assert report.of("certificates", "error") == []


@pytest.mark.parametrize("key", ["other", "rsa"])
def test_a_key_of_another_certificate(folder, key):
    report = of_certificate(folder, "localhost", key)
    assert f"{key}.key is not the key of" in report.of("certificates", "error")[0]


def test_a_file_that_is_no_certificate(folder):
    (folder / "text.pem").write_text("hello\n")
    report = of_certificate(folder, "text", "other")
    assert "text.pem: no start line" in report.of("certificates", "error")[0]


def test_a_certificate_that_has_expired(folder):
    expired = folder / "expired.pem"
    subprocess.run(["openssl", "x509", "-in", folder / "other.pem", "-signkey",
                    folder / "other.key", "-clrext", "-days", "-1", "-out", expired], check=True,
                   capture_output=True)
    report = of_certificate(folder, "expired", "other")
    assert f"{expired} has expired" in report.of("certificates", "error")
    assert "has no subjectAltName" in report.of("certificates", "warning")[-1]


# --- a running server -------------------------------------------------------------


class Proxy:
    """Forwards one connection, and drops it after two seconds without a byte."""

    IDLE_S = 2

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.forward, daemon=True)
        self.thread.start()

    def forward(self):
        with self.listener.accept()[0] as client, socket.create_connection(self.target) as server:
            other = {client: server, server: client}
            while ready := select.select(list(other), [], [], self.IDLE_S)[0]:
                data = ready[0].recv(65536)
                if not data:
                    return
                other[ready[0]].sendall(data)

    def close(self):
        self.listener.close()
        self.thread.join(DEADLINE)


def test_a_connection_that_stays(start):
    server = start("--limits-ping-interval", "1s")
    report = Report("--url", f"ws://127.0.0.1:{server.address[1]}", "--wait", "4")
    connected, still = report.of("url", "ok")
    assert connected.startswith("connected, answers within ")
    assert still.startswith("still open after 4 s (pings of the server: ")
    assert not still.endswith("server: 0)")


def test_the_idle_timeout_of_a_proxy(start):
    proxy = Proxy(start().address)
    report = Report("--url", f"ws://127.0.0.1:{proxy.port}/ws", "--wait", "10")
    proxy.close()
    cut = re.match(r"cut off without a close frame after (\d+) s, (\d+) s of them without",
                   report.of("url", "error")[0])
    assert 1 <= int(cut[2]) <= int(cut[1]) < 10
    assert f"the idle time-out of a proxy is {cut[2]} s" in report.remedies("url")[0]


def test_dialects_without_a_greeting(start):
    server = start()
    report = Report("--url", f"ws://127.0.0.1:{server.address[1]}/ws/topic", "--wait", "0")
    assert len(report.of("url", "ok")) == 2


def test_refused_handshakes(start, tmp_path):
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    server = start("--auth-kind", "jwt", "--auth-key", str(key))
    base = f"ws://127.0.0.1:{server.address[1]}"
    report = Report("--url", f"{base}/nothing")
    assert report.of("url", "error") == ["the handshake is answered with 404 instead of 101"]
    report = Report("--url", f"{base}/ws", "--token", "wrong")
    assert report.of("url", "error") == ["the handshake is answered with 401 instead of 101"]
    assert "--token" in report.remedies("url")[0]


def test_no_server():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "Connection refused" in Report("--url", f"ws://127.0.0.1:{port}").of("url", "error")[0]
    assert "is no URL" in Report("--url", "ftp://x").of("url", "error")[0]


def test_a_server_under_tls(folder):
    options = ("--tls-certificate", str(folder / "localhost.pem"),
               "--tls-key", str(folder / "localhost.key"))
    with Server(PARLEYD, *AT_ONCE, *options, listen=("127.0.0.1:0,tls",)) as server:
        url = f"wss://localhost:{server.address[1]}"
        report = Report("--url", url, "--wait", "0")
        assert "self-signed" in report.of("url", "error")[0]
        report = Report("--url", url, "--wait", "0", "--ca", folder / "localhost.pem")
        assert report.of("url", "ok")[0].startswith("connected under TLS")
        report = Report("--url", url.replace("localhost", "127.0.0.1"), "--wait", "0",
                        "--ca", folder / "localhost.pem")
        assert "IP address mismatch" in report.of("url", "error")[0]
        report = Report("--url", url, "--wait", "0", "--ca", "/nowhere")
        assert report.of("url", "error") == ["--ca /nowhere: No such file or directory"]


def test_a_hook_that_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        url = f"http://127.0.0.1:{port}/admit"
        report = Report("--auth-kind", "hook", "--auth-hook-url", url)
        assert report.of("auth_hook", "ok") == [f"{url} accepts connections"]
    report = Report("--auth-kind", "hook", "--auth-hook-url", url)
    assert "no address accepts connections" in report.of("auth_hook", "error")[0]


def test_receivers_of_hooks_that_are_not_there():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        report = Report("--hooks-secret", "s" * 16, "--hooks-url", url,
                        "--hooks-before-join", "http://127.0.0.1:1/",
                        "--hooks-failure", "allow")
        assert report.of("hooks", "ok") == [f"{url} accepts connections"]
    assert "hooks.before_join http://127.0.0.1:1/" in report.of("hooks", "error")[0]
    assert "decides: allow" in report.remedies("hooks")[0]
