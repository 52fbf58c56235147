"""Network namespaces with a link to this one, which can be cut."""

import os
import subprocess


def _ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Namespace:
    """Needs root. While the link is cut, packets of both sides are dropped."""

    def __init__(self):
        self.name = f"parley-{os.getpid()}"
        self.link = f"pa{os.getpid()}"
        near = 4 * (os.getpid() % (1 << 14)) + 1
        self.near, self.far = (f"10.231.{each >> 8}.{each & 255}"
                               for each in (near, near + 1))
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", self.link, "type", "veth",
                "peer", "name", "eth0", "netns", self.name)
            _ip("address", "add", f"{self.near}/30", "dev", self.link)
            _ip("link", "set", self.link, "up")
            _ip("-n", self.name, "address", "add", f"{self.far}/30", "dev", "eth0")
            _ip("-n", self.name, "link", "set", "eth0", "up")
        except OSError:
            self.end()
            raise

    def within(self, program):
        """The arguments that run a program there, with the same process id."""
        return ["ip", "netns", "exec", self.name, program]

    def cut(self):
        _ip("link", "set", self.link, "down")

    def restore(self):
        _ip("link", "set", self.link, "up")

    def end(self):
        subprocess.run(["ip", "link", "del", self.link], stderr=subprocess.DEVNULL)
        _ip("netns", "del", self.name)


def why_none():
    """The reason why no namespace can be created; None: it can."""
    try:
        Namespace().end()
    except OSError as error:
        return str(error)
    return None
