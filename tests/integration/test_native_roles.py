"""Owners, moderators, private rooms: what each member may do to others."""

import re
import time

import pytest

from accounts import Further
from client import Chat
from dialects import Action, Topic
from server import eventually
from test_auth import SECRET, make_token

ROOM = "board"


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_text(SECRET + "\n")
    return path


@pytest.fixture
def users(start, key, leave_at_end):
    """Users of a server, by name; `can` is what their token allows."""
    server = start("--auth-kind", "jwt", "--auth-key", str(key))

    def user(name, **claims):
        token = make_token(sub=name, **claims)
        return leave_at_end(Chat(server.address, Authorization=f"Bearer {token}"))

    user.server = server
    return user


@pytest.fixture
def board(join):
    """A one-off room with its owner, and two others; inboxes are empty."""
    owner, bob, eve = join(), join(), join()
    owner.ask_ok("create", name="Board", room=ROOM)
    for member in bob, eve:
        member.ask_ok("join", room=ROOM)
    for member in owner, bob, eve:
        member.pending()
    yield owner, bob, eve
    owner.ask("delete", room=ROOM)


def events(member):
    return [e for e in member.pending() if e.get("room") == ROOM]


def test_a_creator_owns_its_room(board, join):
    owner, bob, _ = board
    assert owner.ask("join", room=ROOM)["role"] == "owner"
    assert "role" not in bob.ask("join", room=ROOM)


def test_a_kick_removes_a_member(board):
    owner, bob, eve = board
    done = owner.ask("kick", room=ROOM, member=bob.name, reason="spam")
    assert (done["event"], done["command"], done["room"]) == ("done", "kick", ROOM)
    notified = events(bob)
    assert [e["event"] for e in notified] == ["kick"]
    kick = notified[0]
    assert (kick["member"], kick["member_id"]) == (bob.name, bob.id)
    assert (kick["by"], kick["by_id"]) == (owner.name, owner.id)
    assert kick["reason"] == "spam" and kick["at"] > 0
    assert [e["event"] for e in events(eve)] == ["kick", "leave"]
    refused = bob.refusal("broadcast", room=ROOM, message="hi")
    assert refused["code"] == "not_in_room"
    bob.ask_ok("join", room=ROOM)


def test_only_those_with_a_role_may_moderate(board):
    owner, bob, eve = board
    for command, fields in (
        ("kick", {"member": eve.name}),
        ("mute", {"member": eve.name}),
        ("ban", {"member": eve.name}),
        ("role", {"member": bob.name, "role": "voice"}),
        ("topic", {"topic": "x"}),
        ("slow", {"slow_ms": 1000}),
        ("invite", {"member": eve.name}),
    ):
        refused = bob.refusal(command, room=ROOM, **fields)
        assert (refused["code"], refused["right"]) == ("forbidden", "moderate")
    assert bob.refusal("delete", room=ROOM)["right"] == "admin"
    owner.ask_ok("role", room=ROOM, member=bob.id, role="moderator")
    bob.ask_ok("mute", room=ROOM, member=eve.name)
    refused = bob.refusal("kick", room=ROOM, member=owner.name)
    assert refused["right"] == "admin"
    assert owner.refusal("role", room=ROOM, member=owner.id, role="member")[
        "message"] == "A room keeps its last owner"


def test_a_mute_ends_in_time(board):
    owner, bob, eve = board
    for duration in 600_000, 300:
        owner.ask_ok("mute", room=ROOM, member=bob.name, duration_ms=duration)
        role = events(eve)[0]
        assert (role["event"], role["role"]) == ("role", "muted")
        assert role["until"] == role["at"] + duration
        if duration > 300:
            refused = bob.refusal("broadcast", room=ROOM, message="hi")
            assert (refused["code"], refused["right"]) == ("forbidden", "post")
    eventually(lambda: bob.ask("broadcast", room=ROOM, message="hi")["event"] != "error")
    assert time.time() * 1000 >= role["until"]


def test_a_banned_member_cannot_join_until_the_ban_is_lifted(board):
    owner, bob, _ = board
    owner.ask_ok("ban", room=ROOM, member=bob.name)
    assert [(e["event"], e["role"]) for e in events(bob)] == [("role", "banned")]
    assert bob.refusal("join", room=ROOM)["message"] == "Banned from this room"
    owner.ask_ok("unban", room=ROOM, member=bob.id)
    bob.ask_ok("join", room=ROOM)


def test_a_ban_ends_in_time(board):
    owner, bob, _ = board
    owner.ask_ok("ban", room=ROOM, member=bob.name, duration_ms=300)
    role = events(bob)[0]
    assert (role["role"], role["until"]) == ("banned", role["at"] + 300)
    eventually(lambda: bob.ask("join", room=ROOM)["event"] == "joined")
    assert time.time() * 1000 >= role["until"]


def test_who_is_kicked_out_of_a_private_room_needs_an_invitation(start, key, tmp_path):
    server = start("--auth-kind", "jwt", "--auth-key", str(key), "--store-kind",
                   "file", "--store-dir", str(tmp_path / "store"))
    with Chat(server.address, Authorization=f"Bearer {make_token(sub='ann')}") as ann, \
            Chat(server.address, Authorization=f"Bearer {make_token(sub='bob')}") as bob:
        ann.ask_ok("create", name="x", room="x", private=True, persistent=True)
        for _ in range(3):
            ann.ask_ok("invite", room="x", member=bob.id)
            bob.ask_ok("join", room="x")
            # With the disk behind, too: the answer comes when it is written.
            ann.ask_ok("kick", room="x", member=bob.id)
            assert bob.refusal("join", room="x")["code"] == "room_not_found"
            assert bob.ask_ok("rooms", mine=True)["rooms"] == []


def test_a_ban_takes_the_invitation(users):
    ann, bob = users("ann"), users("bob")
    ann.ask_ok("create", name="x", room="x", private=True)
    ann.ask_ok("invite", room="x", member=bob.id)
    ann.ask_ok("ban", room="x", member=bob.id, duration_ms=1)
    time.sleep(0.05)
    assert bob.refusal("join", room="x")["code"] == "room_not_found"
    ann.ask_ok("invite", room="x", member=bob.id)
    bob.ask_ok("join", room="x")


def test_new_members_get_the_topic(board, join):
    owner, bob, _ = board
    owner.ask_ok("topic", room=ROOM, topic="Minutes")
    assert events(bob)[0]["topic"] == "Minutes"
    assert join().ask("join", room=ROOM)["topic"] == "Minutes"
    refused = owner.refusal("topic", room=ROOM, topic="two\nlines")
    assert refused["field"] == "topic"


def test_a_slow_room_takes_a_message_per_interval(board):
    owner, bob, _ = board
    owner.ask_ok("slow", room=ROOM, slow_ms=60000)
    bob.ask_ok("broadcast", room=ROOM, message="one")
    refused = bob.refusal("broadcast", room=ROOM, message="two")
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retry_after_ms"] <= 60000
    owner.ask_ok("broadcast", room=ROOM, message="one")
    owner.ask_ok("broadcast", room=ROOM, message="two")
    owner.ask_ok("slow", room=ROOM, slow_ms=0)
    bob.ask_ok("broadcast", room=ROOM, message="two")


def test_a_private_room_is_not_there_for_others(join):
    owner, bob, eve = join(), join(), join()
    owner.ask_ok("create", name="Secret", room="secret", private=True)
    for command, fields in (
        ("join", {}), ("history", {}), ("list", {}), ("leave", {}),
        ("broadcast", {"message": "hi"}), ("topic", {"topic": "x"}),
        ("kick", {"member": owner.name}),
    ):
        refused = bob.refusal(command, room="secret", **fields)
        assert refused["code"] == "room_not_found", command
    assert "secret" not in [r["room"] for r in bob.ask("rooms")["rooms"]]
    assert "secret" not in [
        r["room"] for r in bob.ask("rooms", limit=1000)["rooms"]]
    listed = {r["room"]: r for r in owner.ask("rooms")["rooms"]}
    assert listed["secret"]["private"] is True
    bob.pending()
    owner.ask_ok("invite", room="secret", member=bob.name)
    assert bob.pending() == [{
        "event": "invite", "room": "secret", "name": "Secret",
        "member": owner.name, "member_id": owner.id}]
    assert bob.ask_ok("join", room="secret")["private"] is True
    assert eve.refusal("join", room="secret")["code"] == "room_not_found"
    owner.ask_ok("delete", room="secret")


def test_members_with_a_voice_post_in_a_moderated_room(join):
    owner, bob = join(), join()
    owner.ask_ok("create", name="Hall", room="hall", moderated=True)
    assert bob.ask_ok("join", room="hall")["moderated"] is True
    assert bob.refusal("broadcast", room="hall", message="hi")["right"] == "post"
    owner.ask_ok("role", room="hall", member=bob.name, role="voice")
    bob.ask_ok("broadcast", room="hall", message="hi")


def test_a_deleted_room_is_gone(board):
    owner, bob, _ = board
    owner.post(ROOM, "hi")
    bob.pending()
    owner.ask_ok("delete", room=ROOM)
    assert events(bob) == [{
        "event": "deleted", "room": ROOM, "by": owner.name,
        "by_id": owner.id}]
    assert bob.refusal("join", room=ROOM)["code"] == "room_not_found"
    again = bob.ask_ok("join", room=ROOM, create=True, history=10)
    assert again["messages"] == [] and again["role"] == "owner"
    bob.ask_ok("leave", room=ROOM)


def test_members_of_other_dialects_leave(start, leave_at_end):
    server = start(listen=[f"127.0.0.1:0={d}" for d in
                           ("command", "action", "topic")])
    with Chat(server.addresses[0]) as owner, \
            Action(server.addresses[1]) as action, \
            Topic(server.addresses[2]) as topic:
        owner.ask_ok("create", name="sports", room="sports")
        action.join("sports")
        topic.join("ann", "sports")
        owner.ask_ok("kick", room="sports", member=action.id)
        assert action.next() == {"status": "success", "message": "Left room"}
        owner.ask_ok("mute", room="sports", member=topic_id(owner))
        assert topic.refusal({"type": "message", "message": "hi"}) == (
            "Muted in this room")
        late = leave_at_end(Topic(server.addresses[2])).join("eva", "sports")
        owner.ask_ok("delete", room="sports")
        assert late.next()["type"] == "left"
        assert late.refusal({"type": "message", "message": "hi"}) == (
            "You must join a topic first")
        left = topic.next()
        assert (left["type"], left["topic"]) == ("left", "sports")
        assert topic.refusal({"type": "message", "message": "hi"}) == (
            "You must join a topic first")
        topic.join("ann", "news")


def topic_id(owner):
    """Returns the id of the member `ann`, from the event in the room."""
    return [e["member_id"] for e in owner.pending()
            if e["event"] == "join" and e["member"] == "ann"][0]


# --- users, and stores ----------------------------------------------------


def test_users_own_rooms_for_good(start, key, tmp_path, leave_at_end):
    options = ("--auth-kind", "jwt", "--auth-key", str(key), "--store-kind",
               "file", "--store-dir", str(tmp_path / "data"))

    def user(server, name):
        token = make_token(sub=name)
        return leave_at_end(Chat(server.address, Authorization=f"Bearer {token}"))

    server = start(*options)
    ann, bob = user(server, "ann"), user(server, "bob")
    ann.ask_ok("create", name="Den", room="den", persistent=True, private=True,
               topic="Quiet")
    ann.ask_ok("invite", room="den", member=bob.name)
    bob.ask_ok("join", room="den")
    ann.ask_ok("ban", room="den", member=bob.name, reason="\x1b[31mno\n")
    server.wait_for_line(re.escape(
        'moderation: action=ban room=den member="' + bob.id + '" detail="" '
        f'by={ann.id} by_name="ann" reason="\\x1b[31mno\\x0a"'))
    server.stop()
    server = start(*options)
    ann, bob = user(server, "ann"), user(server, "bob")
    joined = ann.ask_ok("join", room="den")
    assert (joined["role"], joined["topic"]) == ("owner", "Quiet")
    assert joined["private"] is True
    assert bob.refusal("join", room="den")["code"] == "room_not_found"
    ann.ask_ok("unban", room="den", member=bob.id)
    ann.ask_ok("invite", room="den", member=bob.id)
    bob.ask_ok("join", room="den")
    ann.ask_ok("delete", room="den")
    server.stop()
    server = start(*options)
    assert user(server, "ann").refusal("join", room="den")["code"] == (
        "room_not_found")


def test_each_act_of_a_moderator_is_logged(users):
    ann, bob = users("ann"), users("bob")
    ann.ask_ok("create", name="Den", room="den")
    bob.ask_ok("join", room="den")
    acts = (
        ("mute", {}), ("unmute", {}), ("role", {"role": "moderator"}), ("kick", {}),
        ("invite", {}), ("ban", {}), ("unban", {}),
    )
    for command, fields in acts:
        ann.ask_ok(command, room="den", member=bob.id, **fields)
        users.server.wait_for_line(
            f'moderation: action={command} room=den member="{bob.id}" .* by={ann.id} '
            'by_name="ann"')
    ann.ask_ok("broadcast", room="den", message="hi")
    for command, fields, logged in (
        ("topic", {"topic": "Quiet"}, 'topic room=den member="" detail="Quiet"'),
        ("slow", {"slow_ms": 1000}, 'slow room=den member="" detail="1000ms"'),
        ("redact", {"seq": 1}, 'redact room=den member="" detail="seq=1"'),
        ("delete", {}, 'room_delete room=den member="" detail=""'),
    ):
        ann.ask_ok(command, room="den", **fields)
        users.server.wait_for_line(f"moderation: action={logged} by={ann.id} ")


def test_who_may_moderate_every_room(users):
    ann = users("ann")
    mod = users("mod", parley={"can": ["read", "moderate"]})
    root = users("root", parley={"can": ["admin"]})
    ann.ask_ok("create", name="x", room="x", private=True)
    mod.ask_ok("topic", room="x", topic="seen")
    refused = mod.refusal("delete", room="x")
    assert (refused["code"], refused["right"]) == ("forbidden", "admin")
    root.ask_ok("delete", room="x")


def test_who_may_moderate_some_rooms_has_no_right_in_others(users):
    ann = users("ann")
    root = users("root", parley={"can": ["admin", "join", "list"], "rooms": ["tea"]})
    for room in "tea", "den":
        ann.ask_ok("create", name=room, room=room, private=True)
    root.ask_ok("topic", room="tea", topic="seen")
    for command, fields in ("topic", {"topic": "x"}), ("kick", {"member": ann.id}), (
            "join", {}), ("delete", {}):
        refused = root.refusal(command, room="den", **fields)
        assert (refused["code"], refused["field"]) == ("forbidden", "room")
    assert [room["room"] for room in root.ask_ok("rooms")["rooms"]] == ["tea"]
    root.ask_ok("delete", room="tea")


def test_a_limited_token_is_limited_for_an_owner(users):
    ann = users("ann")
    ann.ask_ok("create", name="den", room="den", persistent=True)
    token = make_token(sub="ann", parley={"rooms": ["tea"]})
    with Further(users.server.address, Authorization=f"Bearer {token}") as limited:
        for command in "delete", "leave":
            refused = limited.refusal(command, room="den")
            assert (refused["code"], refused["field"]) == ("forbidden", "room")
    ann.post("den", "still there")


def test_who_moderates_the_server_is_safe_from_moderators_of_rooms(users):
    ann, bob = users("ann"), users("bob")
    mod = users("mod", parley={"can": ["read", "post", "moderate"]})
    root = users("root", parley={"can": ["read", "post", "admin"]})
    ann.ask_ok("create", name=ROOM, room=ROOM)
    for member in bob, mod, root:
        member.ask_ok("join", room=ROOM)
    ann.ask_ok("role", room=ROOM, member=bob.id, role="moderator")
    for author, targets in ((ann, (mod, root)), (bob, (mod, root)),
                            (mod, (root,))):
        for target in targets:
            for command in "kick", "mute", "ban":
                refused = author.refusal(command, room=ROOM, member=target.id)
                assert (refused["code"], refused["right"]) == (
                    "forbidden", "admin")
    root.ask_ok("broadcast", room=ROOM, message="still here")
    root.ask_ok("kick", room=ROOM, member=mod.id)
    ann.ask_ok("kick", room=ROOM, member=bob.id)


def test_who_moderates_some_rooms_is_not_safe_as_one_of_the_server(users):
    ann = users("ann")
    mod = users("mod", parley={"can": ["join", "post", "moderate"], "rooms": [
        "tea", ROOM]})
    ann.ask_ok("create", name=ROOM, room=ROOM)
    mod.ask_ok("join", room=ROOM)
    ann.ask_ok("kick", room=ROOM, member=mod.id)


def test_a_user_has_so_many_rooms(start, key):
    server = start("--auth-kind", "jwt", "--auth-key", str(key),
                   "--limits-rooms-per-user", "2")
    token = f"Bearer {make_token()}"
    with Chat(server.address, Authorization=token) as ann:
        for room in "a", "b":
            ann.ask_ok("create", name=room, room=room, persistent=True)
        refused = ann.refusal("create", name="c", persistent=True)
        assert (refused["code"], refused["limit"]) == ("too_many_rooms", 2)
        ann.ask_ok("create", name="c")
        ann.ask_ok("delete", room="a")
        ann.ask_ok("create", name="c", persistent=True)


def test_one_client_cannot_exhaust_the_rooms_for_good(start, tmp_path):
    """One anonymous client with many connections creates all rooms that it
    can, in each dialect. Others can still create, also after a restart."""
    options = ("--auth-trusted-proxies", "127.0.0.1", "--limits-rooms", "40",
               "--limits-persistent-rooms", "12", "--limits-rooms-per-ip", "10",
               "--store-kind", "file", "--store-dir", str(tmp_path / "data"))
    listen = [f"127.0.0.1:0={d}" for d in ("command", "action", "topic")]

    def join_as(host, server, client=Chat, nth=0):
        return client(server.addresses[nth], **{"X-Forwarded-For": host})

    def exhaust(server):
        """Returns the rooms that it could create: those that end with it, and
        persistent ones."""
        mine = [join_as("203.0.113.9", server) for _ in range(4)]
        persistent = [eve.ask("create", name="x", persistent=True)
                      for eve in mine for _ in range(6)]
        asked = [eve.ask("create", name="x") for eve in mine for _ in range(6)]
        mine.append(join_as("203.0.113.9", server, Action, 1))
        assert mine[-1].answer("create", "x")["status"] == "error"
        for answer in persistent + asked:
            assert answer.get("code", "too_many_rooms") == "too_many_rooms"
        return mine, *([r["room"] for r in answers if r["event"] == "created"]
                       for answers in (asked, persistent))

    server = start(*options, listen=listen)
    mine, transient, persistent = exhaust(server)
    assert (len(transient), len(persistent)) == (7, 3)
    with join_as("203.0.113.5", server) as bob:
        bob.ask_ok("create", name="honest")
        bob.ask_ok("create", name="honest", room="kept", persistent=True)
    # The rooms that end with their members count no longer.
    for room in transient:
        for eve in mine[:4]:
            eve.ask("leave", room=room)
    mine[0].ask_ok("create", name="again")
    for eve in mine:
        eve.leave()
    server.stop()
    server = start(*options, listen=listen)
    # The rooms of before still count, for the address and within the hour.
    mine, transient, persistent = exhaust(server)
    assert (len(transient), len(persistent)) == (7, 0)
    with join_as("203.0.113.5", server) as bob:
        left = {r["room"] for r in bob.ask("rooms")["rooms"] if r["persistent"]}
        assert len(left) == 4 and "kept" in left
        bob.ask_ok("create", name="honest", persistent=True)
        bob.ask_ok("create", name="honest")
    for eve in mine:
        eve.leave()
