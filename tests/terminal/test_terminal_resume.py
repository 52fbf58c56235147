"""/send and /get over broken connections and restarts of the server."""

import os
import socket
import threading

import pytest

from server import AT_ONCE, DEADLINE, PARLEYD, Server, eventually
from terminal import url_of
from test_terminal_files import enter_room, saved

CONTENT = os.urandom(6_000_000)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "big.bin").write_bytes(CONTENT)
    (tmp_path / "out").mkdir()
    return tmp_path


class Line:
    """A TCP relay that is cut after so many bytes in one direction."""

    def __init__(self):
        self.server = None
        self.limits = []  # of the next connections: (upwards, downwards)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = url_of(self, "/ws")
        self.requests = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return self.listener.getsockname()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        head = client.recv(65536)
        self.requests.append(head.decode("latin-1"))
        limits = (None, None)
        if self.limits and not head.startswith(b"GET /ws"):
            limits = self.limits.pop(0)
        try:
            server = socket.create_connection(self.server.address)
        except OSError:
            client.close()
            return
        server.sendall(head)
        for source, target, limit in ((client, server, limits[0]), (server, client, limits[1])):
            threading.Thread(target=self._copy, args=(source, target, limit), daemon=True).start()

    @staticmethod
    def _copy(source, target, left):
        try:
            while left is None or left > 0:
                data = source.recv(65536 if left is None else min(left, 65536))
                if not data:
                    break
                target.sendall(data)
                left = None if left is None else left - len(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def asked(self, method):
        return [each for each in self.requests if each.startswith(method + " /v1/files")]


@pytest.fixture
def line():
    made = Line()
    yield made
    # Else a thread that waits on it may get a connection of the next one.
    made.listener.shutdown(socket.SHUT_RDWR)
    made.listener.close()


def test_an_upload_goes_on_after_broken_connections(terminal, line, files):
    with Server(PARLEYD, *AT_ONCE) as server:
        line.server = server
        ann = enter_room(terminal, line.url, "boats")
        line.limits = [(None, None), (1_000_000, None), (None, None), (2_000_000, None)]
        ann.enter(f"/send {files}/big.bin")
        ann.wait_for("big.bin (5.7 MiB): /v1/files/")
        offsets = [int(each.partition("Upload-Offset: ")[2].split()[0])
                   for each in line.asked("PATCH")]
        # Another one where more of a piece arrives after its end was asked for.
        assert len(offsets) >= 3 and offsets[0] == 0, offsets
        assert offsets == sorted(set(offsets)) and offsets[-1] < len(CONTENT), offsets
        ann.enter(f"/get big.bin {files}/out")
        saved(files / "out" / "big.bin", CONTENT)


def test_an_upload_goes_on_after_a_kill_of_the_server(terminal, line, files):
    store = files / "files"
    options = (*AT_ONCE, "--files-dir", str(store))
    first = Server(PARLEYD, *options)
    line.server = first
    ann = enter_room(terminal, line.url, "boats")
    line.limits = [(None, None), (1_000_000, None)]
    killed = threading.Event()

    def kill():
        eventually(lambda: any(each.stat().st_size for each in store.glob("*.part")))
        first.kill()
        killed.set()

    threading.Thread(target=kill).start()
    ann.enter(f"/send {files}/big.bin")
    assert killed.wait(DEADLINE)
    with Server(PARLEYD, *options) as second:
        line.server = second
        ann.wait_for("big.bin (5.7 MiB): /v1/files/")
        assert len(line.asked("POST")) == 1
        assert int(line.asked("PATCH")[-1].partition("Upload-Offset: ")[2].split()[0]) > 0
        ann.enter(f"/get big.bin {files}/out")
        saved(files / "out" / "big.bin", CONTENT)


def test_a_server_that_has_forgotten_an_upload_gets_it_anew(terminal, line, files):
    first = Server(PARLEYD, *AT_ONCE)
    line.server = first
    ann = enter_room(terminal, line.url, "boats")
    line.limits = [(None, None), (1_000_000, None)]
    ann.enter(f"/send {files}/big.bin")
    eventually(lambda: len(line.asked("HEAD")) >= 1 or len(line.asked("PATCH")) >= 1)
    first.kill()
    with Server(PARLEYD, *AT_ONCE) as second:
        line.server = second
        ann.wait_for("big.bin (5.7 MiB): /v1/files/")
        ann.enter(f"/get big.bin {files}/out")
        saved(files / "out" / "big.bin", CONTENT)


def test_a_download_goes_on_after_broken_connections(terminal, line, files):
    with Server(PARLEYD, *AT_ONCE) as server:
        line.server = server
        ann = enter_room(terminal, line.url, "boats")
        ann.enter(f"/send {files}/big.bin")
        ann.wait_for("big.bin (5.7 MiB): /v1/files/")
        line.limits = [(None, 1_000_000), (None, 2_000_000)]
        ann.enter(f"/get big.bin {files}/out")
        saved(files / "out" / "big.bin", CONTENT)
        ranges = [each.partition("Range: bytes=")[2].partition("-")[0]
                  for each in line.asked("GET")]
        assert ranges[0] == "" and 0 < int(ranges[1]) < int(ranges[2]), ranges
        assert os.listdir(files / "out") == ["big.bin"]


def broken_off(ann, line, out):
    """Ends a download in the middle; returns its partial file."""
    line.limits = [(None, 1_000_000)] + [(0, 0)] * 100
    ann.enter(f"/get big.bin {out}")
    eventually(lambda: len(line.asked("GET")) >= 2)
    ann.press("C-c")
    ann.wait_for("status 130")
    line.limits = []
    [name] = os.listdir(out)
    assert name.startswith(".parley-") and name.endswith(".part")
    assert 0 < (out / name).stat().st_size < len(CONTENT)
    assert CONTENT.startswith((out / name).read_bytes())
    return out / name


def shared(person, files):
    person.enter(f"/send {files}/big.bin")
    person.wait_for("big.bin (5.7 MiB): /v1/files/")
    return person


def test_a_download_that_was_given_up_goes_on_with_the_next(terminal, line, files):
    with Server(PARLEYD, *AT_ONCE) as server:
        line.server = server
        part = broken_off(shared(enter_room(terminal, line.url, "boats"), files), line,
                          files / "out")
        size = part.stat().st_size
        again = shared(enter_room(terminal, line.url, "boats"), files)
        again.enter(f"/get big.bin {files}/out")
        saved(files / "out" / "big.bin", CONTENT)
        assert f"Range: bytes={size}-" in line.asked("GET")[-1]
        assert os.listdir(files / "out") == ["big.bin"]


def test_what_is_damaged_gets_no_name(terminal, line, files):
    with Server(PARLEYD, *AT_ONCE) as server:
        line.server = server
        part = broken_off(shared(enter_room(terminal, line.url, "boats"), files), line,
                          files / "out")
        with open(part, "r+b") as file:
            file.write(b"xxxx")
        again = shared(enter_room(terminal, line.url, "boats"), files)
        again.enter(f"/get big.bin {files}/out")
        again.wait_for("What came is damaged")
        assert os.listdir(files / "out") == []
