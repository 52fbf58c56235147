"""A receiver of hooks: an HTTP server that answers as a test wants."""

import contextlib
import hashlib
import hmac
import http.server
import json
import re
import ssl
import threading
import time

from server import DEADLINE, eventually

SECRET = "0123456789abcdef-hooks"
URLS = ("url", "before_connect", "before_join", "before_publish")


def is_signed(signature, body, secret=SECRET):
    """Whether a signature is valid and recent."""
    t, v1 = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", signature).groups()
    mac = hmac.new(secret.encode(), t.encode() + b"." + body, hashlib.sha256)
    return mac.hexdigest() == v1 and abs(time.time() - int(t)) < 60


class Receiver:
    """`answer(asked)` gives (status, body, headers), or None: the connection is
    closed without an answer. What it was asked with a status of 2xx is in
    `taken`, all else, too, in `asked`. With `hangs_up` it closes connections
    behind an answer, unannounced."""

    def __init__(self, port=0, certificate=None):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                receiver.connections += 1

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.handle(self, body)
                self.close_connection |= receiver.hangs_up

            def log_message(self, *_):
                pass

        self.asked = []
        self.taken = []
        self.unsigned = self.connections = 0
        self.hangs_up = False
        self.most_at_once = self._at_once = 0
        self._lock = threading.Lock()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.answer = lambda asked: (204, b"", {})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.url = f"https://localhost:{self.port}/hooks"
        threading.Thread(target=self.server.serve_forever, args=(0.01,),
                         daemon=True).start()

    def handle(self, handler, body):
        asked = json.loads(body)
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.asked.append(asked)
            if not is_signed(handler.headers["Parley-Signature"], body):
                self.unsigned += 1
        self.may_answer.wait()
        answer = self.answer(asked)
        with self._lock:
            self._at_once -= 1
            if answer and 200 <= answer[0] <= 299:
                self.taken.append(asked)
        if answer is None:
            handler.close_connection = True
            return
        if isinstance(answer, bytes):
            handler.close_connection = True
            with contextlib.suppress(OSError):
                handler.wfile.write(answer)
            return
        status, text, headers = answer
        if not isinstance(text, bytes):
            text = json.dumps(text).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        with contextlib.suppress(OSError):
            handler.wfile.write(text)

    def events(self, *kinds):
        """The events that it has accepted; of these kinds, if any are named."""
        return [event for batch in list(self.taken) for event in batch["events"]
                if not kinds or event["event"] in kinds]

    def wait_for(self, count, *kinds, within=DEADLINE):
        eventually(lambda: len(self.events(*kinds)) >= count, within)
        return self.events(*kinds)

    def options(self, *hooks):
        """The options of a server that uses it for these questions, or for
        `hooks.url`."""
        names = [name for hook in hooks or ("url",)
                 for name in (f"--hooks-{hook.replace('_', '-')}", self.url)]
        return ("--hooks-secret", SECRET, "--hooks-timeout", "1m",
                "--hooks-before-timeout", "1m", *names)

    def stop(self):
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()
