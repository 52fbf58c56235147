"""/send and /get in a terminal."""

import os

import pytest

from passwords import PASSWORD, add_user
from server import AT_ONCE, PARLEYD, Server, eventually
from terminal import url_of

CONTENT = os.urandom(700_000)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "boat.bin").write_bytes(CONTENT)
    (tmp_path / "out").mkdir()
    return tmp_path


def enter_room(terminal, url, room, *more, **environment):
    person = terminal("chat", url, "--room", room, "--name", "ann", *more, width=200,
                      **environment)
    person.wait_for_last(f"{room}>")
    return person


def saved(path, content=CONTENT):
    eventually(lambda: path.exists() and path.stat().st_size == len(content))
    assert path.read_bytes() == content


def test_a_file_is_shared_and_saved(terminal, url, files):
    ann = enter_room(terminal, url, "boats")
    ann.type(f"/send {files}/in/bo")
    ann.press("Tab")
    ann.wait_for("boat.bin")
    ann.press("Enter")
    ann.wait_for("boat.bin (683.5 KiB): /v1/files/")
    ann.wait_for_last("boats>")
    ann.enter(f"/get boat.bin {files}/out")
    ann.wait_for("saved as")
    saved(files / "out" / "boat.bin")
    # Nothing is overwritten: in a directory it gets a number.
    ann.type("/get bo")
    ann.press("Tab")
    ann.wait_for_last("boats> /get boat.bin")
    ann.enter(f"{files}/out")
    saved(files / "out" / "boat (2).bin")
    ann.enter(f"/get boat.bin {files}/in/boat.bin")
    ann.wait_for("boat.bin was not saved")
    assert (files / "in" / "boat.bin").read_bytes() == CONTENT
    ann.enter(f"/get boat.bin {files}/out/other name.bin")
    saved(files / "out" / "other name.bin")


def test_what_cannot_be_sent_or_saved(terminal, files):
    with Server(PARLEYD, *AT_ONCE, "--files-size", "1KiB") as server:
        ann = enter_room(terminal, url_of(server), "boats")
        ann.enter(f"/send {files}/in/boat.bin")
        ann.wait_for("boat.bin was not sent: File is too large")
        ann.enter(f"/send {files}/in")
        ann.wait_for("in was not sent: not a regular file")
        ann.enter(f"/send {files}/none")
        ann.wait_for("none was not sent: No such file or directory")
        ann.enter("/get boat.bin")
        ann.wait_for("no message has a file of this name or id")
        ann.enter(f"/get 0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10 {files}/out")
        ann.wait_for("was not saved: ")
        assert list((files / "out").iterdir()) == []
        ann.enter("still here")
        ann.wait_for("ann: still here")


def test_a_user_shares_files_with_those_of_the_room(terminal, files):
    add_user(files / "users", "alice")
    add_user(files / "users", "bob")
    with Server(PARLEYD, *AT_ONCE, "--auth-kind", "password", "--auth-users",
                str(files / "users")) as server:
        alice = enter_room(terminal, url_of(server), "boats", "--user", "alice",
                           PARLEY_PASSWORD=PASSWORD)
        bob = enter_room(terminal, url_of(server), "boats", "--user", "bob",
                         PARLEY_PASSWORD=PASSWORD)
        alice.enter(f"/send {files}/in/boat.bin")
        bob.wait_for("alice: boat.bin")
        bob.enter(f"/get boat.bin {files}/out/mine")
        saved(files / "out" / "mine")


def test_other_dialects_save_files_but_share_none(terminal, url, parleyd, files):
    ann = enter_room(terminal, url, "wood")
    ann.enter(f"/send {files}/in/boat.bin")
    lines = ann.wait_for("/v1/files/")
    link = next(word for line in lines for word in line.split() if "/v1/files/" in word)
    bob = terminal("chat", url_of(parleyd), "--dialect", "topic", "--name", "bob", width=200)
    bob.wait_for_last("general>")
    bob.enter(f"/send {files}/in/boat.bin")
    bob.wait_for("unknown command /send")
    bob.enter(f"/get {link} {files}/out/boat")
    bob.wait_for("saved as")
    saved(files / "out" / "boat")
