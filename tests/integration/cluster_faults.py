"""make cluster-faults: three nodes and a real Redis, while one of them fails.

    make cluster-faults ARGS="--runs 100 --from 1 --kind kill_node"

Members on all nodes post, come back with `since`, and note what they see. The seed of a
run chooses its fault, the time and the duration. Printed of each run are the
acknowledged messages, how many of them are lost, the longest time that a member had to
wait for an acknowledgement, and when the last member of a dead node was removed. At the
end of a run everything works again, and the invariants are checked; a violation is
printed with the command that repeats it.
"""

import argparse
import contextlib
import json
import random
import selectors
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import client
from client import CLOSE, PING, PONG, TEXT, Chat, Gone, frame
import network
from redis_server import Redis
from server import AT_ONCE, PARLEYD, Server

NODES = 3
MEMBERS = 6
ROOM = "tea"

# Histories are compared from their first message on.
OPTIONS = (*AT_ONCE, "--history-messages", "0")

# A node's members end 7.5 s after its last sign of life.
STALE_MOST_S = 10

# A member comes again, to any node, when it has no answer for so long.
ANSWER = 10

# Longer than any step takes: only a hang exceeds it.
PATIENCE = 240


class Violation(Exception):
    """An invariant does not hold."""


class History:
    """What members have seen, in all epochs."""

    def __init__(self):
        self.lock = threading.RLock()
        self.former = {}  # epoch: (the one before, its last common number)
        self.slots = {}  # (epoch, number): message
        self.places = defaultdict(set)  # message: its slots
        self.acked = {}  # message: its slot
        self.refused = set()
        self.violations = []

    def violate(self, what, text):
        self.violations.append(f"{what}: {text}")

    def begin(self, epoch, former, seq):
        with self.lock:
            if epoch != former:
                self.former.setdefault(epoch, (former, seq))

    def slot(self, epoch, seq):
        with self.lock:
            while epoch in self.former and seq <= self.former[epoch][1]:
                epoch = self.former[epoch][0]
            return epoch, seq

    def see(self, message, epoch, seq, who):
        slot = self.slot(epoch, seq)
        with self.lock:
            if self.slots.setdefault(slot, message) != message:
                self.violate("C2", f"{who}: {slot} is {message} and "
                                   f"{self.slots[slot]}")
            if message in self.refused:
                self.violate("C3", f"{who}: {message} was refused, and is {slot}")
            for other in self.places[message]:
                if other != slot and (self.slot(epoch, other[1]) == other
                                      or self.slot(other[0], seq) == slot):
                    self.violate("C4", f"{who}: {message} is {slot} and {other}")
            self.places[message].add(slot)

    def acknowledge(self, message, epoch, seq, who):
        self.see(message, epoch, seq, who)
        with self.lock:
            self.acked[message] = self.slot(epoch, seq)

    def refuse(self, message):
        with self.lock:
            self.refused.add(message)
            if self.places[message]:
                self.violate("C3", f"{message} is {self.places[message]}, and refused")


class Member(threading.Thread):
    """A client that posts, and comes back with `since`, to any node."""

    def __init__(self, run, number):
        super().__init__(daemon=True)
        self.run_of, self.number = run, number
        self.random = random.Random(f"{run.seed} {number}")
        self.node = number % NODES
        self.chat = None
        self.name = None
        self.is_in = False
        self.epoch, self.seq = None, 0
        self.posts = self.acknowledged = 0
        self.post = None  # the message that is not acknowledged
        self.is_sent = self.is_uncertain = False
        self.next_post = self.sent_at = 0.0
        self.waits_since = None
        self.longest = 0.0
        self.declared = 0
        self.codes = set()  # with which its connections were closed
        self.ending = False

    @property
    def who(self):
        return f"member {self.number} at node {self.node}"

    def run(self):
        while not self.ending:
            try:
                self.session()
            except (Gone, OSError, AssertionError):
                pass
            self.leave_node()

    def leave_node(self):
        if self.chat is not None:
            with contextlib.suppress(OSError):
                self.chat.socket.close()
        self.chat, self.name, self.is_in = None, None, False
        if self.is_sent:
            self.is_sent, self.is_uncertain = False, True
        self.node = self.random.randrange(NODES)
        time.sleep(0.05)

    def session(self):
        server = self.run_of.nodes[self.node]
        if server is None:
            return
        address = server.address
        self.chat = Chat(address)
        self.name = self.chat.name
        self.unread = self.chat.unread
        for event in self.chat.inbox:
            self.receive(event)
        self.enter()
        while not self.ending:
            if self.is_sent and time.monotonic() - self.sent_at > ANSWER:
                raise Gone
            if (self.is_in and not self.is_sent
                    and (self.run_of.is_active or self.post is not None)):
                self.go_on_posting()
            for event in self.events():
                self.receive(event)

    def enter(self):
        since = {} if self.epoch is None else {
            "since": {"epoch": self.epoch, "seq": self.seq}}
        self.command("join", room=ROOM, create=True, persistent=True, ref="join",
                     **since)

    def command(self, command, **fields):
        self.chat.socket.sendall(frame(TEXT, json.dumps(
            {"command": command, **fields})))

    def go_on_posting(self):
        now = time.monotonic()
        if now < self.next_post:
            return
        if self.post is None:
            self.posts += 1
            self.post, self.is_uncertain = f"{self.number}-{self.posts}", False
            self.waits_since = now
        self.is_sent, self.sent_at = True, now
        self.command("broadcast", room=ROOM, key=self.post, ref=self.post,
                     message=[self.post, "x" * self.run_of.size])

    def posted(self):
        now = time.monotonic()
        self.longest = max(self.longest, now - self.waits_since)
        self.acknowledged += 1
        self.post, self.is_sent = None, False
        self.next_post = now + self.random.uniform(0.02, 0.2)

    def events(self):
        """Yields the events that have arrived; waits a short time for more."""
        self.chat.socket.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            data = self.chat.socket.recv(1 << 16)
            if not data:
                self.codes.add(1006)
                raise Gone
            self.unread += data
        while (got := self.take_frame()) is not None:
            opcode, payload = got
            if opcode == CLOSE:
                self.codes.add(int.from_bytes(payload[:2], "big"))
                raise Gone
            if opcode == PING:
                self.chat.socket.sendall(frame(PONG, payload))
            elif opcode == TEXT:
                yield json.loads(payload)

    def take_frame(self):
        data = self.unread
        if len(data) < 2:
            return None
        start, length = 2, data[1]
        if length == 126 and len(data) >= 4:
            start, (length,) = 4, struct.unpack("!H", data[2:4])
        elif length == 127 and len(data) >= 10:
            start, (length,) = 10, struct.unpack("!Q", data[2:10])
        elif length > 125:
            return None
        if len(data) < start + length:
            return None
        self.unread = data[start + length:]
        return data[0] & 0xF, data[start:start + length]

    def receive(self, event):
        action = getattr(self, "on_" + event["event"], None)
        if action is not None and event.get("room", ROOM) == ROOM:
            action(event)

    def on_joined(self, event):
        history = self.run_of.history
        before, self.is_in = (self.epoch, self.seq), True
        messages = event["messages"]
        if before[0] is not None and event.get("epoch_changed"):
            self.declared += 1
        elif before[0] is not None:
            with history.lock:
                known = history.slots.get(history.slot(*before))
                now = history.slots.get(history.slot(event["epoch"], before[1]))
            first = messages[0]["seq"] if messages else event["seq"] + 1
            if before[1] > 0 and None not in (known, now) and known != now:
                history.violate("C6", f"{self.who}: {before} was {known}, is {now}")
            if event.get("recovered") and first != before[1] + 1:
                history.violate("C6", f"{self.who}: {first} follows {before}")
        self.epoch, self.seq = event["epoch"], event["seq"]
        for message in messages:
            history.see(message["message"][0], self.epoch, message["seq"], self.who)
        if event.get("more"):
            raise Gone  # the rest is read from the last one on

    def on_epoch(self, event):
        if not self.is_in:
            return
        if event["seq"] != self.seq:
            self.run_of.history.violate(
                "C6", f"{self.who}: an epoch begins at {event['seq']}, not {self.seq}")
        self.run_of.history.begin(event["epoch"], self.epoch, event["seq"])
        self.epoch = event["epoch"]

    def on_broadcast(self, event):
        if not self.is_in or "seq" not in event:
            return
        if event["seq"] != self.seq + 1:
            self.run_of.history.violate(
                "C1", f"{self.who}: {event['seq']} follows {self.seq}")
        self.seq = event["seq"]
        self.run_of.history.see(event["message"][0], self.epoch, self.seq, self.who)

    def on_ack(self, event):
        """If a reader lags, its ack comes before the message; in the end all have seen
        the last one."""
        if event.get("ref") != self.post:
            return
        self.run_of.history.acknowledge(self.post, self.epoch, event["seq"], self.who)
        self.posted()

    def on_error(self, event):
        if event.get("ref") == "join":
            time.sleep(0.1)
            self.enter()
        elif event.get("ref") == self.post:
            if event["code"] == "not_in_room":
                raise Gone
            self.is_sent = False
            self.next_post = time.monotonic() + 0.1
            if event["code"] == "store_failed" or self.is_uncertain:
                self.is_uncertain = True  # is sent again, with its key
            else:
                self.run_of.history.refuse(self.post)
                self.posts += 1  # the next one waits for as long
                self.post = f"{self.number}-{self.posts}"

    def on_left(self, _):
        self.is_in = False


class Link:
    """A Unix socket in front of Redis. While it is cut, no bytes pass, and no
    connection is refused."""

    def __init__(self, path, target):
        self.path, self.target = str(path), str(target)
        self.is_cut = self.ending = False
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.peers = {}
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.ending:
            with selectors.DefaultSelector() as selector:
                if not self.is_cut:
                    selector.register(self.listener, selectors.EVENT_READ)
                    for peer in self.peers:
                        selector.register(peer, selectors.EVENT_READ)
                for key, _ in selector.select(0.02):
                    self.pass_on(key.fileobj)

    def pass_on(self, source):
        if source is self.listener:
            near, _ = self.listener.accept()
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.target)
            except OSError:
                near.close()
                far.close()
                return
            self.peers[near], self.peers[far] = far, near
        elif source in self.peers:
            try:
                data = source.recv(1 << 16)
                if data:
                    self.peers[source].sendall(data)
                    return
            except OSError:
                pass
            other = self.peers.pop(source)
            self.peers.pop(other)
            source.close()
            other.close()

    def end(self):
        self.ending = True
        self.thread.join()
        self.listener.close()
        for peer in self.peers:
            peer.close()


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Run:
    """One schedule."""

    redis_options = ("--appendonly", "yes", "--appendfsync", "always")

    def __init__(self, seed, kind, pace):
        self.seed, self.kind, self.pace = seed, kind, pace
        self.random = random.Random(seed)
        self.history = History()
        self.nodes = [None] * NODES
        self.links = []
        self.namespace = network.Namespace() if kind == "partition" else None
        self.isolated = self.any_node()  # the one in the namespace
        self.servers = []
        self.members = []
        self.size = 10
        self.is_active = True
        self.stale_s = 0.0  # until the members of a dead node were removed
        self.waited = 0.0  # the longest time for an acknowledgement
        self.lost = []  # what was acknowledged, in an epoch that is over
        self.folder = Path(tempfile.mkdtemp(prefix="parley-faults-"))

    # --- the processes

    def start(self):
        options = () if "no_aof" in self.kind else self.redis_options
        if self.kind == "failover":
            self.start_sentinel()
        elif self.namespace is not None:
            self.redis_port, = free_ports(1)
            self.redis = Redis(*options, "--port", str(self.redis_port), "--bind",
                               self.namespace.near, "--protected-mode", "no")
        else:
            self.redis = Redis(*options)
        self.servers.append(self.redis)
        for number in range(NODES):
            self.start_node(number)
        for number in range(MEMBERS):
            self.members.append(Member(self, number))
            self.members[-1].start()
        self.await_all(lambda member: member.acknowledged > 2, "nothing is acknowledged")

    def start_sentinel(self):
        """Redis, a replica, and a Sentinel that knows both."""
        port, other, self.sentinel_port = free_ports(3)
        self.redis = Redis("--port", str(port))
        self.replica = Redis("--port", str(other), "--replicaof", "127.0.0.1", str(port),
                             "--repl-diskless-sync-delay", "0")
        sentinel = Redis("--sentinel", config=f"""port {self.sentinel_port}
            sentinel monitor main 127.0.0.1 {port} 1
            sentinel down-after-milliseconds main 500
            sentinel failover-timeout main 3000
            """)
        self.servers += [self.replica, sentinel]
        deadline = time.monotonic() + PATIENCE
        while (not sentinel.ask("SENTINEL", "REPLICAS", "main")
               or "master_link_status:up" not in self.replica.ask("INFO")):
            if time.monotonic() > deadline:
                raise Violation("the sentinel finds no replica")
            time.sleep(0.05)

    def options(self):
        """The options of a node; one that drains asks its clients to leave one after
        the other."""
        paced = ("--drain-window", "1s") if self.kind == "rolling_update" else ()
        return (*OPTIONS, *paced)

    def url(self, number):
        if self.kind == "failover":
            return f"redis+sentinel://127.0.0.1:{self.sentinel_port}/main"
        if self.kind != "cut_off":
            return self.redis.url
        path = self.folder / f"link{number}"
        if not path.exists():
            self.links.append(Link(path, self.redis.path))
        return f"unix:{path}"

    def start_node(self, number):
        if self.namespace is not None and number == self.isolated:
            self.nodes[number] = Server(
                self.namespace.within(PARLEYD), *self.options(), "--broker-url",
                f"redis://{self.namespace.near}:{self.redis_port}",
                listen=(f"{self.namespace.far}:0",))
        else:
            self.nodes[number] = Server(
                PARLEYD, *self.options(), "--broker-url", self.url(number))
        self.nodes[number].wait_for_line("the broker is ready")

    def end(self):
        for member in self.members:
            member.ending = True
        for member in self.members:
            member.join()
        for node in self.nodes:
            if node is not None:
                node.signal(signal.SIGCONT)
                node.kill()
        for link in self.links:
            link.end()
        for server in self.servers:
            server.end()
        if self.namespace is not None:
            self.namespace.end()
        shutil.rmtree(self.folder)

    def await_all(self, holds, why):
        deadline = time.monotonic() + PATIENCE
        while not all(holds(member) for member in self.members):
            if time.monotonic() > deadline:
                raise Violation("recovery: " + why + "; " + "; ".join(
                    f"{member.who} has {member.post}, is at {member.epoch} "
                    f"{member.seq}" for member in self.members))
            if self.history.violations:
                raise Violation(self.history.violations[0])
            time.sleep(0.01)

    # --- faults

    def pause(self, least, most):
        time.sleep(self.pace * self.random.uniform(least, most))

    def any_node(self):
        return self.random.randrange(NODES)

    def fault_kill_node(self):
        number = self.any_node()
        names = {member.name for member in self.members if member.node == number}
        self.nodes[number].kill()
        self.nodes[number] = None
        self.await_removal(names - {None}, (number + 1) % NODES)
        self.start_node(number)

    def await_removal(self, names, number):
        """Waits until another node lists none of these members."""
        begun = time.monotonic()
        with Chat(self.nodes[number].address) as observer:
            while names & set(observer.ask_ok("list")["members"]):
                time.sleep(0.05)
                if time.monotonic() - begun > PATIENCE:
                    raise Violation(f"C5: {names} are still listed")
        self.stale_s = time.monotonic() - begun
        if self.stale_s > STALE_MOST_S:
            raise Violation(f"C5: members of a dead node are removed after {self.stale_s:.1f} s")

    def fault_kill_redis(self):
        self.redis.kill()
        self.pause(0, 2)
        self.redis.start()

    fault_kill_redis_no_aof = fault_kill_redis

    def fault_stop_node(self):
        """Stops a node for five seconds, or for longer than its lease."""
        number = self.any_node()
        self.nodes[number].signal(signal.SIGSTOP)
        time.sleep(self.pace * self.random.choice((5, 5, 9)))
        self.nodes[number].signal(signal.SIGCONT)

    def fault_stop_redis(self):
        self.redis.signal(signal.SIGSTOP)
        self.pause(5, 5)
        self.redis.signal(signal.SIGCONT)

    def fault_cut_pubsub(self):
        for _ in range(self.random.randint(1, 5)):
            self.redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
            self.pause(0, 0.3)

    def fault_cut_off(self):
        link = self.random.choice(self.links)
        link.is_cut = True
        self.pause(2, 9)
        link.is_cut = False

    def fault_partition(self):
        """A node in a network namespace, cut off from Redis and its clients."""
        self.namespace.cut()
        self.pause(30, 30)
        self.namespace.restore()

    def fault_maxmemory(self):
        self.redis.ask("CONFIG", "SET", "maxmemory", 1)
        self.pause(0.5, 3)
        self.redis.ask("CONFIG", "SET", "maxmemory", 0)

    def fault_flushall(self):
        self.redis.ask("FLUSHALL")

    def fault_script_flush(self):
        self.redis.ask("SCRIPT", "FLUSH")

    def fault_failover(self):
        """Makes a replica the primary that lacks the last entries."""
        self.replica.signal(signal.SIGSTOP)
        self.redis.ask("CLIENT", "KILL", "TYPE", "replica")
        self.pause(0.1, 0.5)
        self.redis.kill()
        self.replica.signal(signal.SIGCONT)

    def fault_slow_node(self):
        """Makes the subscription of a node exceed client-output-buffer-limit."""
        self.redis.ask("CONFIG", "SET", "client-output-buffer-limit",
                       "pubsub 1kb 1kb 1")
        self.size = 8000
        number = self.any_node()
        self.nodes[number].signal(signal.SIGSTOP)
        self.pause(2, 5)
        self.nodes[number].signal(signal.SIGCONT)
        self.size = 10

    def fault_rolling_update(self):
        """All nodes are replaced, one after the other; clients are asked to
        come again, and come to the others."""
        for number in range(NODES):
            node, self.nodes[number] = self.nodes[number], None
            node.stop()
            self.start_node(number)

    # --- a run

    def work(self):
        self.start()
        self.pause(0, 0.5)
        for member in self.members:
            member.longest = 0.0
        getattr(self, "fault_" + self.kind)()
        before = {member: member.acknowledged for member in self.members}
        self.await_all(lambda member: member.acknowledged > before[member] + 1,
                       "service is not restored")
        self.is_active = False
        self.await_all(lambda member: member.is_in and member.post is None,
                       "something is not acknowledged")
        self.await_all(lambda member: (member.epoch, member.seq)
                       == (self.members[0].epoch, self.members[0].seq),
                       "members differ")
        self.check()

    def check(self):
        epoch, seq = self.members[0].epoch, self.members[0].seq
        pages = []
        for number in range(NODES):
            with self.observer_at(number) as observer:
                self.check_members(observer, number)
                pages.append(self.read(observer, epoch, seq, number))
        for page in pages[1:]:
            if page != pages[0]:
                self.history.violate("C2", "nodes have different histories")
        self.lost = [message for message, slot in self.history.acked.items()
                     if self.history.slot(epoch, slot[1]) != slot or slot[1] > seq]
        self.waited = max(member.longest for member in self.members)
        if self.kind == "rolling_update":
            self.check_update()
        if self.history.violations:
            raise Violation(self.history.violations[0])

    def check_update(self):
        """Clients notice only that they are to come again."""
        codes = set().union(*(member.codes for member in self.members))
        declared = sum(member.declared for member in self.members)
        if codes != {1001} or self.lost or declared:
            self.history.violate("update", f"closed with {codes}, lost {self.lost}, "
                                           f"{declared} times another epoch")

    def observer_at(self, number):
        """A client of a node, which may have to come back to the others first."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return Chat(self.nodes[number].address)
            except (Gone, OSError, AssertionError) as error:
                if time.monotonic() > deadline:
                    raise Violation(f"recovery: node {number}: {error}") from None
            time.sleep(0.1)

    def check_members(self, observer, number):
        """An observer of before may be leaving, a member may come again."""
        deadline = time.monotonic() + STALE_MOST_S + PATIENCE
        while True:
            names = {member.name for member in self.members} | {observer.name}
            listed = set(observer.ask_ok("list")["members"])
            if listed == names:
                return
            if time.monotonic() > deadline:
                self.history.violate(
                    "C5", f"node {number} lists {listed - names}, but not "
                          f"{names - listed}")
                return
            time.sleep(0.05)

    def read(self, observer, epoch, seq, number):
        observer.ask_ok("join", room=ROOM)
        messages, before = [], seq + 1
        while before > 1:
            page = observer.ask_ok("history", room=ROOM, before=before, limit=1000)
            got = page["messages"]
            if not got:
                break
            messages = got + messages
            before = got[0]["seq"]
        if [message["seq"] for message in messages] != list(range(1, seq + 1)):
            self.history.violate("C1", f"node {number} has no whole history")
        for message in messages:
            self.history.see(message["message"][0], epoch, message["seq"],
                             f"the history of node {number}")
        return [message["message"][0] for message in messages]


KINDS = tuple(name[len("fault_"):] for name in dir(Run) if name.startswith("fault_"))


def kind_of(seed):
    return random.Random(f"kind {seed}").choice(KINDS)


def run(seed, kind, pace=1):
    """A run that is over, and has shown no violation; faults last `pace` times
    as long."""
    one = Run(seed, kind, pace)
    try:
        one.work()
        return one
    finally:
        one.end()


def line(one):
    stale_s = f", stale members {one.stale_s:.1f} s" if one.stale_s else ""
    declared = sum(member.declared for member in one.members)
    return (f"seed {one.seed}: {one.kind}: {len(one.history.acked)} acknowledged, "
            f"{len(one.lost)} lost, {declared} times another epoch, "
            f"without service {one.waited:.1f} s{stale_s}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--kind", choices=KINDS)
    arguments = parser.parse_args()
    client.DEADLINE = 5  # a node that stands still accepts connections
    waits, losses, stale_s, failures = defaultdict(list), defaultdict(int), 0.0, 0
    no_namespaces = network.why_none()
    for seed in range(arguments.first, arguments.first + arguments.runs):
        kind = arguments.kind or kind_of(seed)
        if kind == "partition" and no_namespaces:
            print(f"seed {seed}: {kind}: left out: {no_namespaces}", flush=True)
            continue
        try:
            one = run(seed, kind)
        except Violation as violation:
            failures += 1
            print(f"seed {seed}: {violation}\nrepeat: make cluster-faults "
                  f'ARGS="--from {seed} --runs 1"', flush=True)
            continue
        waits[one.kind].append(one.waited)
        losses[one.kind] += len(one.lost)
        stale_s = max(stale_s, one.stale_s)
        print(line(one), flush=True)
    for kind, waited in sorted(waits.items()):
        print(f"{kind}: {len(waited)} runs, without service {min(waited):.1f} to "
              f"{max(waited):.1f} s, {losses[kind]} acknowledged messages lost")
    print(f"{arguments.runs} runs, {failures} violations, stale members removed after "
          f"{stale_s:.1f} s at most")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
