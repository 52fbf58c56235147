"""The cost of TLS: handshakes, encrypted messages, memory of a connection."""

import ssl
import time
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket

from clients import Client, cpu_seconds, frame, resident
from identity import openssl

IDLE = 1000
MEMBERS = 50
MESSAGES_AT_ONCE = 20  # of the author, in flight
BODY = "." * 128
MESSAGE = b'"event":"broadcast"'


def make_certificate(directory):
    certificate, key = directory / "bench.pem", directory / "bench.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", certificate)
    return certificate, key


class Secure:
    """Connects under TLS, over a Unix socket; without a context plainly."""

    def __init__(self, path, context):
        self.path = str(path)
        self.context = context

    def connect(self, session=None):
        plain = socket(AF_UNIX, SOCK_STREAM)
        plain.settimeout(20)
        plain.connect(self.path)
        if self.context is None:
            return plain
        return self.context.wrap_socket(plain, server_hostname="localhost",
                                        session=session)

    def client(self):
        client = Client(self.connect())
        client.upgrade()
        return client


def handshakes_per_cpu_s(seconds, pid, secure, resumes):
    """TLS 1.3 sends its tickets behind the handshake: the clients read an
    answer first."""
    session, count = None, 0
    begun = cpu_seconds(pid)
    while cpu_seconds(pid) - begun < seconds:
        connected = secure.connect(session if resumes else None)
        connected.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
                          b"Connection: close\r\n\r\n")
        while connected.recv(4096):
            continue
        if session is None:
            session = connected.session
        elif resumes and not connected.session_reused:
            raise RuntimeError("the session was not resumed")
        connected.close()
        count += 1
    return count / (cpu_seconds(pid) - begun)


def room_of(secure):
    """Its members, and messages to be sent at once."""
    members = [secure.client() for _ in range(MEMBERS)]
    for member in members:
        member.ask(b'"event":"joined"',
                   {"command": "join", "room": "den", "create": True})
    return members, MESSAGES_AT_ONCE * frame(
        {"command": "broadcast", "room": "den", "message": BODY})


def deliveries_per_cpu_s(seconds, pid, members, messages):
    begun, count = cpu_seconds(pid), 0
    while cpu_seconds(pid) - begun < seconds:
        members[0].socket.sendall(messages)
        for member in members:
            member.await_(MESSAGE, MESSAGES_AT_ONCE)
        count += MEMBERS * MESSAGES_AT_ONCE
    spent = cpu_seconds(pid) - begun
    for member in members:
        member.close()
    return count / spent


def kib_per_connection(pid, secure):
    before = resident(pid)
    members = [secure.client() for _ in range(IDLE)]
    # What a handshake took is given back when the connection is idle.
    time.sleep(1)
    grown = resident(pid) - before
    for member in members:
        member.close()
    return grown / IDLE / 1024


def measure_tls(site):
    directory = Path(site.directory)
    certificate, key = make_certificate(directory)
    context = ssl.create_default_context(cafile=certificate)
    secure = Secure(directory / "secure", context)
    plain = Secure(directory / "plain", None)
    with site.start({"PARLEY_TLS_CERTIFICATE": str(certificate),
                     "PARLEY_TLS_KEY": str(key)},
                    [secure.path, plain.path]) as server:
        pid = server.process.pid
        seconds = site.seconds / 4
        kib = kib_per_connection(pid, secure)
        under_tls = deliveries_per_cpu_s(seconds, pid, *room_of(secure))
        plainly = deliveries_per_cpu_s(seconds, pid, *room_of(plain))
        return {
            "kib_per_connection": kib,
            "handshakes_per_cpu_s":
                handshakes_per_cpu_s(seconds, pid, secure, False),
            "resumed_per_cpu_s":
                handshakes_per_cpu_s(seconds, pid, secure, True),
            "tls_deliveries_per_cpu_s": under_tls,
            "kept_speed": under_tls / plainly,
        }
