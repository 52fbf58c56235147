/* A connected client of parley.js, for tests that play the server. */
import assert from "node:assert/strict";

import { FakeSocket, clock, load, settled } from "./fakes.mjs";

export { FakeSocket, clock, settled };
export const { Parley, ParleyError } = await load("parley.js");

export const GREETING = { event: "me", member: "alice", id: "a1", ping_ms: 25000 };

const TYPES = ["message", "state", "error", "reset", "gap", "left", "role", "topic",
	"dm", "edit", "redact", "react", "changed", "stale", "read", "joined"];

/* Before each test. */
export function prepare() {
	clock.install();
	FakeSocket.all = [];
	Math.random = () => 0.5;
}

/* A connected client, and the events that it emits. */
export async function connected(greeting = GREETING) {
	const chat = new Parley("ws://host/ws", { name: "alice" });
	const events = [];

	for (const type of TYPES)
		chat.addEventListener(type, ({ detail }) => events.push([type, detail]));
	const first = chat.connect();
	await FakeSocket.last.receive(greeting);
	assert.equal((await first).id, greeting.id);
	return { chat, events };
}

export const joined = (fields) =>
	({ event: "joined", room: "tea", name: "tea", epoch: "e1", seq: 0, count: 1,
		members: ["alice"], messages: [], ...fields });

export const message = (seq, text = `m${seq}`) =>
	({ event: "broadcast", room: "tea", seq, at: 1, member: "bob", member_id: "b1",
		message: text });

export async function inRoom(fields) {
	const { chat, events } = await connected();
	const join = chat.join("tea");

	await FakeSocket.last.answer("join", joined(fields));
	await join;
	return { chat, events };
}

/* Loses the connection; the client has the next one. */
export async function reconnected(greeting = GREETING) {
	await FakeSocket.last.drop();
	await clock.advance(500);
	await FakeSocket.last.receive(greeting);
	return FakeSocket.last;
}
