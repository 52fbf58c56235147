"""The cost of authentication: CPU time and memory of a connection."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import itertools
import json
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import script
from turns import Load, take_turns

USERS = 64  # of the connections that come and go
ACCOUNTS = 8  # of those that log in: a password costs 0.1 s
CROWD, CROWD_USERS = 10_000, 5_000
SECRET = "0123456789abcdef0123456789abcdef"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data,
                          capture_output=True, check=True)
    return done.stdout


def hmac_sign(key, data):
    del key
    return hmac.new(SECRET.encode(), data, hashlib.sha256).digest()


def rsa_sign(key, data):
    return openssl("dgst", "-sha256", "-sign", key, data=data)


def integers(der):
    """The two integers of a DER sequence, each of 32 bytes."""
    at, out = 2, b""
    for _ in range(2):
        length = der[at + 1]
        out += der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + length
    return out


def ecdsa_sign(key, data):
    return integers(rsa_sign(key, data))


def ed25519_sign(key, data):
    message = key.with_suffix(".message")
    message.write_bytes(data)
    return openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", message)


# The algorithm of a token: how its key is made, and how it is signed.
KINDS = {
    "HS256": (None, hmac_sign),
    "RS256": (("RSA", "-pkeyopt", "rsa_keygen_bits:2048"), rsa_sign),
    "ES256": (("EC", "-pkeyopt", "ec_paramgen_curve:P-256"), ecdsa_sign),
    "EdDSA": (("ED25519",), ed25519_sign),
}


class Issuer:
    """Signs tokens; the server verifies them with `self.public`."""

    def __init__(self, kind, directory):
        self.kind = kind
        self.private = Path(directory) / f"{kind}.pem"
        self.public = Path(directory) / f"{kind}.pub"
        generate, self.sign = KINDS[kind]
        if generate is None:
            self.public.write_text(SECRET + "\n")
        else:
            openssl("genpkey", "-algorithm", *generate, "-out", self.private)
            openssl("pkey", "-in", self.private, "-pubout", "-out", self.public)

    def token(self, user):
        claims = {"sub": user, "exp": int(time.time()) + 3600}
        text = ".".join(encode(json.dumps(part).encode())
                        for part in ({"alg": self.kind}, claims))
        return f"{text}.{encode(self.sign(self.private, text.encode()))}"

    def write_headers(self, path, users):
        path.write_text("".join(
            f"Authorization: Bearer {self.token(f'user{number}')}\n"
            for number in range(users)))

    def environment(self):
        return {"PARLEY_AUTH_KIND": "jwt", "PARLEY_AUTH_KEY": str(self.public)}


def run_generator(site, server, case, *flags):
    return script.generate(
        site.generator, site.core, "--pid", server.process.pid, "--seconds",
        site.seconds, *flags, case, f"127.0.0.1:{server.port}",
        timeout=120 + 10 * site.seconds)


def connections_us(site, kinds):
    """By name: CPU time of the server for one connection that comes and goes.

    A kind is an environment, and what gives the headers of the connections once
    the server listens; None: they have none.
    """
    with contextlib.ExitStack() as stack:
        loads = {}
        for name, (environment, headers_of) in kinds.items():
            server = stack.enter_context(site.start(environment))
            flags = headers_of and ("--headers", headers_of(server))
            loads[name] = stack.enter_context(contextlib.closing(
                Load(site.generator, site.core, server, site.seconds,
                     *(flags or ()), "churn")))
        take_turns(loads.values())
        figures = {name: load.figures() for name, load in loads.items()}
    return {name: run["cpu_s"] / run["connections"] * 1e6
            for name, run in figures.items()}


def beyond_open(costs):
    """The additional cost of a connection over one without authentication."""
    return {"open_us": costs["open"], **{
        f"{name}_us": us - costs["open"]
        for name, us in costs.items() if name != "open"}}


def measure_tokens(site):
    """The cost of tokens, by algorithm."""
    kinds = {"open": ({}, None)}
    for kind in KINDS:
        issuer = Issuer(kind, site.directory)
        headers = Path(site.directory) / f"{kind}.headers"
        issuer.write_headers(headers, USERS)
        kinds[kind.lower()] = (issuer.environment(), lambda _, at=headers: at)
    return beyond_open(connections_us(site, kinds))


class Hook(http.server.BaseHTTPRequestHandler):
    """Admits all clients, each by a request of its own."""

    protocol_version = "HTTP/1.1"
    numbers = itertools.count()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"user": f"user{next(self.numbers)}"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class HookServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextlib.contextmanager
def hook_environment():
    with HookServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield {"PARLEY_AUTH_KIND": "hook", "PARLEY_AUTH_HOOK_URL":
                   f"http://127.0.0.1:{server.server_address[1]}/"}
        finally:
            server.shutdown()
            thread.join()


def add_account(program, path, name):
    subprocess.run([program, "user", "add", "--file", path, name],
                   input="correct horse\n" * 2, text=True, check=True,
                   capture_output=True)


def log_in(server, name):
    """A token."""
    body = json.dumps({"user": name, "password": "correct horse"}).encode()
    url = f"http://127.0.0.1:{server.port}/v1/login"
    with urllib.request.urlopen(url, body, timeout=20) as answer:
        return json.load(answer)["token"]


def measure_kinds(site):
    """The cost of authentication, by auth.kind."""
    users, proxied, sessions = (Path(site.directory) / name for name in
                                ("users", "proxy.headers", "sessions"))
    names = [f"user{number}" for number in range(ACCOUNTS)]
    for name in names:
        add_account(site.generator.with_name("parleyd"), users, name)
    proxied.write_text("".join(f"X-Forwarded-User: user{number}\n"
                               for number in range(USERS)))

    def log_all_in(server):
        sessions.write_text("".join(
            f"Authorization: Bearer {log_in(server, name)}\n"
            for name in names))
        return sessions

    with hook_environment() as hook:
        return beyond_open(connections_us(site, {
            "open": ({}, None),
            "proxy": ({"PARLEY_AUTH_KIND": "proxy",
                       "PARLEY_AUTH_TRUSTED_PROXIES": "127.0.0.0/8"},
                      lambda _: proxied),
            "session": ({"PARLEY_AUTH_KIND": "password",
                         "PARLEY_AUTH_USERS": str(users)}, log_all_in),
            "hook": (hook, None)}))


def measure_users(site):
    """Memory of connections, two of each user."""
    issuer = Issuer("HS256", site.directory)
    headers = Path(site.directory) / "headers"
    issuer.write_headers(headers, CROWD_USERS)
    with site.start(issuer.environment()) as server:
        return run_generator(site, server, "idle", "--members", CROWD,
                             "--headers", headers)
