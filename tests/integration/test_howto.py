"""The configurations of proxies in docs/howto.md, with other ports and files, in front
of a real server. Each runs if its proxy is installed."""

import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess

import pytest

from certificates import make_certificate
from client import Chat, Connection, Gone, plain_head
from server import DEADLINE, ROOT, eventually

HOWTO = (ROOT / "docs/howto.md").read_text()
PROGRAMS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name):
    path = shutil.which(name, path=PROGRAMS)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def snippets(title):
    """The parts of a section's configuration, one for each file."""
    section = re.search(rf"^## {title}\n(.*?)^## ", HOWTO, re.M | re.S)[1]
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, re.M)
    return ["\n".join(line[4:] for line in block.splitlines())
            for block in blocks if block.strip()]


def replaced(text, *pairs):
    for old, new in pairs:
        assert old in text, (old, text)
        text = text.replace(old, str(new))
    return text


@contextlib.contextmanager
def running(*command, **environment):
    process = subprocess.Popen(command, env={**os.environ, **environment},
                               stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)


def answers(address, tls):
    try:
        with Connection(address, tls) as connection:
            connection.send(plain_head("/readyz"))
            return connection.read_response().status == 200
    except (OSError, Gone):
        return False


def check(address, tls):
    """Two members talk through the proxy."""
    eventually(lambda: answers(address, tls))
    with Chat(address, tls=tls) as alice, Chat(address, tls=tls) as bob:
        alice.ask_ok("join", room="tea", create=True)
        bob.ask_ok("join", room="tea")
        alice.post("tea", "hello")
        bob.expect("broadcast", message="hello")


@pytest.fixture
def files(tmp_path):
    return make_certificate(tmp_path, "localhost", "DNS:localhost")


@pytest.fixture
def port():
    return free_port()


def test_nginx(start, tmp_path, files, port):
    nginx = program("nginx")
    options, site = snippets("nginx")[0].split("# in http { }")
    (tmp_path / "parley.conf").write_text(
        replaced(options, ("127.0.0.1:8080", "127.0.0.1:0")))
    server = start("--config", tmp_path / "parley.conf")
    temporary = "\n".join(f"{name}_temp_path {tmp_path}/{name};"
                          for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log stderr;\n"
        f"events {{ }} http {{ access_log off; {temporary}\n" + replaced(
            site,
            ("443 ssl", f"127.0.0.1:{port} ssl"),
            ("/etc/letsencrypt/live/chat.example.org/fullchain.pem", files[0]),
            ("/etc/letsencrypt/live/chat.example.org/privkey.pem", files[1]),
            ("127.0.0.1:8080", f"127.0.0.1:{server.address[1]}")) + "}")
    tls = ssl.create_default_context(cafile=files[0])
    with running(nginx, "-p", tmp_path, "-c", tmp_path / "nginx.conf"):
        check(("127.0.0.1", port), tls)
        with Connection(("127.0.0.1", port), tls) as connection:
            connection.send(plain_head("/v1/rooms"))
            assert connection.read_response().status == 404


def test_caddy(start, tmp_path, port):
    caddy = program("caddy")
    server = start("--auth-trusted-proxies", "127.0.0.1")
    (tmp_path / "Caddyfile").write_text(
        "{\n admin off\n auto_https disable_redirects\n local_certs\n"
        " skip_install_trust\n}\n" + replaced(
            snippets("Caddy")[0],
            ("chat.example.org", f"https://localhost:{port}"),
            ("127.0.0.1:8080", f"127.0.0.1:{server.address[1]}")))
    root = tmp_path / "caddy/pki/authorities/local/root.crt"
    with running(caddy, "run", "--config", tmp_path / "Caddyfile", "--adapter",
                 "caddyfile", XDG_DATA_HOME=str(tmp_path), HOME=str(tmp_path)):
        eventually(root.exists)
        check(("127.0.0.1", port), ssl.create_default_context(cafile=root))


def test_haproxy(start, tmp_path, files, port):
    haproxy = program("haproxy")
    options, config = snippets("HAProxy")[0].split("# haproxy.cfg")
    listen = re.search(r"^listen = (.*)$", options, re.M)[1].replace(" ", "")
    server = start("--auth-trusted-proxies", "127.0.0.1",
                   "--tls-certificate", files[0], "--tls-key", files[1],
                   listen=[replaced(listen, ("8443", 0))])
    (tmp_path / "haproxy.cfg").write_text(replaced(
        config, ("bind :443", f"bind 127.0.0.1:{port}"),
        ("127.0.0.1:8443", f"127.0.0.1:{server.address[1]}")) + "\n")
    with running(haproxy, "-db", "-f", tmp_path / "haproxy.cfg"):
        check(("127.0.0.1", port), ssl.create_default_context(cafile=files[0]))
