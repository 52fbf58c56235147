"""Names, and direct messages."""

import pytest

BAD_NAMES = [
    "",
    "x" * 33,
    " alice",
    "alice ",
    "\u00a0alice",
    "a\tb",
    "a\u0000b",
    "a\u200bb",
    "a\u202eb",
    "a\u2066b",
    "\ufeffalice",
    "system",
    "ADMIN",
    "Root",
    "\u0430dmin",
    "\U0001d42b\U0001d428\U0001d428\U0001d42d",
    "\u0391D\u039c\u0399\u039d",
    "\u0301",
    "a \u0301",
]

GOOD_NAMES = [
    "x",
    "x" * 32,
    "\u00e9" * 32,
    "J\u00f6rg M\u00fcller",
    "\u5c71\u7530",
    "\U0001f600",
    "administrator",
    "#1",
]


def test_a_name_may_be_requested_in_the_url(join):
    alice = join("/ws?name=alice+%C3%A9")
    assert alice.name == "alice \u00e9"
    assert alice.id != alice.name


@pytest.mark.parametrize("name", GOOD_NAMES, ids=ascii)
def test_takes_a_good_name(join, name):
    a = join()
    named = a.ask("name", name=name)
    assert named == {
        "event": "named",
        "ref": named["ref"],
        "member": name,
        "id": a.id,
    }
    assert a.ask("me")["member"] == name


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_refuses_a_bad_name(join, name):
    a = join()
    assert a.refusal("name", name=name)["code"] == "name_invalid"
    assert a.ask("me")["member"] == a.name


def test_a_bad_name_in_the_url_is_refused_after_the_greeting(join):
    a = join("/ws?name=system")
    assert a.name.startswith("member")
    a.expect("error", code="name_invalid")
    assert a.pending() == []


@pytest.mark.parametrize("name", ["a%00b", "a%ffb", "%00", "a%200%0a"])
def test_no_byte_in_the_url_hides_a_bad_name(join, name):
    a = join("/ws?name=" + name)
    assert a.name.startswith("member")
    a.expect("error", code="name_invalid")
    assert a.pending() == []


@pytest.mark.parametrize(
    "twin", ["\u0430lice b", "\uff21LICE B", "alice\u00a0b", "al\u0131ce b"]
)
def test_a_name_that_looks_like_a_taken_one_gets_a_number(join, twin):
    alice, other = join(), join()
    assert alice.ask("name", name="alice b")["member"] == "alice b"
    assert other.ask("name", name=twin)["member"] == twin + "#2"


def test_names_are_brought_to_nfc(join):
    a = join()
    assert a.ask("name", name="Zoe\u0308")["member"] == "Zo\u00eb"


def test_taken_names_get_the_first_free_number(join):
    names = [join("/ws?name=bob").name for _ in range(3)]
    assert names == ["bob", "bob#2", "bob#3"]


def test_taken_is_judged_without_case(join):
    a, b, c = join("/ws?name=Stra%C3%9Fe"), join(), join()
    assert a.name == "Stra\u00dfe"
    assert b.ask("name", name="STRASSE")["member"] == "STRASSE#2"
    assert c.ask("name", name="stra\u00dfe")["member"] == "stra\u00dfe#3"


def test_a_number_is_free_again_when_its_holder_is_gone(join):
    join("/ws?name=eve")
    join("/ws?name=eve").close()
    assert join("/ws?name=eve").name == "eve#2"


def test_the_number_may_exceed_the_longest_name(join):
    longest = "y" * 32
    join(f"/ws?name={longest}")
    assert join(f"/ws?name={longest}").name == longest + "#2"


def test_renaming_to_the_same_name_sends_no_event(join):
    a, b = join("/ws?name=ann"), join()
    for each in a, b:
        each.ask_ok("join", room="own-name", create=True)
    a.pending(), b.pending()
    assert a.ask("name", name="ann")["member"] == "ann"
    assert b.pending() == []


def test_renaming_is_sent_once_in_each_shared_room(join):
    a, b, outsider = join(), join(), join()
    for room in "shared-1", "shared-2":
        for each in a, b:
            each.ask_ok("join", room=room, create=True)
    for each in a, b, outsider:
        each.pending()
    a.ask_ok("name", name="carol")
    notified = b.pending()
    assert sorted(e.pop("room") for e in notified) == ["shared-1", "shared-2"]
    renamed = {
        "event": "renamed",
        "was": a.name,
        "member": "carol",
        "member_id": a.id,
    }
    assert notified == [renamed, renamed]
    assert outsider.pending() == []


def test_a_dm_is_addressed_by_name_or_by_id(join):
    a, b = join(), join("/ws?name=dora")
    a.pending()
    for recipient in "dora", b.id:
        sent = a.ask("dm", recipient=recipient, message="psst")
        assert sent == {
            "event": "dm_sent",
            "ref": sent["ref"],
            "member": "dora",
            "member_id": b.id,
            "message": "psst",
        }
        b.expect("dm", member=a.name, member_id=a.id, message="psst")
    assert b.pending() == []


def test_a_dm_to_an_unknown_name_is_refused_with_the_name(join):
    refused = join().refusal("dm", recipient="zoe", message="x")
    assert refused["code"] == "member_not_found"
    assert refused["message"] == "Member 'zoe' not found"


def test_room_names_follow_the_same_rules_with_twice_the_length(join):
    a = join()
    assert a.ask("create", name="r" * 64)["name"] == "r" * 64
    for bad in ["", "r" * 65, " den", "d\u200ben", "a\u0007"]:
        assert a.refusal("create", name=bad)["code"] == "name_invalid"


@pytest.mark.parametrize("room", ["", "r" * 65, "a b", "a/b", "\u00e9", "a\u0000"])
def test_room_ids_are_plain(join, room):
    a = join()
    for command in "join", "create":
        refused = a.refusal(command, room=room, name="x", create=True)
        assert (refused["code"], refused["field"]) == ("bad_field", "room")
