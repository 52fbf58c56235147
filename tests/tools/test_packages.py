"""The packages for npm and Python, each built, installed and used by a program; and
that the Debian package installs the same files as `make install`."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARLEYD = os.environ.get("PARLEYD", str(ROOT / "build/release/parleyd"))
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "BUILD")
               and not name.startswith("PARLEY_")}


def version():
    return re.search(r"^VERSION := (\S+)", (ROOT / "Makefile").read_text(), re.M)[1]


def run(*command, **how):
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=300,
                          check=False, **how)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def url():
    """A server; the address of its WebSockets."""
    process = subprocess.Popen(
        [PARLEYD, "--listen", "127.0.0.1:0", "--log-format", "text", "--drain-delay", "0s",
         "--drain-window", "0s"], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if found := re.search(r"listening on (\S+)", line):
            break
    yield f"ws://{found[1]}/ws/command"
    process.terminate()
    process.communicate(timeout=60)


def test_all_packages_have_this_version():
    assert json.loads((ROOT / "clients/npm/package.json").read_text())["version"] == version()
    changelog = (ROOT / "debian/changelog").read_text()
    assert re.match(r"parley \((\S+)\) ", changelog)[1] == version()
    assert f'version = "{version()}"' in (ROOT / "clients/python/pyproject.toml").read_text()


# --- npm -----------------------------------------------------------------------

PROGRAM = """
import { Parley } from "parley-client";

const chat = new Parley(process.argv[2], { name: "node" });
const received = new Promise((resolve) => chat.addEventListener("message",
    ({ detail }) => resolve(detail)));
await chat.connect();
await chat.join("tea", { create: true });
await chat.broadcast("tea", "from node");
const { message, seq } = await received;
console.log(JSON.stringify({ message, seq }));
chat.close();
"""

TYPED = """
import { Parley, ParleyError, makeKey } from "parley-client";

const chat = new Parley("ws://h/ws", { name: "a", token: () => "t" });
const key: string = makeKey();
chat.close();
export const code = (error: ParleyError) => [error.message, key];
// @ts-expect-error: there is no such option
new Parley("ws://h/ws", { nam: "a" });
"""


@pytest.fixture(scope="module")
def node_project(tmp_path_factory):
    if not shutil.which("npm") or subprocess.run(
            ["npm", "ping"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("there is no npm, or it has no registry")
    folder = tmp_path_factory.mktemp("project")
    run("make", "-s", "npm", cwd=ROOT)
    (folder / "package.json").write_text('{"type": "module"}')
    run("npm", "install", "--silent", "--no-fund", "--no-audit", "ws@8",
        str(ROOT / f"build/npm/parley-client-{version()}.tgz"), cwd=folder)
    return folder


def test_a_program_of_node_chats(node_project, url):
    (node_project / "program.js").write_text(PROGRAM)
    answer = json.loads(run("node", "program.js", url, cwd=node_project))
    assert answer == {"message": "from node", "seq": 1}


def test_the_npm_package_has_what_it_needs_and_no_more(node_project):
    package = node_project / "node_modules/parley-client"
    assert {file.name for file in package.iterdir()} == {
        "package.json", "README.md", "node.js", "parley.js", "parley.d.ts"}
    assert (package / "parley.js").read_text() == (ROOT / "web/parley.js").read_text()


def test_the_types_of_the_npm_package(node_project):
    (node_project / "typed.ts").write_text(TYPED)
    run(str(ROOT / "build/lint-web/node_modules/.bin/tsc"), "--noEmit", "--strict", "--skipLibCheck",
        "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom", "typed.ts",
        cwd=node_project)


# --- Python --------------------------------------------------------------------

CHAT = """
import asyncio, sys
from parley_client.native import Message, Parley

async def main():
    async with Parley(sys.argv[1], name="wheel") as chat:
        room = await chat.join("wheels", create=True)
        await room.send("from a wheel")
        async for event in room:
            if isinstance(event, Message):
                print(event.message)
                return

asyncio.run(main())
"""


def test_a_wheel_is_built_installed_and_used(tmp_path, url):
    """With the system's websockets and setuptools, so without a registry."""
    for module in "setuptools", "wheel", "pip", "websockets":
        if subprocess.run(["/usr/bin/python3", "-c", f"import {module}"], capture_output=True,
                          check=False).returncode:
            pytest.skip(f"the system's Python has no {module}")
    source = tmp_path / "source"
    shutil.copytree(ROOT / "clients/python", source)
    run("/usr/bin/python3", "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--wheel-dir", str(tmp_path), str(source))
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"parley_client-{version()}-py3-none-any.whl"
    run("/usr/bin/python3", "-m", "venv", "--system-site-packages", "--without-pip",
        str(tmp_path / "venv"))
    run("/usr/bin/python3", "-m", "pip", "--python", str(tmp_path / "venv"), "install", "--quiet",
        "--no-deps", "--no-index", str(wheel))
    (tmp_path / "chat.py").write_text(CHAT)
    assert run(str(tmp_path / "venv/bin/python"), str(tmp_path / "chat.py"), url,
               cwd=tmp_path) == "from a wheel\n"


# --- Debian --------------------------------------------------------------------


def test_the_debian_packages_have_what_is_installed(tmp_path):
    run("make", "-s", "install", f"DESTDIR={tmp_path}", "PREFIX=/usr", cwd=ROOT)
    patterns = {line for name in ("parley", "parley-server")
                for line in (ROOT / f"debian/{name}.install").read_text().split()}
    for file in tmp_path.rglob("*"):
        if file.is_file():
            path = str(file.relative_to(tmp_path))
            assert any(fnmatch.fnmatch(path, f"{pattern}*") for pattern in patterns), path


def test_the_test_of_the_debian_packages():
    """With the programs of the tree, since the packages are not installed."""
    folder = Path(PARLEYD).parent
    done = subprocess.run([ROOT / "debian/tests/chat"], capture_output=True, text=True, timeout=120,
                          env={**ENVIRONMENT, "PATH": f"{folder}:{os.environ['PATH']}"},
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("tester: hello from autopkgtest\n")


def test_packages_build_with_what_set_up_installs():
    """The packages that tools/setup installs for the server are in debian/control and
    the Dockerfile."""
    setup = (ROOT / "tools/setup").read_text()
    server, client = (re.search(rf"^{name}\(\) {{\n(.*?)^}}", setup, re.M | re.S)[1]
                      for name in ("look", "look_for_client"))
    wanted = re.findall(r"want (\S+-dev) ", server.split("case")[0] + client)
    assert len(wanted) > 4
    control, image = ((ROOT / name).read_text() for name in ("debian/control", "deploy/Dockerfile"))
    for package in wanted:
        assert package in image, package
        # debhelper depends on the compiler and libc.
        assert package in control or package == "libc6-dev", package
