"""Users of auth.kind = password, and their log-ins."""

import json
import subprocess
from http.cookies import SimpleCookie

from client import Connection, plain_head
from server import DEADLINE, ENVIRONMENT, PARLEYD

PASSWORD = "correct horse"


def user(*arguments, passwords=()):
    """Runs `parleyd user`; returns what it did."""
    return subprocess.run(
        [PARLEYD, "user", *map(str, arguments)], capture_output=True, text=True,
        input="".join(f"{one}\n" for one in passwords),
        timeout=DEADLINE, env=ENVIRONMENT)


def add_user(path, name, *options, password=PASSWORD):
    done = user("add", "--file", path, *options, name,
                passwords=[password, password])
    assert done.returncode == 0, done.stderr


def post(address, target, body="", tls=None, **headers):
    """Sends one POST on a connection of its own."""
    if not isinstance(body, str):
        body = json.dumps(body)
    with Connection(address, tls) as connection:
        connection.send(plain_head(
            target, "POST", Content_Length=str(len(body.encode())), **headers)
            + body.encode())
        return connection.read_response()


def try_login(address, name, password=PASSWORD, **how):
    return post(address, "/v1/login", {"user": name, "password": password}, **how)


def log_in(address, name, password=PASSWORD, **how):
    """The answer's body and the cookie."""
    got = try_login(address, name, password, **how)
    assert got.status == 200, got
    cookie = SimpleCookie(got.headers["set-cookie"])["parley_session"]
    answer = json.loads(got.body)
    assert cookie.value == answer["token"]
    return answer, cookie
