"""wss://: a proxy with TLS in front of the server, with a certificate of its own."""

import socket
import ssl
import subprocess
import threading

import pytest

from server import DEADLINE
from test_pipes import UNAVAILABLE, USAGE, run


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Self-signed, for 127.0.0.1 only."""
    path = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=parley test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", path / "key.pem", "-out", path / "cert.pem"],
        check=True, capture_output=True, timeout=DEADLINE,
    )
    return path


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(listener, context, address):
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            return
        try:
            peer = context.wrap_socket(raw, server_side=True)
        except (ssl.SSLError, OSError):
            raw.close()
            continue
        behind = socket.create_connection(address)
        for pair in (peer, behind), (behind, peer):
            threading.Thread(target=copy, args=pair, daemon=True).start()


@pytest.fixture(scope="module")
def port(parleyd, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(
        target=serve, args=(listener, context, parleyd.address), daemon=True
    ).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def send(host, port, *options):
    return run("send", f"wss://{host}:{port}/ws", "--room", "tea", *options,
               text="hi\n" * 100)


def test_a_trusted_certificate_is_accepted(port, certificate):
    done = send("127.0.0.1", port, "--ca", str(certificate / "cert.pem"))
    assert done.returncode == 0, done.stderr


def test_an_untrusted_certificate_is_refused(port):
    done = send("127.0.0.1", port)
    assert done.returncode == UNAVAILABLE
    assert "TLS: self-signed certificate" in done.stderr


def test_a_certificate_of_another_host_is_refused(port, certificate):
    done = send("localhost", port, "--ca", str(certificate / "cert.pem"))
    assert done.returncode == UNAVAILABLE
    assert "TLS: hostname mismatch" in done.stderr.lower().replace("tls", "TLS")


def test_verification_can_be_switched_off(port):
    assert send("localhost", port, "--insecure").returncode == 0


def test_a_server_without_tls_is_refused(parleyd):
    done = send("127.0.0.1", parleyd.address[1], "--insecure")
    assert done.returncode == UNAVAILABLE
    assert "TLS" in done.stderr


def test_a_file_without_certificates_is_reported(port):
    done = send("127.0.0.1", port, "--ca", "/nonexistent")
    assert done.returncode == USAGE
    assert "/nonexistent" in done.stderr
