"""A store that version 0.2.0 has written: the persistent rooms "den", with three
messages, and "empty"."""

import tarfile
from pathlib import Path

import pytest

from client import Chat

WRITTEN = Path(__file__).parent / "stores" / "0.2.0.tar.gz"


@pytest.fixture
def store(start, tmp_path):
    """The limits keep all of its messages."""
    with tarfile.open(WRITTEN) as archive:
        archive.extractall(tmp_path / "data")

    def opened():
        return start("--store-kind", "file", "--store-dir", str(tmp_path / "data"),
                     "--history-age", "0", "--rooms-empty-for", "0")

    opened.format = lambda: (tmp_path / "data" / "FORMAT").read_text()
    return opened


def sent(member):
    joined = member.ask_ok("join", room="den", history=100)
    return [(m["seq"], m.get("message"), "redacted" in m) for m in joined["messages"]]


def test_an_older_store_is_opened(store):
    assert store.format().startswith("parley-store 1\n")
    assert store.format().endswith("features\n")
    with Chat(store().address) as ann:
        assert {(room["room"], room["name"]) for room in ann.ask_ok("rooms")["rooms"]} == {
            ("den", "The den"), ("empty", "Empty")}
        assert sent(ann) == [(1, "one", False), (2, {"two": 2}, False),
                             (3, "drei €", False)]
        # Its keys are known, and its numbers go on.
        again = ann.ask_ok("broadcast", room="den", message="drei €", key="k2")
        assert (again["seq"], again["duplicate"]) == (3, True)
        assert ann.post("den", "four")["seq"] == 4


def test_what_is_new_is_added_to_an_older_store(store):
    """Topics, owners and redactions, beside what was there."""
    server = store()
    with Chat(server.address) as ann:
        ann.ask_ok("create", name="New", room="new", persistent=True, topic="Tea",
                   private=True)
        seq = ann.post("new", "secret")["seq"]
        ann.ask_ok("redact", room="new", seq=seq)
        sent(ann)
        ann.ask_ok("react", room="den", seq=1, reaction="+1")
    server.stop()
    with Chat(store().address) as bob:
        assert sent(bob)[0] == (1, "one", False)
        first = bob.ask_ok("history", room="den")["messages"][0]
        assert first["reactions"] == {"+1": 1}
        assert bob.refusal("join", room="new")["code"] == "room_not_found"
        assert "new" not in {room["room"] for room in bob.ask_ok("rooms")["rooms"]}
