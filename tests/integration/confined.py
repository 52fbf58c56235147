#!/usr/bin/env python3
"""Runs a program under what a systemd unit allows, as far as that is possible
without systemd: confined.py UNIT WRITABLE PROGRAM [ARGUMENT...]

Prints a line for each directive that it has applied. WRITABLE is what the
program may write to below a read-only root.
"""
import ctypes
import os
import resource
import subprocess
import sys

PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PROT_WRITE, PROT_EXEC = 2, 4
SCMP_ALLOW = 0x7FFF0000
SCMP_MASKED_EQ = 7
EPERM = 1

libc = ctypes.CDLL(None, use_errno=True)


class Compare(ctypes.Structure):
    """struct scmp_arg_cmp of libseccomp."""

    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def read_unit(path):
    """Directives of [Service]; those that occur twice are joined."""
    directives, section = {}, None
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and line[0] != "#":
            name, value = line.split("=", 1)
            directives.setdefault(name, []).extend(value.split())
    return directives


def call(function, *args):
    if function(*args) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def system_calls(words):
    """Names in an allow list such as @system-service ~@resources @mount."""
    def expand(word):
        if not word.startswith("@"):
            return {word}
        listed = subprocess.run(["systemd-analyze", "syscall-filter", word], check=True,
                                capture_output=True, text=True).stdout.split("\n")
        names = [line.strip() for line in listed if line.startswith("    ")]
        return set().union(*(expand(name) for name in names if name[0] != "#"))

    allowed, remove = set(), False
    for word in words:
        remove = remove or word.startswith("~")
        names = expand(word.lstrip("~"))
        allowed = allowed - names if remove else allowed | names
    return allowed


def filter_system_calls(unit):
    """Allows what SystemCallFilter does, and denies what the others forbid."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    seccomp.seccomp_init.argtypes = [ctypes.c_uint32]
    seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
    add = seccomp.seccomp_rule_add_array
    add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
                    ctypes.POINTER(Compare)]
    deny = 0x00050000 | EPERM
    context = seccomp.seccomp_init(deny)

    def rule(name, *compare):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            add(context, SCMP_ALLOW, number, len(compare), (Compare * len(compare))(*compare))

    def without(arg, bit):
        return Compare(arg, SCMP_MASKED_EQ, bit, 0)

    special = {"mmap", "mprotect", "pkey_mprotect", "shmat", "socket"}
    allowed = system_calls(unit["SystemCallFilter"])
    for name in allowed - special:
        rule(name)
    # execve() of the program itself comes after this. The loader maps code.
    rule("mmap", without(2, PROT_WRITE))
    rule("mmap", without(2, PROT_EXEC))
    rule("mprotect", without(2, PROT_EXEC))
    families = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
    for family in unit["RestrictAddressFamilies"]:
        rule("socket", Compare(0, SCMP_MASKED_EQ, 0xFFFFFFFF, families[family]))
    call(seccomp.seccomp_load, context)


def limit_files(most):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def read_only_root(writable):
    call(libc.unshare, CLONE_NEWNS)
    call(libc.mount, None, b"/", None, MS_REC | MS_PRIVATE, None)
    path = os.fsencode(writable)
    call(libc.mount, path, path, None, MS_BIND, None)
    call(libc.mount, None, b"/", None, MS_REMOUNT | MS_BIND | MS_RDONLY, None)


def drop_capabilities():
    last = int(open("/proc/sys/kernel/cap_last_cap", encoding="ascii").read())
    for capability in range(last + 1):
        call(libc.prctl, PR_CAPBSET_DROP, capability, 0, 0, 0)


def confine(unit, writable):
    steps = {
        "LimitNOFILE": lambda: limit_files(int(unit["LimitNOFILE"][0])),
        "UMask": lambda: os.umask(int(unit["UMask"][0], 8)),
        "ProtectSystem": lambda: read_only_root(writable),
        "CapabilityBoundingSet": drop_capabilities,
        "NoNewPrivileges": lambda: call(libc.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        "SystemCallFilter": lambda: filter_system_calls(unit),
    }
    for name, step in steps.items():
        try:
            step()
        except PermissionError:
            print("confined: not applied:", name, flush=True)
            continue
        print("confined:", name, flush=True)


if __name__ == "__main__":
    confine(read_unit(sys.argv[1]), sys.argv[2])
    os.chdir("/")
    os.execv(sys.argv[3], sys.argv[3:])
