/* Talks of two users, and messages that change. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FakeSocket, clock, connected, inRoom, joined, message, prepare, reconnected,
	settled } from "./client.mjs";

const ALICE = `u${"a".repeat(26)}`;
const BOB = `u${"b".repeat(26)}`;
const TALK = `@${ALICE}+${BOB}`;
const USER = { event: "me", member: "alice", id: ALICE, ping_ms: 25000 };

const of = (events, type) => events.filter(([one]) => one === type)
	.map(([, detail]) => detail);
const last = (command) => FakeSocket.last.sent.findLast((one) => one.command === command);
const dm = (seq, fields) => ({ event: "dm", room: TALK, seq, at: 1, member: "bob",
	member_id: BOB, message: `m${seq}`, ...fields });
const NOT_FOUND = { event: "error", code: "room_not_found", message: "" };

beforeEach(prepare);

async function inTalk(answer) {
	const { chat, events } = await connected(USER);
	const talk = chat.openTalk(BOB, { history: 50 });

	await FakeSocket.last.answer("join", answer);
	return { chat, events, talk: (await talk).room };
}

test("a talk is joined by the ids of both", async () => {
	const { events, talk } = await inTalk(joined({ room: TALK, seq: 1, epoch: "t1" }));

	assert.deepEqual([last("join").room, last("join").history], [TALK, 50]);
	assert.deepEqual([talk.other, talk.epoch], [BOB, "t1"]);
	await FakeSocket.last.receive(dm(2));
	await FakeSocket.last.receive(dm(2));
	assert.deepEqual(of(events, "message").map(({ room, seq }) => [room, seq]), [[TALK, 2]]);
	assert.deepEqual(of(events, "dm"), []);
});

test("messages of a talk that is not open are dm events", async () => {
	const { events } = await connected(USER);

	await FakeSocket.last.receive(dm(2));
	assert.equal(of(events, "dm")[0].own, false);
});

test("our own message of a talk is emitted when it is acknowledged", async () => {
	const { chat, events } = await inTalk(joined({ room: TALK, seq: 1, epoch: "t1" }));
	const sent = chat.broadcast(TALK, "psst", { key: "k" });

	await settled();
	assert.deepEqual([last("dm").recipient, last("dm").key], [BOB, "k"]);
	await FakeSocket.last.answer("dm", { event: "dm_sent", room: TALK, seq: 2, at: 3,
		member_id: BOB, message: "psst", away: true });
	assert.equal((await sent).away, true);
	const [own] = of(events, "message");
	assert.deepEqual([own.seq, own.own, own.key, own.message], [2, true, "k", "psst"]);
});

test("a retry in a talk has the same key, and is emitted once", async () => {
	const { chat, events } = await inTalk(joined({ room: TALK, seq: 1, epoch: "t1" }));
	const sent = chat.broadcast(TALK, "psst", { key: "k" });

	await settled();
	const socket = await reconnected(USER);
	assert.deepEqual(last("join").since, { epoch: "t1", seq: 1 });
	await socket.answer("join", joined({ room: TALK, seq: 2, epoch: "t1", messages: [
		{ seq: 2, at: 3, member: "alice", member_id: ALICE, message: "psst" }] }));
	await clock.advance(1);
	assert.equal(last("dm").key, "k");
	await socket.answer("dm", { event: "dm_sent", room: TALK, seq: 2, at: 3,
		member_id: BOB, duplicate: true });
	await sent;
	assert.equal(of(events, "message").length, 1);
});

test("a talk begins with its first message", async () => {
	const { chat, events, talk } = await inTalk(NOT_FOUND);
	const sent = chat.broadcast(TALK, "psst");

	await settled();
	await FakeSocket.last.answer("dm", { event: "dm_sent", room: TALK, seq: 1, at: 3,
		member_id: BOB, message: "psst" });
	await sent;
	assert.equal(of(events, "message").length, 1);
	await FakeSocket.last.answer("join", joined({ room: TALK, epoch: "t1", seq: 1 }));
	assert.equal(talk.epoch, "t1");
});

test("a talk that began while there was no connection is read", async () => {
	const { events, talk } = await inTalk(NOT_FOUND);
	let socket = await reconnected(USER);

	await socket.answer("join", NOT_FOUND);
	assert.equal(talk.live, true);
	await FakeSocket.last.drop();
	await clock.advance(2000);
	socket = FakeSocket.last;
	await socket.receive(USER);
	await socket.answer("join", joined({ room: TALK, seq: 1, epoch: "t1",
		messages: [dm(1)] }));
	assert.deepEqual(of(events, "message").map(({ seq }) => seq), [1]);
	assert.deepEqual(of(events, "reset"), []);
});

test("own rooms come page by page", async () => {
	const { chat } = await connected(USER);
	const own = chat.listOwnRooms();

	assert.equal(last("rooms").mine, true);
	await FakeSocket.last.answer("rooms", { event: "rooms", more: true,
		rooms: [{ room: "a" }] });
	assert.equal(last("rooms").after, "a");
	await FakeSocket.last.answer("rooms", { event: "rooms", rooms: [{ room: "b" }] });
	assert.deepEqual((await own).map(({ room }) => room), ["a", "b"]);
});

test("acts of another connection of ours are reported", async () => {
	const { events } = await connected(USER);

	await FakeSocket.last.receive({ event: "join", room: "tea", member: "alice",
		member_id: ALICE });
	await FakeSocket.last.receive({ event: "join", room: "tea", member: "bob",
		member_id: BOB });
	await FakeSocket.last.receive({ event: "read", room: "tea", seq: 3 });
	assert.deepEqual(of(events, "joined"), [{ room: "tea" }]);
	assert.equal(of(events, "read")[0].seq, 3);
});

test("edits, redactions and reactions of a room are emitted", async () => {
	const { chat, events } = await inRoom({ seq: 1 });

	chat.edit("tea", 1, "new").catch(() => {});
	assert.deepEqual([last("edit").seq, last("edit").message], [1, "new"]);
	chat.react("tea", 1, "+1").catch(() => {});
	assert.equal(last("react").remove, undefined);
	chat.unreact("tea", 1, "+1").catch(() => {});
	assert.equal(last("react").remove, true);
	chat.redact("tea", 1).catch(() => {});
	assert.equal(last("redact").seq, 1);
	await FakeSocket.last.receive({ event: "edit", room: "tea", seq: 1, message: "new",
		member: "alice", member_id: "a1", at: 2 });
	await FakeSocket.last.receive({ event: "react", room: "tea", seq: 1, reaction: "+1",
		member: "bob", member_id: "b1", count: 1 });
	await FakeSocket.last.receive({ event: "redact", room: "tea", seq: 1, by: "alice",
		by_id: "a1", at: 3 });
	await FakeSocket.last.receive({ event: "redact", room: "other", seq: 1 });
	assert.deepEqual(["edit", "react", "redact"].map((type) =>
		of(events, type).map(({ own }) => own)), [[true], [false], [true]]);
});

test("an edit does not overtake its message", async () => {
	const { events } = await inRoom({ seq: 1 });
	const socket = await reconnected();

	await socket.receive(message(2));
	await socket.receive({ event: "edit", room: "tea", seq: 2, message: "new",
		member: "bob", member_id: "b1", at: 2 });
	await socket.answer("join", joined({ seq: 1 }));
	assert.deepEqual(events.map(([type]) => type)
		.filter((type) => ["message", "edit"].includes(type)), ["message", "edit"]);
});

test("changes of earlier messages come after a reconnect", async () => {
	const { events } = await inRoom({ seq: 2 });
	const socket = await reconnected();

	await socket.answer("join", joined({ seq: 2, more_changes: true, changes: [
		{ seq: 1, at: 1, member: "bob", member_id: "b1", redacted: true }] }));
	assert.deepEqual(of(events, "changed").map(({ room, seq, redacted }) =>
		[room, seq, redacted]), [["tea", 1, true]]);
	assert.equal(of(events, "stale")[0].id, "tea");
});
