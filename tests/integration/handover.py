"""The messages between an old and a new server (handover_channel.h), and programs
that take the place of the new one."""

import array
import os
import signal
import socket
import struct
import sys
from pathlib import Path

CHECKED, STATE, RECEIVED, STORES, READY, GO, TAKEN, AHEAD = range(1, 9)
HEAD = struct.Struct("=IIQQ")
MAGIC = 0x70617231
AT_ONCE = 250


class Channel:
    def __init__(self, fd):
        self.socket = socket.socket(fileno=fd)

    def send(self, step, data=b"", fds=()):
        self.socket.sendall(HEAD.pack(MAGIC, step, len(data), len(fds)))
        for at in range(0, len(fds), AT_ONCE):
            some = array.array("i", fds[at:at + AT_ONCE])
            self.socket.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, some)])
        self.socket.sendall(data)

    def receive(self):
        """A step, its bytes and its descriptors."""
        magic, step, size, count = HEAD.unpack(self._read(HEAD.size))
        assert magic == MAGIC
        fds = array.array("i")
        while len(fds) < count:
            _, ancillary, _, _ = self.socket.recvmsg(
                1, socket.CMSG_SPACE(AT_ONCE * fds.itemsize))
            for _, _, data in ancillary:
                fds.frombytes(data)
        return step, self._read(size), list(fds)

    def await_(self, step):
        """Receives this step; skips the messages before it."""
        while (got := self.receive())[0] == AHEAD != step:
            pass
        assert got[0] == step
        return got

    def _read(self, size):
        data = self.socket.recv(size, socket.MSG_WAITALL) if size else b""
        assert len(data) == size, "the other side has ended"
        return data


def old_server():
    """The channel to it, and its process."""
    fd, pid = os.environ["HANDOVER_FD"].split(":")
    return Channel(int(fd)), int(pid)


def end_after(step):
    """A new server that is killed when it has sent or received this step."""
    old, _ = old_server()
    for each in (CHECKED, AHEAD, STATE, RECEIVED, STORES, READY, GO):
        if each in (CHECKED, RECEIVED, READY):
            old.send(each)
        elif each != AHEAD or step == AHEAD:
            old.await_(each)
        if each == step:
            os.kill(os.getpid(), signal.SIGKILL)


def hang_after_checked():
    """A new server that reads nothing."""
    old, _ = old_server()
    old.send(CHECKED)
    signal.pause()


def kill_old_before(step, program):
    """Relays between both servers, and kills the old one before it can send this step.
    The new one is a child process."""
    old, pid = old_server()
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        os.dup2(theirs.fileno(), 3)
        os.closerange(4, 256)
        os.environ["HANDOVER_FD"] = f"3:{pid}"
        os.execv(program, [program, *sys.argv[1:]])
    theirs.close()
    new = Channel(os.dup(ours.fileno()))
    ours.close()
    for each in (CHECKED, STATE, RECEIVED, STORES, READY, GO):
        if each == step:
            os.kill(pid, signal.SIGKILL)
            break
        if each in (STATE, STORES, GO):
            new.send(*old.await_(each))
        else:
            old.send(*new.receive())
    new.socket.close()
    os.waitpid(child, 0)


def install(path, action):
    """Makes a program of a line of Python that uses this module."""
    fresh = path.with_suffix(".new")
    fresh.write_text(f"#!{sys.executable}\nimport sys\n"
                     f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
                     f"import handover\n{action}\n")
    fresh.chmod(0o755)
    fresh.rename(path)
