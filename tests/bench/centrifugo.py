"""Centrifugo beside our nodes, over the same redis-server, if it is installed:

    go install github.com/centrifugal/centrifugo/v6@latest

Clients have all rights, a channel has a history as a room of parley has one, and queues
are long enough for the load.
"""

import os
import shutil
from pathlib import Path

from servers import OtherServer

SETTINGS = {
    "CENTRIFUGO_CLIENT_INSECURE": "true",
    "CENTRIFUGO_CLIENT_QUEUE_MAX_SIZE": str(32 << 20),
    "CENTRIFUGO_ENGINE_TYPE": "redis",
    "CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_HISTORY_SIZE": "1000",
    "CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_HISTORY_TTL": "300s",
    "CENTRIFUGO_HTTP_SERVER_ADDRESS": "127.0.0.1",
    "CENTRIFUGO_LOG_LEVEL": "error",
}


def program():
    """Its path; None: it is not installed."""
    own = Path(os.environ.get("GOBIN", Path.home() / "go/bin")) / "centrifugo"
    return shutil.which("centrifugo") or (str(own) if own.exists() else None)


def node(port, redis_url, core, log):
    return OtherServer([program()], core, log, port, {
        **os.environ, **SETTINGS, "CENTRIFUGO_HTTP_SERVER_PORT": str(port),
        "CENTRIFUGO_ENGINE_REDIS_ADDRESS": redis_url})
