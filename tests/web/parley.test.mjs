import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeSocket, GREETING, Parley, ParleyError, clock, connected, inRoom, joined,
	message, prepare, settled } from "./client.mjs";

beforeEach(prepare);

const texts = (events) => events.filter(([type]) => type === "message")
	.map(([, { message: text }]) => text);

/* The pause before the next attempt. */
const pause = (events) => events.findLast(([type]) => type === "state")[1].retryAt - clock.now;

test("requests a name and the subprotocol", async () => {
	await connected();
	assert.equal(FakeSocket.last.url, "ws://host/ws?name=alice");
	assert.equal(FakeSocket.last.subprotocol, "parley.v1");
});

test("a token goes with each connection, and is renewed", async () => {
	const tokens = ["t1", "t2", "t3"];
	const chat = new Parley("ws://host/ws", { token: async () => tokens.shift() });
	const greeting = chat.connect();

	await settled();
	assert.deepEqual(FakeSocket.last.subprotocol, ["parley.v1", "bearer.t1"]);
	await FakeSocket.last.receive(GREETING);
	await greeting;
	await FakeSocket.last.receive({ event: "token_expiring", at: 1e12 });
	const renewal = FakeSocket.last.sent.findLast(({ command }) => command === "auth");
	assert.equal(renewal.token, "t2");
	await FakeSocket.last.answer("auth", { event: "done", command: "auth" });
	await FakeSocket.last.drop(4202, "token_expired");
	await clock.advance(1000);
	assert.deepEqual(FakeSocket.last.subprotocol, ["parley.v1", "bearer.t3"]);
	chat.close();
});

test("a token that cannot be had is requested again later", async () => {
	let calls = 0;
	const chat = new Parley("ws://host/ws", {
		token: () => (++calls === 1 ? Promise.reject(new Error("offline")) : "t"),
	});

	chat.connect();
	await settled();
	assert.equal(chat.state, "waiting");
	await clock.advance(1000);
	assert.equal(FakeSocket.all.length, 1);
	assert.deepEqual(FakeSocket.last.subprotocol, ["parley.v1", "bearer.t"]);
	chat.close();
});

test("a room that another connection of the user left is left", async () => {
	const { chat, events } = await inRoom();

	await FakeSocket.last.receive(
		{ event: "leave", room: "tea", member: "alice", member_id: "a1" });
	assert.equal(chat.rooms.has("tea"), false);
	assert.equal(events.findLast(([type]) => type === "left")[1].error.code, "left");
});

test("a name that another connection of the user took is ours", async () => {
	const { chat } = await inRoom();

	await FakeSocket.last.receive(
		{ event: "renamed", was: "alice", member: "al", member_id: "a1" });
	assert.equal(chat.me.member, "al");
	await FakeSocket.last.receive(
		{ event: "renamed", room: "tea", was: "alice", member: "al", member_id: "a1" });
	assert.deepEqual(chat.rooms.get("tea").members, ["al"]);
});

test("ids of members by name; own direct messages of other connections", async () => {
	const { chat } = await connected();
	const ids = chat.listMemberIds("tea");
	const dms = [];

	await FakeSocket.last.answer("list",
		{ event: "list", members: ["alice", "bob"], ids: ["a1", "b1"] });
	assert.equal((await ids).get("bob"), "b1");
	chat.addEventListener("dm", ({ detail }) => dms.push(detail.own));
	await FakeSocket.last.receive({ event: "dm", member: "bob", member_id: "b1", message: "x" });
	await FakeSocket.last.receive({ event: "dm", member: "alice", member_id: "a1", message: "y" });
	assert.deepEqual(dms, [false, true]);
});

test("an answer belongs to the request with its ref", async () => {
	const { chat } = await connected();
	const rooms = chat.listRooms();
	const members = chat.listMembers("tea");

	await FakeSocket.last.answer("list", { event: "list", members: ["bob"] });
	await FakeSocket.last.answer("rooms", { event: "rooms", rooms: [] });
	assert.deepEqual(await members, ["bob"]);
	assert.deepEqual(await rooms, []);
});

test("an error rejects with its code and fields", async () => {
	const { chat } = await connected();
	const join = chat.join("none");

	await Promise.all([
		assert.rejects(join, (error) => error instanceof ParleyError &&
			error.code === "room_full" && error.limit === 3),
		FakeSocket.last.answer("join",
			{ event: "error", code: "room_full", message: "full", limit: 3 }),
	]);
});

test("frames that are no objects are reported and skipped", async () => {
	const { events } = await inRoom();

	for (const frame of ["", "{", "null", "17", "\"me\"", "[]",
		JSON.stringify(message("1")), JSON.stringify({ ...message(1), member: 7 })])
		await FakeSocket.last.receive(frame);
	await FakeSocket.last.receive({ event: "toString" });
	await FakeSocket.last.receive({ event: "from the future" });
	assert.deepEqual(new Set(events.filter(([type]) => type === "error")
		.map(([, { code }]) => code)), new Set(["bad_frame"]));
	await FakeSocket.last.receive(message(1));
	assert.deepEqual(texts(events), ["m1"]);
});

test("rejoins with since; each message once and in order", async () => {
	const { events } = await inRoom();

	await FakeSocket.last.receive(message(1));
	await FakeSocket.last.drop();
	await clock.advance(500);
	const socket = FakeSocket.last;
	await socket.receive(GREETING);
	assert.deepEqual(socket.sent.findLast(({ command }) => command === "join").since,
		{ epoch: "e1", seq: 1 });
	/* A live message overtakes the answer, and is in it, too. */
	await socket.receive(message(3));
	await socket.answer("join", joined({ seq: 3, recovered: true,
		messages: [message(2), message(3)] }));
	await socket.receive(message(4));
	assert.deepEqual(texts(events), ["m1", "m2", "m3", "m4"]);
});

test("fetches missed messages page by page", async () => {
	const { events } = await inRoom();

	await FakeSocket.last.drop();
	await clock.advance(500);
	const socket = FakeSocket.last;
	await socket.receive(GREETING);
	await socket.answer("join", joined({ seq: 3, more: true, messages: [message(1)] }));
	const page = socket.sent.findLast(({ command }) => command === "history");
	assert.equal(page.after, 1);
	await socket.answer("history", { event: "history", messages: [message(2), message(3)] });
	assert.deepEqual(texts(events), ["m1", "m2", "m3"]);
});

test("reports a gap and a reset", async () => {
	const { chat, events } = await inRoom({ seq: 5 });

	await FakeSocket.last.drop();
	await clock.advance(500);
	await FakeSocket.last.receive(GREETING);
	await FakeSocket.last.answer("join", joined({ epoch: "e2", epoch_changed: true, seq: 9,
		missing: [1, 8], messages: [message(9)] }));
	assert.deepEqual(events.filter(([type]) => type === "gap")[0][1].missing, [1, 8]);
	assert.equal(events.filter(([type]) => type === "reset").length, 1);
	assert.equal(chat.rooms.get("tea").epoch, "e2");
});

test("goes on in the epoch that a room gets", async () => {
	const { events } = await inRoom();

	await FakeSocket.last.receive(message(1));
	await FakeSocket.last.receive({ event: "epoch", room: "tea", epoch: "e2", seq: 1 });
	await FakeSocket.last.receive({ event: "epoch", room: "unknown", epoch: "e3", seq: 1 });
	await FakeSocket.last.receive(message(2));
	await FakeSocket.last.drop();
	await clock.advance(500);
	await FakeSocket.last.receive(GREETING);
	assert.deepEqual(FakeSocket.last.sent.findLast(({ command }) => command === "join").since,
		{ epoch: "e2", seq: 2 });
	assert.deepEqual(texts(events), ["m1", "m2"]);
});

test("repeats a message that was not acknowledged with the same key", async () => {
	const { chat } = await inRoom();
	const posted = chat.broadcast("tea", "hello");

	await settled();
	const { key } = FakeSocket.last.sent.at(-1);
	assert.match(key, /^[0-9a-f]{32}$/);
	await FakeSocket.last.drop();
	await clock.advance(500);
	const socket = FakeSocket.last;
	await socket.receive(GREETING);
	await socket.answer("join", joined());
	await clock.advance(1);
	const again = socket.sent.findLast(({ command }) => command === "broadcast");
	assert.equal(again.key, key);
	await socket.answer("broadcast", { event: "ack", seq: 1 });
	assert.equal((await posted).seq, 1);
});

test("waits as long as the server asks before it repeats", async () => {
	const { chat } = await inRoom();
	const posted = chat.broadcast("tea", "hello");

	await settled();
	const sent = () => FakeSocket.last.sent.filter(({ command }) => command === "broadcast");
	await FakeSocket.last.answer("broadcast",
		{ event: "error", code: "rate_limited", message: "slow", retry_after_ms: 700 });
	await clock.advance(699);
	assert.equal(sent().length, 1);
	await clock.advance(1);
	assert.equal(sent().length, 2);
	await FakeSocket.last.answer("broadcast", { event: "ack", seq: 1 });
	await posted;
});

test("messages of one room keep the order of the calls", async () => {
	const { chat } = await inRoom();
	const posted = [chat.broadcast("tea", 1), chat.broadcast("tea", 2)];
	const sent = () => FakeSocket.last.sent.filter(({ command }) => command === "broadcast");

	await settled();
	assert.equal(sent().length, 1);
	await FakeSocket.last.answer("broadcast", { event: "ack", seq: 1 });
	assert.deepEqual(sent().map((one) => one.message), [1, 2]);
	await FakeSocket.last.answer("broadcast", { event: "ack", seq: 2 });
	await Promise.all(posted);
});

test("a room that was deleted is created again", async () => {
	await inRoom();
	await FakeSocket.last.drop();
	await clock.advance(500);
	const socket = FakeSocket.last;
	await socket.receive(GREETING);
	await socket.answer("join", { event: "error", code: "room_not_found", message: "" });
	assert.equal(socket.sent.at(-1).command, "create");
	await socket.answer("create", { event: "error", code: "room_exists", message: "" });
	await socket.answer("join", joined());
});

test("pauses double up to half a minute", async () => {
	const { events } = await connected();
	const pauses = [];

	for (let i = 0; i < 9; i++) {
		await FakeSocket.last.drop();
		pauses.push(pause(events));
		await clock.advance(pauses.at(-1));
	}
	assert.deepEqual(pauses, [375, 750, 1500, 3000, 6000, 12000, 22500, 22500, 22500]);
});

test("a server that restarts names the time to return", async () => {
	const { events } = await connected();

	await FakeSocket.last.receive({ event: "bye", code: 1001, reason: "going_away",
		retry_after_ms: 4321 });
	await FakeSocket.last.drop(1001);
	assert.equal(pause(events), 4321);
});

test("a refusal is final until retry()", async () => {
	const chat = new Parley("ws://host/ws");
	const greeting = chat.connect();

	await Promise.all([
		assert.rejects(greeting, { code: "banned" }),
		FakeSocket.last.drop(4007, "banned"),
	]);
	assert.equal(chat.state, "refused");
	await clock.advance(100000);
	assert.equal(FakeSocket.all.length, 1);
	chat.retry();
	assert.equal(FakeSocket.all.length, 2);
});

test("a silent connection is checked, then replaced", async () => {
	const { chat } = await connected();

	await clock.advance(30000);
	assert.equal(FakeSocket.last.sent.at(-1).command, "ping");
	await FakeSocket.last.answer("ping", { event: "pong" });
	assert.equal(chat.state, "open");
	assert.equal(FakeSocket.all.length, 1);
	await clock.advance(45000);
	assert.equal(FakeSocket.all.length, 2);
});

const role = (fields) => ({ event: "role", room: "tea", member: "alice",
	member_id: "a1", by: "bob", by_id: "b1", at: 1, ...fields });

test("a room has a topic and our role", async () => {
	const { chat, events } = await inRoom({ topic: "Earl Grey", role: "owner" });
	const room = chat.rooms.get("tea");

	assert.equal(room.topic, "Earl Grey");
	assert.equal(room.role, "owner");
	await FakeSocket.last.receive({ event: "topic", room: "tea", topic: "Assam",
		by: "bob", by_id: "b1", at: 1 });
	await FakeSocket.last.receive(role({ role: "voice" }));
	assert.equal(room.topic, "Assam");
	assert.equal(room.role, "voice");
	assert.deepEqual(events.filter(([type]) => ["topic", "role"].includes(type))
		.map(([type, { own }]) => [type, own]), [["topic", false], ["role", true]]);
});

test("a member that is kicked or banned has left", async () => {
	for (const [event, code] of [
		[{ ...role({}), event: "kick", reason: "spam" }, "kicked"],
		[role({ role: "banned" }), "banned"],
		[{ event: "deleted", room: "tea", by: "bob", by_id: "b1" }, "deleted"],
	]) {
		const { chat, events } = await inRoom();

		await FakeSocket.last.receive(event);
		assert.equal(chat.rooms.size, 0);
		const [, { room, error }] = events.find(([type]) => type === "left");
		assert.equal(room.id, "tea");
		assert.equal(error.code, code);
	}
});

test("what happens to others leaves us in the room", async () => {
	const { chat, events } = await inRoom();

	await FakeSocket.last.receive(role({ member: "eve", member_id: "e1", role: "banned" }));
	assert.equal(chat.rooms.size, 1);
	assert.equal(events.find(([type]) => type === "role")[1].own, false);
});

test("a moderator's commands", async () => {
	const { chat } = await inRoom({ role: "owner" });
	const done = chat.mute("tea", "eve", { ms: 1000, reason: "spam" });

	await FakeSocket.last.answer("mute", { event: "done", command: "mute", room: "tea" });
	assert.equal((await done).event, "done");
	const { duration_ms: ms, member, reason } = FakeSocket.last.sent.at(-1);
	assert.deepEqual([ms, member, reason], [1000, "eve", "spam"]);
});
