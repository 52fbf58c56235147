"""Other servers: how each is started, its protocol, and its name in tables.

The protocol of a peer is a target of parley-bench: `bare` sends a text that all clients
on the same path get as it is, `mqtt` publishes it to a topic with QoS 0. All of them
promise that an author's messages arrive in order, and none that a message survives a
crash; a lost message is an error.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from script import ROOT, no_limits

HERE = Path(__file__).resolve().parent / "compare"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NODE_MODULES = ROOT / "build/compare/node_modules"
UWEBSOCKETS = ROOT / "build/compare/uwebsockets"


def output_of(*command, env=None):
    """What a command prints; None if there is no such command, or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=10, env=env, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout + done.stderr).strip() if done.returncode == 0 else None


def written(name, port, directory):
    """A configuration, with what this run has chosen; returns its path."""
    path = os.path.join(directory, name)
    text = (HERE / name).read_text()
    text = text.replace("@PORT@", str(port)).replace("@DIR@", directory)
    Path(path).write_text(text)
    return path


class Peer(NamedTuple):
    name: str
    target: str
    version: Callable  # () → text, or None: it is not installed
    command: Callable  # (port, directory) → what to start
    environment: Optional[dict] = None


# --- ours, and the limit ------------------------------------------------------

def our_version():
    sent = output_of(str(ROOT / "build/parleyd"), "--version")
    return sent.split()[-1] if sent else None


def our_command(port, _):
    program = ROOT / "build/parleyd"
    return [str(program), "--listen", f"127.0.0.1:{port}", *no_limits(program)]


def limit_version():
    return "" if (ROOT / "build/limit_server").exists() else None


def limit_command(port, _):
    return [str(ROOT / "build/limit_server"), str(port)]


# --- nginx with nchan ---------------------------------------------------------

def debian_version(package):
    sent = output_of("dpkg-query", "-W", "-f", "${Version}", package)
    return re.sub(r"^\d+:|[+-].*$", "", sent) if sent else "?"


def nchan_version():
    if not (shutil.which("nginx") and NCHAN.exists()):
        return None
    return debian_version("libnginx-mod-nchan")


def nchan_command(port, directory):
    return ["nginx", "-p", directory, "-c",
            written("nginx.conf", port, directory)]


# --- mosquitto ----------------------------------------------------------------

def mosquitto_version():
    if not shutil.which("mosquitto"):
        return None
    return debian_version("mosquitto")


def mosquitto_command(port, directory):
    return ["mosquitto", "-c", written("mosquitto.conf", port, directory)]


# --- libraries, with a few lines of ours --------------------------------------

def python():
    return output_of(str(ROOT / "tools/python"), "--present") or "python3"


def websockets_version():
    return output_of(python(), "-c",
                   "import websockets.version as v; print(v.version)")


def websockets_command(port, _):
    return [python(), str(HERE / "websockets_fanout.py"), str(port)]


NODE = {**os.environ, "NODE_PATH": str(NODE_MODULES)}


def ws_version():
    return output_of("node", "-p", "require('ws/package.json').version",
                   env=NODE)


def ws_command(port, _):
    return ["node", str(HERE / "ws_fanout.js"), str(port)]


def uwebsockets_version():
    if not UWEBSOCKETS.exists():
        return None
    source = ROOT / "build/compare/uWebSockets/.git"
    sent = output_of("git", "--git-dir", str(source), "describe", "--tags")
    return sent.removeprefix("v") if sent else "?"


def uwebsockets_command(port, _):
    return [str(UWEBSOCKETS), str(port)]


PEERS = (
    Peer("parleyd", "parley", our_version, our_command),
    Peer("limit", "bare", limit_version, limit_command),
    Peer("uWebSockets", "bare", uwebsockets_version, uwebsockets_command),
    Peer("nchan", "bare", nchan_version, nchan_command),
    Peer("mosquitto", "mqtt", mosquitto_version, mosquitto_command),
    Peer("ws", "bare", ws_version, ws_command, NODE),
    Peer("websockets", "bare", websockets_version, websockets_command),
)
