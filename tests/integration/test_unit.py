"""The systemd unit: its restrictions, and that the server works with them."""

import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from client import Chat
from confined import read_unit
from server import AT_ONCE, PARLEYD, ROOT, Server

UNIT = ROOT / "cmd/parleyd/parleyd.service.in"
CONFINED = Path(__file__).with_name("confined.py")

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"),
                                reason="systemd-analyze is not installed")


def test_the_unit_exposes_little(tmp_path):
    unit = tmp_path / "parleyd.service"
    unit.write_text(UNIT.read_text().replace("@PREFIX@", "/usr"))
    out = subprocess.run(["systemd-analyze", "security", "--offline=true", str(unit)],
                         capture_output=True, text=True, check=False).stdout
    level = re.search(r"Overall exposure level for parleyd.service: ([0-9.]+)", out)
    assert level, out
    assert float(level[1]) <= 1.5, out


def test_systemd_finds_no_fault_with_the_units(tmp_path):
    for name in "parleyd.service", "parleyd.socket":
        text = UNIT.with_name(f"{name}.in").read_text()
        text = text.replace("@PREFIX@/bin/parleyd", PARLEYD).replace("@PREFIX@", "/usr")
        (tmp_path / name).write_text(text)
        run = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
                             capture_output=True, text=True, check=False)
        complaints = [line for line in run.stderr.splitlines() if str(tmp_path) in line]
        assert run.returncode == 0 and complaints == [], run.stderr


@pytest.fixture
def writable():
    with tempfile.TemporaryDirectory() as directory:
        yield directory


def run_confined(directory):
    program = Path(directory) / "confined"
    program.write_text(f"#!/bin/sh\nexec {CONFINED} {UNIT} {directory} {PARLEYD} \"$@\"\n")
    program.chmod(0o755)
    # The leak checker would trace the process, which the unit forbids.
    quiet = {"ASAN_OPTIONS": "detect_leaks=0:halt_on_error=1:exitcode=99"}
    return Server(str(program), *AT_ONCE, "--store-kind", "file", "--store-dir",
                  f"{directory}/store", environment=quiet)


def test_it_chats_with_what_the_unit_allows(writable):
    with run_confined(writable) as server:
        server.wait_for_line("confined: SystemCallFilter")
        for _ in range(2):
            with Chat(server.address) as member:
                member.ask_ok("join", room="den", create=True, persistent=True)
                member.post("den", "hello")
                server.signal(signal.SIGHUP)
                server.wait_for_line("reloaded")
    with run_confined(writable) as server, Chat(server.address) as member:
        joined = member.ask_ok("join", room="den", history=9)
        assert [m["message"] for m in joined["messages"]] == ["hello", "hello"]


def test_the_confinement_is_real(writable):
    """What the unit forbids fails: a privileged call, a socket of another
    family, memory that is writable and executable."""
    script = (
        "import mmap, os, socket\n"
        "def fails(call, *args):\n"
        "    try: call(*args)\n"
        "    except OSError: return\n"
        "    raise SystemExit(str(call))\n"
        "fails(os.setpriority, os.PRIO_PROCESS, 0, 1)\n"
        "fails(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)\n"
        "fails(lambda: mmap.mmap(-1, 4096, prot=7))\n"
        "socket.socket()\n")
    subprocess.run([CONFINED, UNIT, writable, shutil.which("python3", path="/usr/bin"),
                    "-c", script], check=True)


def test_each_directive_is_applied_or_known_to_need_systemd():
    applied = {"CapabilityBoundingSet", "LimitNOFILE", "MemoryDenyWriteExecute",
               "NoNewPrivileges", "ProtectSystem", "RestrictAddressFamilies",
               "SystemCallErrorNumber", "SystemCallFilter", "UMask"}
    needs_systemd = {
        "DynamicUser", "Environment", "NotifyAccess", "TimeoutStartSec", "Type",
        "WatchdogSec", "EnvironmentFile", "ExecReload", "ExecStart",
        "LockPersonality", "PrivateDevices", "PrivateMounts", "PrivateTmp",
        "PrivateUsers", "ProcSubset", "ProtectClock", "ProtectControlGroups",
        "ProtectHome", "ProtectHostname", "ProtectKernelLogs",
        "ProtectKernelModules", "ProtectKernelTunables", "ProtectProc", "RemoveIPC",
        "Restart", "RestartPreventExitStatus", "RestrictNamespaces",
        "RestrictRealtime", "RestrictSUIDSGID", "RuntimeDirectory",
        "StateDirectory", "StateDirectoryMode", "SystemCallArchitectures",
        "TimeoutStopSec"}
    assert set(read_unit(UNIT)) == applied | needs_systemd
