"""A TCP relay between browser and server that can fail on request."""

import contextlib
import socket
import threading


class Relay:
    """Listens on its own port and forwards both ways."""

    def __init__(self, target):
        self._target = target
        self._whole = True
        self._silent = False
        self._left = None
        self._pairs = []
        self._server_sides = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Closes all connections, and each new one at once."""
        with self._lock:
            self._whole = False
            pairs, self._pairs = self._pairs, []
        for one in pairs:
            _end(one)

    def cut_after(self, count):
        """Cuts all connections when the browser has sent so many bytes more."""
        self._left = count

    @property
    def is_cut(self):
        return not self._whole

    def close_browser_side(self):
        """Closes the browser's side only: the server keeps its sockets."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
            self._server_sides += pairs[1::2]
        for client in pairs[::2]:
            _end(client)

    def close_server_side(self):
        """Closes the server's side, too."""
        for server in self._server_sides:
            _end(server)
        self._server_sides = []

    def drop_output(self):
        """Drops everything the server sends from now on."""
        self._silent = True

    def restore(self):
        with self._lock:
            self._whole = True
            self._silent = False

    def close(self):
        # Else a thread that waits on it may get a connection of the next one.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self.close_server_side()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._connect(client)

    def _connect(self, client):
        with self._lock:
            if not self._whole:
                _end(client)
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                _end(client)
                return
            self._pairs += [client, server]
        for args in (client, server, False), (server, client, True):
            threading.Thread(target=self._pass, args=args, daemon=True).start()

    def _pass(self, source, sink, is_answer):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not (is_answer and self._silent):
                    sink.sendall(data)
                if not is_answer and self._left is not None:
                    self._left -= len(data)
                    if self._left < 0:
                        self._left = None
                        self.cut()
            if sink not in self._server_sides:
                sink.shutdown(socket.SHUT_WR)


def _end(one):
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
