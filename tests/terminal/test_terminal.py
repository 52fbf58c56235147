"""The client parley in a terminal."""

import subprocess

import pytest

from server import DEADLINE
from terminal import PARLEY, PERSON, url_of


def send_command(url, text, room="tea", name="eve"):
    subprocess.run(
        [PARLEY, "send", url, "--room", room, "--name", name],
        input=text.encode(), timeout=DEADLINE, check=True, env=PERSON,
    )


@pytest.fixture
def ann(terminal, url, request):
    """Ann, who is in a room of her own for this test, and has a prompt."""
    room = request.node.name[:30].replace("[", "_").replace("]", "_")
    ann = terminal("chat", url, "--name", "ann", "--room", room)
    ann.room, ann.prompt = room, f"{room}>"
    ann.wait_for_last(ann.prompt)
    return ann


def test_a_message_shows_once_and_in_its_place(ann):
    ann.enter("hello there")
    lines = ann.wait_for("ann: hello there")
    assert sum("hello there" in line for line in lines) == 1
    ann.wait_for_last(ann.prompt)


def test_what_is_typed_survives_what_arrives(ann, url):
    ann.type("half a thou")
    ann.wait_for_last(f"{ann.prompt} half a thou")
    send_command(url, "one\ntwo\nthree\n", ann.room)
    lines = ann.wait_until(
        lambda l: any("eve left" in x for x in l)
        and l[-1] == f"{ann.prompt} half a thou",
        "the line being typed below all",
    )
    assert sum("half a thou" in line for line in lines) == 1
    assert [l[6:] for l in lines if "eve: " in l] == ["eve: one", "eve: two", "eve: three"]
    ann.enter("ght")
    ann.wait_for("ann: half a thought")


def test_a_long_line_survives_what_arrives(ann, url):
    words = " ".join(f"word{i}" for i in range(40))
    ann.type(words)
    ann.wait_for("word39")
    send_command(url, "interruption\n", ann.room)
    ann.wait_for("eve left")
    lines = ann.wait_until(
        lambda l: "".join(l[-6:]).replace(" ", "").endswith(words.replace(" ", "")),
        "the whole long line",
    )
    assert sum("word0 " in line for line in lines) == 1
    assert sum("interruption" in line for line in lines) == 1


def test_lines_can_be_edited_and_come_back(ann):
    ann.type("wrld")
    ann.press("Home")
    ann.type("hello ")
    ann.press("Right")
    ann.type("o")
    ann.press("Enter")
    ann.wait_for("ann: hello world")
    ann.press("Up")
    ann.wait_for_last(f"{ann.prompt} hello world")
    ann.enter("!")
    ann.wait_for("ann: hello world!")


def test_tab_completes_commands_names_and_rooms(ann, url):
    send_command(url, "hi\n", ann.room)
    ann.wait_for("eve: hi")
    ann.type("/hi")
    ann.press("Tab")
    ann.wait_for_last(f"{ann.prompt} /history")
    ann.press("C-u")
    ann.type("EV")
    ann.press("Tab")
    ann.wait_for_last(f"{ann.prompt} eve:")
    ann.enter("welcome")
    ann.wait_for("ann: eve: welcome")
    # Several fit: they are shown above the line.
    ann.type("/un")
    ann.press("Tab")
    ann.wait_for("unmute  unban")
    ann.wait_for_last(f"{ann.prompt} /un")
    ann.press("C-u")
    ann.type(f"/join {ann.room[:6]}")
    ann.press("Tab")
    ann.wait_for_last(f"{ann.prompt} /join {ann.room}")


def test_several_rooms_at_once(ann, url):
    other = ann.room[:20] + "_other"
    ann.enter(f"/join {other}")
    ann.wait_for_last(f"{other}>")
    send_command(url, "over here\n", ann.room)
    ann.wait_for(f"[{ann.room}] eve: over here")
    ann.enter("and here")
    lines = ann.wait_for("ann: and here")
    assert not any("] ann: and here" in line for line in lines)
    ann.enter(f"/join {ann.room}")
    ann.wait_for_last(ann.prompt)
    send_command(url, "hello\n", other)
    ann.wait_for(f"[{other}] eve: hello")
    ann.enter("/leave")
    ann.wait_for_last(f"{other}>")
    ann.enter("/leave")
    ann.wait_for_last(">")


def test_characters_of_all_widths_can_be_typed(ann):
    ann.type("ein Gruß, 世界")
    ann.wait_for_last(f"{ann.prompt} ein Gruß, 世界")
    ann.press("BSpace", "Enter")
    ann.wait_for("ann: ein Gruß, 世")


def test_escape_alone_stops_nothing(ann, url):
    ann.press("Escape")
    send_command(url, "still there?\n", ann.room)
    ann.wait_for("eve: still there?")


def test_the_line_fits_a_terminal_of_another_size(ann, url):
    words = " ".join(f"word{i}" for i in range(20))
    ann.type(words)
    ann.wait_until(lambda lines: "".join(lines).endswith("word19"), words)
    ann.resize(50, 20)
    send_command(url, "narrow\n", ann.room)
    ann.wait_for("eve: narrow")
    ann.resize(100, 24)
    send_command(url, "wide\n", ann.room)
    ann.wait_for("eve: wide")
    ann.press("Enter")
    ann.wait_until(lambda lines: f"ann: {words}" in "".join(lines), words)


def test_control_c_discards_the_line_and_then_ends(ann):
    ann.type("never mind")
    ann.wait_for_last(f"{ann.prompt} never mind")
    ann.press("C-c")
    ann.wait_for_last(ann.prompt)
    ann.press("C-c")
    assert ann.status() == 130
    assert not any("ann: never mind" in line for line in ann.screen())


def test_control_d_ends(ann):
    ann.press("C-d")
    assert ann.status() == 0


@pytest.mark.parametrize("word", ["/quit", "/exit"])
def test_commands_end_it_and_restore_the_terminal(ann, word):
    ann.enter(word)
    assert ann.status() == 0
    modes = " ".join(ann.wait_for("icanon"))
    assert " icanon" in modes and "-icanon" not in modes
    assert "-echo " not in modes


def test_rooms_names_and_private_messages(ann, url, terminal):
    bob = terminal("chat", url, "--name", "bob")
    bob.wait_for("you are bob")
    bob.enter(f"/join {ann.room}")
    ann.wait_for("* bob joined")
    ann.enter("/list")
    ann.wait_for("* here: ann, bob")
    bob.enter("/name Robert")
    ann.wait_for("* bob is now Robert")
    bob.enter("/dm ann psst")
    ann.wait_for("(private) from Robert: psst")
    bob.wait_for("(private) to ann: psst")
    bob.enter("/create Game Night")
    bob.wait_for("(Game Night): Robert")
    ann.enter("/rooms")
    ann.wait_for("Game Night  (1)")
    bob.enter("/leave")
    bob.wait_for_last(ann.prompt)
    bob.enter("/leave")
    ann.wait_for("* Robert left")
    bob.wait_for_last(">")
    bob.enter("/nonsense")
    bob.wait_for("* unknown command /nonsense; see /help")
    bob.enter("/help")
    bob.wait_for("/dm NAME TEXT")


def test_history_is_shown_to_later_members(ann, url, terminal):
    ann.enter("early words")
    ann.wait_for("ann: early words")
    bob = terminal("chat", url, "--room", ann.room)
    bob.wait_for("ann: early words")
    ann.enter("/history 1")
    lines = ann.wait_for("* history of")
    assert sum("early words" in l for l in ann.wait_for_last(ann.prompt)) == 2, lines


# Messages with control sequences, and their effect on an unprotected terminal.
ATTACKS = [
    "\x1b[2J\x1b[H",  # wipes the screen
    "\x1b]0;owned\x07",  # another title
    "\x1b[5A\x1b[2Kann: I confess",  # overwrites lines above
    "\u009b2J",  # the same as ESC [ for some
    "\rann: I confess",
    "\x1b[?1049h",  # the other screen
    "\x0e\x0f\x05\x08\x08\x7f",
]


def test_escape_sequences_of_others_do_nothing(ann, url, terminal):
    ann.enter("the first line")
    ann.wait_for("ann: the first line")
    title = ann.title()
    send_command(url, "".join(a.replace("\n", "") + "\n" for a in ATTACKS) + "the end\n", ann.room)
    ann.wait_for("eve: the end")
    lines = ann.wait_for_last(ann.prompt)
    assert any("ann: the first line" in line for line in lines)
    assert any("eve: ^[[2J^[[H" in line for line in lines)
    assert any("eve: <U+009B>2J" in line for line in lines)
    assert any("eve: ^Mann: I confess" in line for line in lines)
    assert ann.title() == title


def test_colours_are_for_terminals_that_want_them(ann, terminal, url):
    assert "\033[" in "".join(ann.screen(colours=True))
    plain = terminal("chat", url, "--name", "carl", NO_COLOR="1")
    plain.wait_for("you are carl")
    assert "\033[" not in "".join(plain.screen(colours=True))


def test_a_restart_of_the_server_loses_and_doubles_nothing(start, terminal):
    server = start()
    ann = terminal("chat", url_of(server), "--name", "ann", "--room", "tea")
    bob = terminal("chat", url_of(server), "--name", "bob", "--room", "tea")
    for person in ann, bob:
        person.wait_for_last("tea>")
    bob.enter("before")
    ann.wait_for("bob: before")
    server.kill()
    for person in ann, bob:
        person.wait_for("connection lost")
        person.wait_for_last("(offline) tea>")
    bob.enter("in between")
    start()
    for person in ann, bob:
        person.wait_for("* reconnected")
        person.wait_for_last("tea>")
    bob.enter("after")
    ann.wait_for("bob: after")
    sent = [l[6:] for l in ann.screen() if "bob: " in l]
    assert sent == ["bob: before", "bob: in between", "bob: after"]


def test_persistent_rooms_survive_a_restart(start, terminal):
    server = start()
    ann = terminal("chat", url_of(server), "--name", "ann", "--room", "tea")
    ann.wait_for_last("tea>")
    ann.enter("said in tea")
    ann.wait_for("ann: said in tea")
    ann.enter("/create Game Night")
    lines = ann.wait_until(
        lambda l: l[-1].endswith(">") and l[-1] != "tea>", "another room"
    )
    night = lines[-1].rstrip(">")
    ann.enter("said at night")
    ann.wait_for("ann: said at night")
    ann.enter("/quit")
    assert ann.status() == 0
    server.kill()
    server = start()
    bob = terminal("chat", url_of(server), "--name", "bob", "--room", "tea")
    bob.wait_for("ann: said in tea")
    bob.enter(f"/join {night}")
    bob.wait_for(f"* joined {night} (Game Night): bob")
    bob.enter("/history")
    bob.wait_for("ann: said at night")


def test_a_temporary_room_ends_with_its_last_member(start, terminal):
    server = start()
    ann = terminal("chat", url_of(server), "--transient", "--room", "tea")
    ann.wait_for_last("tea>")
    ann.enter("/join den")
    ann.wait_for_last("den>")
    ann.enter("/join tea")
    ann.wait_for_last("tea>")
    ann.enter("/leave")
    ann.wait_for_last("den>")
    ann.enter("/rooms")
    lines = ann.wait_for("  den  (1")
    assert not [l for l in lines if l.startswith("  tea") or "persistent" in l]


def test_without_a_server_it_reports_that_and_ends(terminal):
    refused = terminal("chat", "ws://127.0.0.1:1/ws")
    refused.wait_for("Connection refused")
    assert refused.status() == 69


def test_action_consoles_are_understood(parleyd, terminal):
    url = url_of(parleyd)
    ann = terminal("chat", url, "--dialect", "action")
    ann.wait_for("* you are")
    ann.enter("hello?")
    ann.wait_for("not in a room")
    ann.enter("create Game Night")
    ann.wait_for("> create Game Night")
    lines = ann.wait_until(lambda lines: lines[-1] != ">" and lines[-1].endswith(">"), "a room")
    room = lines[-1].rstrip(">")
    bob = terminal("chat", url, "--dialect", "action", "--join", room)
    bob.wait_for(f"* joined {room}")
    bob.enter("hi")
    bob.wait_for(": hi")
    ann.wait_for(": hi")
    bob.enter("leave")
    bob.wait_for("* you left")
    bob.enter("quit")
    assert bob.status() == 0


def test_topic_consoles_are_understood(parleyd, terminal):
    url = url_of(parleyd)
    ann = terminal("chat", url, "--dialect", "topic", "--name", "ann", "--room", "sports")
    ann.wait_for("* joined sports as ann")
    ann.enter("goal!")
    lines = ann.wait_for("ann: goal!")
    assert sum("goal!" in line for line in lines) == 1
    ann.enter("/list")
    ann.wait_for("  sports  (1)")
    ann.enter("/join news")
    ann.wait_for("* joined news as ann")
    ann.enter("/exit")
    assert ann.status() == 0
