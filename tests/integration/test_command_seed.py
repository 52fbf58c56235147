"""What the first clients of this protocol rely on: they count frames."""

import asyncio
import json

import pytest
import websockets

from client import BINARY, CLOSE, TEXT, Chat, Connection, close_frame, frame, get, head
from server import DEADLINE, eventually


def together(test):
    """Runs a test that is a coroutine, and not for ever."""

    def run(parleyd):
        host, port = parleyd.address
        asyncio.run(asyncio.wait_for(test(f"ws://{host}:{port}/ws"), DEADLINE))

    return run


async def event(client):
    return json.loads(await client.recv())


async def skip(client, count):
    return [await event(client) for _ in range(count)]


async def send_command(client, **command):
    await client.send(json.dumps(command))


@together
async def test_two_clients_are_greeted_with_three_frames_and_two(url):
    async with websockets.connect(url) as one:
        async with websockets.connect(url) as two:
            me, hello, newcomer = await skip(one, 3)
            me_too, hello_too = await skip(two, 2)
    assert [me["event"], me_too["event"]] == ["me", "me"]
    assert hello["message"] == f"{me['member']} has joined!"
    assert newcomer == hello_too
    assert hello_too == {
        "event": "broadcast",
        "message": f"{me_too['member']} has joined!",
    }


@together
async def test_a_broadcast_reaches_its_author_too(url):
    async with websockets.connect(url) as one, websockets.connect(url) as two:
        me = (await skip(one, 3))[0]
        await skip(two, 2)
        await send_command(one, command="broadcast", message="Hello, world!")
        sent = {
            "event": "broadcast",
            "member": me["member"],
            "message": "Hello, world!",
        }
        for client in one, two:
            got = await event(client)
            assert {name: got[name] for name in sent} == sent
            assert not {"room", "seq", "at"} & set(got)


@together
async def test_list_omits_closed_connections(url):
    async with websockets.connect(url) as one:
        two = await websockets.connect(url)
        names = [(await skip(one, 3))[0]["member"], (await skip(two, 2))[0]["member"]]
        await send_command(one, command="list")
        assert await event(one) == {"event": "list", "members": names}
        await two.close()
        await send_command(one, command="list")
        assert await event(one) == {"event": "list", "members": names[:1]}


@together
async def test_me_repeats_the_own_name(url):
    async with websockets.connect(url) as one:
        me, _ = await skip(one, 2)
        await send_command(one, command="me")
        assert await event(one) == me
        assert me["id"] == me["data"]["id"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_health_is_two_letters_for_any_method(parleyd, method):
    got = get(parleyd.address, "/health", method)
    assert (got.status, got.body) == (200, b"ok")
    assert got.headers["content-type"] == "text/plain; charset=utf-8"


def test_ws_without_an_upgrade_is_a_bad_request(parleyd):
    got = get(parleyd.address, "/ws")
    assert (got.status, got.body) == (400, b"Bad Request\n")
    assert got.headers["content-type"].startswith("text/plain")
    assert got.headers["sec-websocket-version"] == "13"


def test_other_paths_are_not_found(parleyd):
    got = get(parleyd.address, "/nowhere")
    assert (got.status, got.body) == (404, b"404 page not found\n")


def test_numbers_of_members_never_go_back(parleyd, join):
    gone = join()
    gone.close()
    number = int(gone.name[len("member"):])
    assert join().name == f"member{number + 1}"


def test_a_conversation_as_documented(join):
    a = join()
    b = join()
    a.expect("broadcast", message=f"{b.name} has joined!")
    a.send_command("broadcast", message="Hi")
    for each in a, b:
        each.expect("broadcast", member=a.name, message="Hi")
    b.send_command("dm", recipient=a.name, message="psst")
    a.expect("dm", member=b.name, message="psst")
    b.expect("dm_sent", member=a.name, message="psst")
    b.close()
    a.send_command("list")
    a.expect("list", members=[a.name])
    assert a.pending() == []


def test_a_lost_connection_is_not_announced(join):
    a, b = join(), join()
    b.reset()
    eventually(lambda: a.ask("list")["members"] == [a.name])
    assert [e["event"] for e in a.pending()] == ["broadcast"]


@pytest.mark.parametrize("key", ["command", "Command", "COMMAND", "cOmMaNd"])
def test_keys_match_in_any_letter_case(join, key):
    a = join()
    a.send_text(json.dumps({key: "list"}))
    a.expect("list", members=[a.name])


def test_values_of_command_do_not(join):
    a = join()
    a.send_text('{"command":"List"}')
    a.expect("error", code="unknown_command")


def test_unknown_keys_and_nulls_count_as_absent(join):
    a = join()
    a.send_command("list", room=None, data={"x": [1]}, color="green", client_id=7)
    a.expect("list", members=[a.name])


def test_a_wrong_type_voids_the_frame(join):
    a = join()
    a.send_command("broadcast", message=5)
    a.expect("error", code="bad_field", field="message")
    assert a.pending() == []


def test_commands_may_be_binary_and_answers_are_text(join):
    a = join()
    a.send_frame(BINARY, b'{"command":"me"}')
    assert isinstance(a.read_message(), str)


def test_a_dm_to_oneself_arrives_before_its_receipt(join):
    a = join()
    a.send_command("dm", recipient=a.name, message="note")
    a.expect("dm", member=a.name, message="note")
    a.expect("dm_sent", member=a.name, message="note")


def test_a_dm_to_an_unknown_name_is_answered(join):
    a = join()
    a.send_command("dm", recipient="bob", message="hello?")
    a.expect("error", message="Member 'bob' not found")
    a.send_command("dm", message="hello?")
    a.expect("error", message="Recipient is required for DM")


TEXTS = ["<&>", "\u2028", "\u00e9\u20ac\U0001f600", '"\\/', "\t\0"]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_text_comes_back_unchanged(join, text):
    a = join()
    a.send_command("broadcast", message=text)
    a.expect("broadcast", message=text)


def test_frames_sent_with_the_request_are_answered(parleyd):
    with Connection(parleyd.address) as connection:
        connection.send(head() + frame(TEXT, '{"command":"list"}'))
        assert connection.read_response().status == 101
        connection.send(close_frame(1000))
        received = connection.read_until(b"\x88\x02\x03\xe8")
        events = [b'"event":"%s"' % name for name in (b"me", b"broadcast", b"list")]
        places = [received.index(event) for event in events]
        assert places == sorted(places)


def test_close_is_echoed_and_the_connection_ends(parleyd):
    a = Chat(parleyd.address)
    a.close(1000)


def test_a_member_is_gone_when_its_close_is_echoed(join):
    a = join()
    for _ in range(20):
        b = join()
        a.expect("broadcast", message=f"{b.name} has joined!")
        b.send_frame(CLOSE, b"\x03\xe8")
        assert b.read_frame().opcode == CLOSE
        a.send_command("list")
        a.expect("list", members=[a.name])
        b.socket.close()
