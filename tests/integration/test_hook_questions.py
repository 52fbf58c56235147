"""hooks.before_connect, _join, _publish: another program allows, denies, or
replaces a message, before something happens."""

import threading

import pytest

import exposition
from accounts import Accounts
from api import KEY, Backend
from certificates import make_certificate
from client import Chat, Connection, get, head
from dialects import Action, Topic
from receiver import Receiver
from server import DEADLINE, eventually

YES = (200, {"allow": True}, {})
NO = (200, {"allow": False, "text": "Not here"}, {})


@pytest.fixture
def receiver():
    receiver = Receiver()
    receiver.answer = lambda asked: YES
    yield receiver
    assert receiver.unsigned == 0
    receiver.stop()


def asked(receiver, question):
    return [each for each in receiver.asked if each.get("question") == question]


def test_before_a_client_connects(start, receiver, tmp_path):
    accounts = Accounts(tmp_path / "key")
    server = start(*receiver.options("before_connect"), *accounts.options)
    with accounts.connect(server, "ada@example.com", target="/ws?x=1") as ada:
        assert asked(receiver, "connect") == [{
            "question": "connect", "user": "ada@example.com",
            "name": "ada@example.com", "member_id": ada.id,
            "address": "127.0.0.1", "path": "/ws", "query": "x=1",
            "dialect": "command"}]
    receiver.answer = lambda asked: NO
    with Connection(server.address) as connection:
        connection.send(head(
            Authorization=f"Bearer {accounts.token('ada@example.com')}"))
        answer = connection.read_response()
    assert answer.status == 403 and b"Not here" in answer.body
    # Who has no token is not asked about.
    with Connection(server.address) as connection:
        connection.send(head())
        assert connection.read_response().status == 401
    assert len(receiver.asked) == 2


def test_a_client_that_waits_too_long(start, receiver):
    """Its question is cancelled, so that another one can be asked."""
    server = start(*receiver.options("before_connect"), "--hooks-before-max", "1",
                   "--hooks-before-timeout", "20s",
                   "--limits-handshake-timeout", "2s")
    receiver.may_answer.clear()
    with Connection(server.address) as first:
        first.send(head())
        assert first.read_response().status == 503
    with Connection(server.address) as second:
        second.send(head())
        eventually(lambda: len(receiver.asked) == 2)
        receiver.may_answer.set()
        assert second.read_response().status == 101


def test_before_a_member_joins(start, receiver):
    server = start(*receiver.options("before_join"))
    receiver.answer = lambda asked: NO if asked.get("room") == "vip" else YES
    with Chat(server.address, "/ws?name=ada") as ada:
        assert ada.ask_ok("join", room="tea", create=True)["event"] == "joined"
        refusal = ada.refusal("join", room="vip", create=True)
        assert (refusal["code"], refusal["message"]) == ("forbidden", "Not here")
        assert ada.ask_ok("create", name="Kitchen")["event"] == "created"
        assert asked(receiver, "join")[0] == {
            "question": "join", "command": "room_join", "member": "ada",
            "member_id": ada.id, "user": False, "room": "tea", "create": True}


def test_before_a_message_is_published(start, receiver):
    def answer(asked):
        text = asked["message"]
        if text == "bad":
            return NO
        return (200, {"allow": True, "message": {"was": text}}, {})

    receiver.answer = answer
    server = start(*receiver.options("before_publish"))
    with Chat(server.address, "/ws?name=ada") as ada, Chat(server.address) as bob:
        ada.expect("broadcast")  # bob has joined
        for chat in ada, bob:
            chat.ask_ok("join", room="tea", create=True)
        ada.pending()
        assert ada.ask_ok("broadcast", room="tea", message="good")["seq"] == 1
        refusal = ada.refusal("broadcast", room="tea", message="bad")
        assert (refusal["code"], refusal["message"]) == (
            "message_refused", "Not here")
        ada.ask_ok("edit", room="tea", seq=1, message="better")
        assert bob.expect("broadcast")["message"] == {"was": "good"}
        assert bob.expect("edit")["message"] == {"was": "better"}
        ada.ask_ok("dm", recipient=bob.id, message="psst")
        assert bob.expect("dm")["message"] == {"was": "psst"}
        ada.ask_ok("broadcast", message="in the lobby")
        kinds = [(each["command"], each.get("room"), each.get("to"), each.get("seq"))
                 for each in asked(receiver, "publish")]
        assert kinds == [("broadcast", "tea", None, None), ("broadcast", "tea", None, None),
                         ("edit", "tea", None, 1), ("dm", None, bob.id, None),
                         ("broadcast", None, None, None)]
        bob.pending()


def test_what_cannot_run_is_not_asked_about(start, receiver):
    server = start(*receiver.options("before_publish"),
                   "--limits-message-bytes", "1KiB")
    with Chat(server.address) as ada:
        assert ada.refusal("broadcast", room="nowhere", message="x")
        ada.ask_ok("join", room="tea", create=True)
        refusal = ada.refusal("broadcast", room="tea", message="x" * 2000)
        assert refusal["code"] == "message_too_large"
        assert not receiver.asked
        receiver.answer = lambda asked: (
            200, {"allow": True, "message": "x" * 2000}, {})
        refusal = ada.refusal("broadcast", room="tea", message="short")
        assert refusal["code"] == "message_too_large"


def test_commands_of_a_member_keep_their_order(start, receiver, tmp_path):
    """Although the receiver delays some answers; other members do not wait."""
    server = start(*receiver.options("before_join", "before_publish"),
                   "--hooks-before-timeout", "20s",
                   "--store-kind", "file", "--store-dir", str(tmp_path / "store"))
    with Chat(server.address) as ada, Chat(server.address) as bob:
        ada.expect("broadcast")
        receiver.may_answer.clear()
        ada.send_command("join", room="tea", create=True, persistent=True, ref="0")
        for n in range(1, 21):
            ada.send_command("broadcast", room="tea", message=n, ref=str(n))
        ada.send_command("history", room="tea", ref="21")
        ada.send_command("leave", room="tea", ref="22")
        ada.send_command("broadcast", room="tea", message="too late", ref="23")
        eventually(lambda: receiver.asked)
        bob.ask_ok("ping")
        receiver.may_answer.set()
        answers, refs = [], []
        while "23" not in refs:
            event = ada.next()
            answers.append(event)
            if "ref" in event:
                refs.append(event["ref"])
        assert refs == [str(n) for n in range(24)]
        history = next(each for each in answers if each.get("ref") == "21")
        assert [each["message"] for each in history["messages"]] == list(range(1, 21))
        assert answers[-1]["event"] == "error"


def test_a_member_that_goes_before_the_answer(start, receiver):
    server = start(*receiver.options("before_publish"),
                   "--hooks-before-timeout", "20s")
    with Chat(server.address) as bob:
        bob.ask_ok("join", room="tea", create=True)
        ada = Chat(server.address)
        ada.ask_ok("join", room="tea")
        receiver.may_answer.clear()
        ada.send_command("broadcast", room="tea", message="farewell")
        eventually(lambda: receiver.asked)
        ada.socket.close()
        receiver.may_answer.set()
        events = []
        while not events or events[-1]["event"] != "leave":
            events.append(bob.next())
        assert "farewell" in [each.get("message") for each in events]


def test_other_dialects(start, receiver):
    """In one packet: the message waits for the join, and both are asked about."""
    server = start(*receiver.options("before_connect", "before_join", "before_publish"),
                   listen=("127.0.0.1:0=action", "127.0.0.1:0=topic"))
    eve = Action(server.addresses[0])
    room = eve.create("den")
    eve.post("hello")
    receiver.answer = lambda asked: NO if asked.get("message") == "bad" else YES
    assert eve.answer("message", "bad")["status"] == "error"
    eve.leave()
    alice, bob = Topic.gather(lambda *target: Topic(server.addresses[1], *target))
    alice.post("hi")
    for each in alice, bob:
        each.leave()
    assert {each["dialect"] for each in asked(receiver, "connect")} == {
        "action", "topic"}
    assert room in [each.get("room") for each in asked(receiver, "publish")]


def test_the_api(start, receiver):
    server = start(*receiver.options("before_publish"), "--admin-key", KEY)
    backend = Backend(server.address)
    backend.publish("tea", "hi", create=True)
    receiver.answer = lambda asked: NO
    answer = backend.post("/v1/rooms/tea/messages", {"message": "no"})
    assert answer.status == 409 and answer["text"] == "Not here"
    assert [each["message"] for each in asked(receiver, "publish")] == ["hi", "no"]
    backend.close()


BAD = [(500, b"", {}), (302, b"", {"Location": "/"}), (200, b"{", {}),
       (200, b"{}", {}), (200, {"allow": 1}, {}), (200, {"allow": True, "message": ""}, {}),
       (200, {"allow": False, "text": "x" * 300}, {}), None, b"rubbish\r\n\r\n"]


@pytest.mark.parametrize("policy", ["allow", "deny"])
def test_without_an_answer_the_policy_decides(start, receiver, policy):
    server = start(*receiver.options("before_publish"), "--hooks-failure", policy)
    with Chat(server.address) as ada:
        ada.ask_ok("join", room="tea", create=True)
        for bad in BAD:
            receiver.answer = lambda asked, bad=bad: bad
            got = ada.ask("broadcast", room="tea", message="x")
            assert (got["event"] == "ack") == (policy == "allow"), (bad, got)
            assert policy == "allow" or got["code"] == "unavailable"
        receiver.answer = lambda asked: YES
        ada.ask_ok("broadcast", room="tea", message="x")

    def counted():
        families = exposition.read(get(server.address, "/metrics").body.decode())
        results = families["parley_hook_questions_total"]
        return (results.value(result="failed"), results.value(result="allowed"),
                families["parley_hook_question_seconds"].total())

    eventually(lambda: counted() == (len(BAD), 1, 1))


def test_a_receiver_that_hangs(start, receiver):
    server = start(*receiver.options("before_connect", "before_join"),
                   "--hooks-before-timeout", "100ms", "--hooks-failure", "allow",
                   "--hooks-before-max", "2")
    receiver.may_answer.clear()
    chats = [Chat(server.address) for _ in range(4)]
    for chat in chats:
        chat.ask_ok("join", room="tea", create=True)
    receiver.may_answer.set()
    for chat in chats:
        chat.leave()


def test_too_many_questions(start, receiver):
    """They wait in bounded memory; beyond it the policy decides."""
    server = start(*receiver.options("before_publish"), "--hooks-memory", "64KiB",
                   "--hooks-before-max", "1", "--hooks-before-timeout", "20s")
    receiver.may_answer.clear()
    backend_count = 30
    chats = [Chat(server.address) for _ in range(backend_count)]
    for chat in chats:
        chat.ask_ok("join", room="tea", create=True)
        chat.send_command("broadcast", room="tea", message="x" * 5000, ref="m")
    receiver.may_answer.set()
    outcomes = []
    for chat in chats:
        while (event := chat.next()).get("ref") != "m":
            pass
        outcomes.append(event["event"])
    assert 3 < outcomes.count("ack") < backend_count
    assert outcomes.count("ack") + outcomes.count("error") == backend_count
    for chat in chats:
        chat.leave()


def test_many_members_at_once(start, receiver):
    """Answers come in any order; those of a member do not."""
    server = start(*receiver.options("before_publish"))
    orders = []

    def talk():
        with Chat(server.address) as chat:
            chat.ask_ok("join", room="tea", create=True)
            for n in range(30):
                chat.send_command("broadcast", room="tea", message=f"{chat.id} {n}")
            mine = []
            while len(mine) < 30:
                event = chat.next()
                text = str(event.get("message", ""))
                if event["event"] == "broadcast" and text.startswith(f"{chat.id} "):
                    mine.append(int(text.split()[1]))
            orders.append(mine)

    threads = [threading.Thread(target=talk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert orders == [list(range(30))] * 4
    assert len(receiver.asked) == 120


def publish(server, count):
    """Posts one message after the other, each after the answer about the last."""
    with Chat(server.address) as chat:
        chat.ask_ok("join", room="tea", create=True)
        for n in range(count):
            chat.ask_ok("broadcast", room="tea", message=n)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_questions_share_connections(start, scheme, tmp_path):
    certificate = make_certificate(tmp_path, "localhost", "DNS:localhost")
    receiver = Receiver(certificate=certificate if scheme == "https" else None)
    receiver.answer = lambda asked: YES
    server = start(*receiver.options("before_publish"),
                   "--hooks-ca", str(certificate[0]))
    publish(server, 100)
    assert len(receiver.asked) == 100
    # More than one only if this machine stands still for seconds.
    assert receiver.connections < 10
    receiver.stop()


def test_a_receiver_that_hangs_up_unannounced(start, receiver):
    """A question that meets the end of its connection is asked again."""
    receiver.hangs_up = True
    server = start(*receiver.options("before_publish"))
    publish(server, 200)
    assert receiver.connections == len(receiver.asked) == 200
    assert not any("before_publish" in line for line in server.lines)


def test_it_stops_while_questions_are_open(start, receiver):
    server = start(*receiver.options("before_publish"), "--drain-timeout", "200ms",
                   "--hooks-before-timeout", "20s", "--limits-close-timeout", "100ms")
    receiver.may_answer.clear()
    chat = Chat(server.address)
    chat.ask_ok("join", room="tea", create=True)
    chat.send_command("broadcast", room="tea", message="x")
    eventually(lambda: receiver.asked)
    server.stop()
    server.stop = lambda: None
    chat.socket.close()
