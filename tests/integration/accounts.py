"""Users of a server with accounts, and their tokens."""

import subprocess

from client import Chat
from server import DEADLINE, ENVIRONMENT, PARLEYD

SECRET = "0123456789abcdef0123456789abcdef"


class Further(Chat):
    """A connection of a user that is connected already: not announced."""

    announced = False


class Accounts:
    """`options` are those of a server that admits these users."""

    def __init__(self, key):
        key.write_text(SECRET + "\n")
        self.key = str(key)
        self.options = ("--auth-kind", "jwt", "--auth-key", self.key)

    def token(self, sub, *options):
        done = subprocess.run(
            [PARLEYD, "token", "--key", self.key, "--sub", sub, *options],
            capture_output=True, text=True, timeout=DEADLINE, env=ENVIRONMENT)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def connect(self, server, sub, *options, kind=Chat, target="/ws"):
        return kind(server.address, target,
                    Authorization=f"Bearer {self.token(sub, *options)}")
