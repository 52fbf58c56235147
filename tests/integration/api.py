"""Clients of the HTTP API: a backend, and readers of streams."""

import http.client
import json
import socket

from server import DEADLINE

KEY = "0123456789abcdef-api"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


def connect(address, timeout=DEADLINE):
    if isinstance(address, str):
        return UnixConnection(address)
    return http.client.HTTPConnection(*address[:2], timeout=timeout)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.raw = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        self.body = json.loads(self.raw) if is_json else None

    def __repr__(self):
        return f"<{self.status} {self.raw!r}>"

    def __getitem__(self, name):
        return self.body[name]


class Backend:
    """Requests on one connection, with the key."""

    def __init__(self, address, key=KEY):
        self.connection = connect(address)
        self.key = key

    def ask(self, method, target, body=None, **headers):
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        self.connection.request(method, target, body, headers)
        return Answer(self.connection.getresponse())

    def get(self, target, **headers):
        return self.ask("GET", target, **headers)

    def post(self, target, body, **headers):
        return self.ask("POST", target, body, **headers)

    def publish(self, room, message, **fields):
        answer = self.post(f"/v1/rooms/{room}/messages", {"message": message, **fields})
        assert answer.status in (200, 201), answer
        return answer

    def close(self):
        self.connection.close()


class Stream:
    """Server-sent events, as a browser reads them."""

    def __init__(self, address, room, last=None, query="", key=KEY, timeout=DEADLINE):
        self.connection = connect(address, timeout)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if last:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", f"/v1/rooms/{room}/events{query}", None, headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.last = last

    def event(self):
        """The next event: its type, and its data. Comments are passed over;
        None at the end."""
        kind, data = "message", []
        while True:
            line = self.response.readline()
            if not line:
                return None
            line = line.rstrip(b"\n").decode()
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                self.last = value
            elif not line and data:
                return kind, json.loads("\n".join(data))

    def message(self):
        kind, data = self.event()
        assert kind == "message", (kind, data)
        return data

    def close(self):
        self.response.close()
        self.connection.close()
