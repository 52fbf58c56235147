"""SIGUSR2: another process goes on with listeners, connections and the chat."""

import os
import shutil
import signal
import ssl
import threading

import pytest

import handover
from certificates import make_certificate
from client import TEXT, Chat, Connection, frame, get, plain_head
from dialects import Action, Dotnet, DotnetText, Topic
from faulty_disk import FaultyDisk
from nodes import Server
from receiver import Receiver
from server import AT_ONCE, DEADLINE, PARLEYD, eventually
from test_files import client, create, offset_of, patch, upload
from test_logs import entries
from test_service import Manager

UPGRADES = 3


class Upgradable(Server):
    """A server whose process changes. Its program is a copy, to be replaced."""

    def __init__(self, folder, *options, **how):
        self.program = folder / "parleyd"
        self.taken = 0
        shutil.copy(PARLEYD, self.program)
        super().__init__(self.program, *AT_ONCE, *options, **how)
        self.serving = self.pid

    def ask_for_upgrade(self):
        os.kill(self.serving, signal.SIGUSR2)

    def expect_upgrade(self):
        """Waits until another process serves."""
        took = self.wait_for_line(r"process (\d+) took over", self.taken)
        self.serving = int(took[1])
        self.taken += 1

    def upgrade(self):
        self.ask_for_upgrade()
        self.expect_upgrade()

    def expect_failure(self, nth=0):
        self.wait_for_line("not upgraded", nth)

    def reload(self):
        done = len([line for line in self.lines if "reloaded" in line])
        os.kill(self.serving, signal.SIGHUP)
        self.wait_for_line("reloaded", done)

    def is_running(self):
        """False for a zombie process."""
        try:
            with open(f"/proc/{self.serving}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False  # the second if it ends before it is read

    def stop(self):
        os.kill(self.serving, signal.SIGTERM)
        eventually(lambda: not self.is_running())
        self.process.wait(DEADLINE)
        assert self.lines and "stopped" in self.wait_for_line("stopped")[0]
        self.assert_clean(0)

    def kill(self):
        for pid in {self.serving, self.pid}:
            if pid == self.pid or self.is_running():
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def launch(tmp_path):
    running = []

    def launch(*options, **how):
        running.append(Upgradable(tmp_path, *options, **how))
        return running[-1]

    yield launch
    for server in running:
        try:
            server.stop()
        finally:
            if server.is_running():
                os.kill(server.serving, signal.SIGKILL)


DIALECTS = ("command", "action", "topic", "dotnet")


@pytest.fixture
def crowd(launch):
    """Members of all dialects: for each, an author and those that it posts to."""
    server = launch(listen=[f"127.0.0.1:0={name}" for name in DIALECTS])
    native = [Chat(server.addresses[0]) for _ in range(9)]
    action = [Action(server.addresses[1]) for _ in range(7)]
    topic = [Topic(server.addresses[2]).join(f"t{n}") for n in range(7)]
    dotnet = [Dotnet(server.addresses[3]) for _ in range(4)]
    dotnet += [DotnetText(server.addresses[3]) for _ in range(3)]
    native[0].ask_ok("create", name="Den", room="den")
    for each in native[1:]:
        each.ask_ok("join", room="den")
    room = action[0].create()
    for each in action[1:]:
        each.join(room)
    return server, (
        (native, lambda author, text: author.post("den", text), "message"),
        (action, lambda author, text: author.post(text), "body"),
        (topic, lambda author, text: author.post(text), "message"),
        (dotnet, post_dotnet, "Message"),
    )


def post_dotnet(author, text):
    author.send_command("chat", text)
    author.pending()


def post_until(stop, groups, counts):
    """Each author posts numbers, one at a time; `topic` has a limit of 60."""
    while not stop.is_set():
        for n, (members, post, _) in enumerate(groups):
            if n == 2 and (counts[0] % 5 or counts[n] == 50):
                continue
            post(members[0], f"{DIALECTS[n]}{counts[n]}")
            counts[n] += 1


def numbers_of(member, key, last):
    """Returns the numbers that the member gets, up to the last one. Members of the
    lobby get those of other dialects, too."""
    texts = []
    while last not in texts[-1:]:
        got = member.next()
        if str(got.get(key, "")).startswith(last[0]):
            texts.append(got[key])
    return texts


def test_nothing_is_lost_and_nothing_comes_twice(crowd):
    server, groups = crowd
    stop, counts = threading.Event(), [0] * len(groups)
    poster = threading.Thread(target=post_until, args=(stop, groups, counts))
    poster.start()
    try:
        for n in range(UPGRADES):
            before = sum(counts)
            server.upgrade()
            eventually(lambda: sum(counts) >= before + 40)
    finally:
        stop.set()
        poster.join()
    for name, (members, _, key), count in zip(DIALECTS, groups, counts):
        for member in members[1:]:
            assert numbers_of(member, key, f"{name}{count - 1}") == [
                f"{name}{n}" for n in range(count)]
    assert not [line for line in server.lines if "connection closed" in line]


def test_input_that_has_begun_goes_on(launch):
    server = launch()
    members = [Chat(server.address) for _ in range(4)]
    message = frame(TEXT, '{"command":"ping","ref":"it is I"}')
    members[0].send(message[:3])
    members[1].send(message[:20])
    members[2].send(frame(TEXT, '{"command":"ping",', fin=False))
    members[3].send(frame(TEXT, '{"command":"pi', fin=False) + frame(9, "x")[:5])
    request = plain_head("/health")
    fresh, begun, kept = (Connection(server.address) for _ in range(3))
    begun.send(request[:10])
    kept.send(request)
    assert kept.read_response().status == 200
    for member in members:
        member.inbox.clear()
    server.upgrade()
    members[0].send(message[3:])
    members[1].send(message[20:])
    members[2].send(frame(0, '"ref":"it is I"}'))
    members[3].send(frame(9, "x")[5:] + frame(0, 'ng","ref":"it is I"}'))
    for member in members:
        while (got := member.next()).get("ref") != "it is I":
            assert got["event"] == "broadcast"
    fresh.send(request)
    begun.send(request[10:])
    kept.send(request)
    for connection in fresh, begun, kept:
        assert connection.read_response().status == 200


def test_lines_of_a_connection_have_its_number_and_trace(launch):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    server = launch("--limits-frame-bytes", "64KiB",
                    environment={"PARLEY_LOG_FORMAT": "json"})
    traced = Chat(server.address, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    other = Chat(server.address)
    for _ in range(2):
        server.upgrade()
    for member in traced, other:
        member.send_text("x" * 65537)
        member.expect_bye(1009)
    eventually(lambda: len(entries(server, "^connection closed")) == 2)
    opened, closed = (
        {each["connection"]: each.get("trace_id")
         for each in entries(server, f"^connection {what}")}
        for what in ("opened", "closed"))
    assert opened == closed
    assert sorted(closed.values(), key=str) == [trace, None]


@pytest.mark.parametrize("store", ["memory", "file"])
def test_the_chat_stays_as_it_is(launch, tmp_path, store):
    options = ["--store-kind", store]
    if store == "file":
        options += ["--store-dir", tmp_path / "store"]
    server = launch(*options)
    ann, bob = Chat(server.address), Chat(server.address)
    ann.ask_ok("create", name="Den", room="kept", persistent=True)
    ann.ask_ok("create", name="Den", room="short")
    for room in "kept", "short":
        bob.ask_ok("join", room=room)
        for n in range(3):
            ann.post(room, f"{room} {n}", key=f"{room} {n}")
    ann.ask_ok("redact", room="kept", seq=2)
    ann.ask_ok("react", room="short", seq=3, reaction="+1")
    before = {room: ann.ask_ok("history", room=room) for room in ("kept", "short")}
    members = ann.ask_ok("list", room="kept")
    rooms = bob.ask_ok("rooms")
    for _ in range(2):
        server.upgrade()
    bob.pending()
    for room in "kept", "short":
        after = ann.ask_ok("history", room=room)
        del before[room]["ref"], after["ref"]
        assert after == before[room]
        # A retry finds the message that was stored before.
        assert ann.post(room, f"{room} 2", key=f"{room} 2")["seq"] == 3
        assert ann.post(room, "next")["seq"] == 4
        bob.expect("broadcast", seq=4, message="next")
    assert ann.ask_ok("list", room="kept")["members"] == members["members"]
    assert [room["room"] for room in bob.ask_ok("rooms")["rooms"]] == [
        room["room"] for room in rooms["rooms"]]
    # A new member takes no number that exists.
    assert Chat(server.address).name not in (ann.name, bob.name)
    assert bob.ask_ok("leave", room="kept")["event"] == "left"


def test_what_is_stored_during_an_upgrade_goes_on(launch, tmp_path):
    """The new process reads the store while the old one still writes to it."""
    server = launch("--store-kind", "file", "--store-dir", tmp_path / "store",
                    "--store-segment", "2MiB", "--history-messages", "0",
                    "--history-bytes", "0", "--limits-bytes", "0")
    ann, bob = Chat(server.address), Chat(server.address)
    ann.ask_ok("create", name="Den", room="kept", persistent=True)
    bob.ask_ok("join", room="kept")
    ann.post("kept", "x" * 60_000)
    stop, count = threading.Event(), [1]

    def post():
        while not stop.is_set():
            ann.post("kept", f"{count[0]} " + "x" * 10_000)
            count[0] += 1

    poster = threading.Thread(target=post)
    poster.start()
    try:
        for _ in range(UPGRADES):
            before = count[0]
            server.upgrade()
            eventually(lambda: count[0] >= before + 20)
    finally:
        stop.set()
        poster.join()
    for seq in range(1, count[0] + 1):
        bob.expect("broadcast", seq=seq)
    server.upgrade()
    last = ann.ask_ok("history", room="kept", limit=1)["messages"][0]
    assert last["seq"] == count[0]
    assert not [line for line in server.lines if "lost" in line]


def histories(chat, rooms):
    """Returns the histories, without the fields that differ between requests."""
    pages = {room: chat.ask_ok("history", room=room) for room in rooms}
    return {room: {name: value for name, value in page.items() if name != "ref"}
            for room, page in pages.items()}


def test_what_changes_once_messages_were_sent_ahead(launch):
    """A member that waits for a hook holds the upgrade there."""
    receiver, held = Receiver(), threading.Event()
    receiver.answer = lambda asked: (
        (asked["room"] != "late" or held.wait(DEADLINE)) and (204, b"", {}))
    server = launch(*receiver.options("before_join"), "--history-messages", "5")
    ann, bob = Chat(server.address), Chat(server.address)
    for room in "kept", "gone", "again", "full":
        ann.ask_ok("create", name=room, room=room, persistent=room in ("kept", "full"))
        for n in range(4):
            ann.post(room, f"{room} {n}", key=f"{room} {n}")
    ann.ask_ok("create", name="Short", room="short", ttl_ms=1000)
    ann.post("short", "expires")
    bob.send_command("join", room="late", create=True, ref="late")
    eventually(lambda: receiver.asked and receiver.asked[-1]["room"] == "late")
    server.ask_for_upgrade()
    server.wait_for_line("of messages ahead")
    ann.ask_ok("edit", room="kept", seq=1, message="other text")
    ann.ask_ok("redact", room="kept", seq=2)
    ann.ask_ok("react", room="kept", seq=3, reaction="+1")
    assert ann.post("kept", "next", key="next")["seq"] == 5
    ann.ask_ok("edit", room="kept", seq=5, message="edited next")
    for room in "gone", "again":
        ann.ask_ok("leave", room=room)
    for room in "again", "fresh":
        ann.ask_ok("create", name=room, room=room)
        assert ann.post(room, "first")["seq"] == 1
    for n in range(4, 10):
        ann.post("full", f"full {n}")
    eventually(lambda: not ann.ask_ok("history", room="short")["messages"])
    rooms = "kept", "again", "fresh", "full", "short"
    before = histories(ann, rooms)
    held.set()
    server.expect_upgrade()
    while bob.next().get("ref") != "late":
        pass
    assert histories(ann, rooms) == before
    assert {message["seq"] for message in before["full"]["messages"]} == set(range(6, 11))
    assert ann.post("kept", "next", key="next")["seq"] == 5
    assert ann.post("kept", "sixth")["seq"] == 6
    # Those that are not kept any more are known as well.
    assert ann.post("full", "full 1", key="full 1")["seq"] == 2
    assert ann.post("again", "second")["seq"] == 2
    ann.ask_ok("create", name="Gone", room="gone")
    assert ann.post("gone", "first", key="gone 1")["seq"] == 1
    receiver.stop()


def test_a_slow_reader_goes_on_where_it_was(launch, tmp_path):
    """The kernel takes little for a Unix socket."""
    server = launch(listen=("127.0.0.1:0", f"unix:{tmp_path}/sock"))
    author, slow = Chat(server.address), Chat(server.addresses[1])
    author.ask_ok("create", name="Den", room="den")
    slow.ask_ok("join", room="den")
    text = "x" * 16000
    for n in range(40):
        author.post("den", f"{n} {text}")
        if n == 20:
            author.send_command("lobby")  # not known, answered in order
            server.upgrade()
            # Events that no history has: of the lobby, and presence.
            visitor = Chat(server.address)
            visitor.ask_ok("join", room="den")
            server.upgrade()
    seen, joined = [], 0
    while len(seen) < 40:
        got = slow.next()
        if got["event"] == "broadcast" and "seq" in got:
            seen.append(got["seq"])
        joined += got["event"] in ("joined", "member_joined", "presence")
    assert seen == list(range(1, 41))
    slow.ask_ok("ping")


def test_listeners_of_all_kinds_go_on(launch, tmp_path):
    path = f"{tmp_path}/sock"
    server = launch(listen=("127.0.0.1:0", "127.0.0.1:0=topic", f"unix:{path}"))
    server.upgrade()
    server.upgrade()
    Chat(server.addresses[0])
    Topic(server.addresses[1]).join()
    assert get(path, "/health").status == 200
    server.stop()
    assert not os.path.exists(path)
    server.stop = lambda: None


@pytest.mark.parametrize("store", ["memory", "file"])
def test_what_waits_for_a_receiver_of_hooks_goes_on(launch, tmp_path, store):
    receiver = Receiver()
    server = launch("--store-kind", store, "--store-dir", tmp_path / "store",
                    *receiver.options())
    receiver.wait_for(1, "started")
    receiver.may_answer.clear()
    ann = Chat(server.address)
    ann.ask_ok("join", room="den", create=True, persistent=True)
    ann.post("den", "one")
    server.upgrade()
    server.upgrade()
    ann.post("den", "two")
    ann.ask_ok("leave", room="den")
    receiver.may_answer.set()
    receiver.wait_for(1, "left")
    events = {event["number"]: event for event in receiver.events()}
    assert list(events) == sorted(events)
    assert [event["event"] for event in events.values()][:7] == [
        "started", "connected", "room_created", "joined", "message", "message", "left"]
    by = {event["event"]: event for event in events.values()}
    assert by["left"]["generation"] == by["joined"]["generation"]
    receiver.stop()


def test_a_compaction_is_given_up(launch, tmp_path):
    """One that takes seconds would keep the store from the new process."""
    disk = FaultyDisk(tmp_path)
    server = launch("--store-kind", "file", "--store-dir", disk.store,
                    "--store-sync", "never", "--store-compact-after", "12MiB",
                    "--store-segment", "4MiB",
                    "--limits-messages", "0", "--limits-bytes", "0", "--history-bytes", "0",
                    environment=disk.environment)
    ann = Chat(server.address)
    ann.ask_ok("join", room="den", create=True, persistent=True)
    ann.post("den", "x" * 60_000)
    disk.be(stall_ms=200)
    for _ in range(400):
        ann.post("den", "x" * 60_000)
        if list(disk.store.glob("snap-*.tmp")):
            break
    else:
        raise AssertionError("no compaction")
    server.upgrade()
    last = ann.ask_ok("broadcast", room="den", message="after")["seq"]
    ann.ask_ok("leave", room="den")
    assert ann.ask_ok("join", room="den")["seq"] == last
    assert not [line for line in server.lines if "gave up" in line]
    disk.be()


def test_the_service_manager_learns_of_the_new_process(launch, tmp_path):
    with Manager(f"{tmp_path}/notify") as manager:
        server = launch(environment={"NOTIFY_SOCKET": f"{tmp_path}/notify",
                                     "WATCHDOG_USEC": "400000"})
        manager.wait_for("WATCHDOG")
        server.upgrade()
        main, _ = manager.wait_for("MAINPID")
        assert main == {"MAINPID": str(server.serving)}
        manager.wait_for("READY")
        manager.wait_for("WATCHDOG")
        server.stop()
        manager.wait_for("STOPPING")
        server.stop = lambda: None


def test_tls_clients_are_asked_to_come_again(launch, tmp_path):
    certificate, key = make_certificate(tmp_path, "localhost", "DNS:localhost")
    trusting = ssl.create_default_context(cafile=certificate)
    server = launch("--tls-certificate", certificate, "--tls-key", key,
                    listen=("127.0.0.1:0", "127.0.0.1:0,tls"))
    plain = Chat(server.address)
    secret = Chat(server.addresses[1], tls=trusting)
    server.ask_for_upgrade()
    bye, _ = secret.expect_bye(1001)
    assert bye["retry_after_ms"] > 0
    server.expect_upgrade()
    Chat(server.addresses[1], tls=trusting)
    plain.ask_ok("ping")


# --- what fails ---------------------------------------------------------------


def fails_at_start(server, folder):
    handover.install(server.program, "sys.exit(3)")


def has_bad_options(server, folder):
    (folder / "conf").write_text("no.such = option\n")


def cannot_listen(server, folder):
    (folder / "conf").write_text("admin.key = 0123456789abcdef\nadmin.listen = 192.0.2.1:1\n")


def hangs(server, folder):
    (folder / "conf").write_text("upgrade.timeout = 1s\n")
    server.reload()
    handover.install(server.program, "import time; time.sleep(3600)")


def is_no_program(server, folder):
    server.program.unlink()


def ends_after(step):
    def install(server, folder):
        handover.install(server.program, f"handover.end_after({step})")

    return install


@pytest.mark.parametrize("store", ["memory", "file"])
@pytest.mark.parametrize("breaks", [
    fails_at_start, has_bad_options, cannot_listen, hangs, is_no_program,
    *map(ends_after, (handover.CHECKED, handover.STATE, handover.RECEIVED)),
], ids=lambda breaks: breaks.__qualname__)
def test_a_new_process_that_fails_changes_nothing(launch, tmp_path, store, breaks):
    (tmp_path / "conf").write_text("")
    server = launch("--config", tmp_path / "conf",
                    "--store-kind", store, "--store-dir", tmp_path / "store")
    ann, bob = Chat(server.address), Chat(server.address)
    ann.ask_ok("create", name="Den", room="den", persistent=True)
    bob.ask_ok("join", room="den")
    breaks(server, tmp_path)
    server.ask_for_upgrade()
    server.expect_failure()
    if "of the old program" in server.wait_for_line("not upgraded.*")[0]:
        server.expect_upgrade()
    ann.post("den", "still here")
    bob.expect("broadcast", message="still here")
    # The next one succeeds.
    (tmp_path / "conf").write_text("")
    server.reload()
    server.program.unlink(missing_ok=True)
    shutil.copy(PARLEYD, server.program)
    server.upgrade()
    ann.post("den", "and here")


@pytest.mark.parametrize("program", [
    f"handover.end_after({handover.AHEAD})", "handover.hang_after_checked()"])
def test_a_new_process_that_fails_with_messages_in_memory(launch, tmp_path, program):
    (tmp_path / "conf").write_text("upgrade.timeout = 2s\n")
    server = launch("--config", tmp_path / "conf")
    ann = Chat(server.address)
    ann.ask_ok("create", name="Den", room="den", persistent=True)
    for n in range(100):
        ann.post("den", f"{n} " + "x" * 15_000)
    handover.install(server.program, program)
    server.ask_for_upgrade()
    server.expect_failure()
    ann.ask_ok("edit", room="den", seq=1, message="still here")
    ann.post("den", "and here")
    before = histories(ann, ["den"])
    (tmp_path / "conf").write_text("")
    server.reload()
    server.program.unlink()
    shutil.copy(PARLEYD, server.program)
    server.upgrade()
    assert histories(ann, ["den"]) == before
    assert ann.post("den", "next")["seq"] == 102


def test_messages_in_memory_when_files_were_released(launch, tmp_path):
    """Another process of the old program has read no messages ahead."""
    server = launch("--files-dir", tmp_path / "files")
    ann = Chat(server.address)
    for room in "den", "pub":
        ann.ask_ok("create", name=room, room=room, persistent=True)
        for n in range(100):
            ann.post(room, f"{n} " + "x" * 5_000)
    ann.ask_ok("redact", room="den", seq=99)
    before = histories(ann, ["den", "pub"])
    handover.install(server.program, f"handover.end_after({handover.STORES})")
    server.ask_for_upgrade()
    server.expect_upgrade()
    server.wait_for_line(f"process {server.serving} of the old program")
    assert histories(ann, ["den", "pub"]) == before
    assert ann.post("den", "next")["seq"] == 101


def test_files_go_on(launch, tmp_path):
    """Complete ones are served, an upload goes on; nothing is read again."""
    server = launch("--files-dir", tmp_path / "files")
    content = os.urandom(100_000)
    http = client(server)
    whole = upload(http, content, "?name=a.bin")
    location = create(http, len(content), filename="b.bin")
    assert patch(http, location, 0, content[:30_000]).status == 204
    http.close()
    for _ in range(UPGRADES):
        server.upgrade()
        http = client(server)
        assert http.get(whole["url"]).raw == content
        assert offset_of(http, location) == 30_000
        http.close()
    http = client(server)
    assert patch(http, location, 30_000, content[30_000:]).status == 204
    assert http.get(location).raw == content
    assert http.ask("DELETE", location).status == 204
    eventually(lambda: sorted(os.listdir(tmp_path / "files")) == sorted(
        ["LOCK", f"{whole['id']}.data", f"{whole['id']}.info"]))


@pytest.mark.parametrize("step", [handover.STORES, handover.READY, handover.GO])
def test_a_new_process_that_is_killed_with_the_stores(launch, tmp_path, step):
    """The new one may have changed the journal: another process of the old program goes
    on."""
    server = launch("--store-kind", "file", "--store-dir", tmp_path / "store")
    ann, bob = Chat(server.address), Chat(server.address)
    ann.ask_ok("create", name="Den", room="den", persistent=True)
    bob.ask_ok("join", room="den")
    ann.post("den", "before")
    handover.install(server.program, f"handover.end_after({step})")
    server.ask_for_upgrade()
    server.expect_upgrade()
    server.wait_for_line(f"process {server.serving} of the old program")
    assert ann.post("den", "after")["seq"] == 2
    bob.pending()


@pytest.mark.parametrize("step", [handover.STORES, handover.GO])
def test_an_old_process_that_is_killed_half_way(launch, tmp_path, step):
    """The new one has everything, and goes on."""
    server = launch("--store-kind", "file", "--store-dir", tmp_path / "store")
    ann, bob = Chat(server.address), Chat(server.address)
    ann.ask_ok("create", name="Den", room="den", persistent=True)
    bob.ask_ok("join", room="den")
    ann.post("den", "before")
    handover.install(server.program, f"handover.kill_old_before({step}, {PARLEYD!r})")
    server.ask_for_upgrade()
    server.expect_upgrade()
    assert ann.post("den", "after")["seq"] == 2
    bob.expect("broadcast", message="before")
    bob.expect("broadcast", message="after")


def test_a_second_signal_is_refused(launch):
    server = launch()
    member = Chat(server.address)
    handover.install(server.program, "import time; time.sleep(3600)")
    server.ask_for_upgrade()
    first = int(server.wait_for_line(r"upgrade: .*, process (\d+)")[1])
    server.ask_for_upgrade()
    server.wait_for_line("an upgrade is under way")
    os.kill(first, signal.SIGKILL)
    server.expect_failure(1)
    member.ask_ok("ping")
