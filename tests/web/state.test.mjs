/* What the page knows of messages: changes, what was read, what is not sent. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fakes.mjs";

const { record, withEdit, withReaction, withRedaction } = await load("messages.js");
const { ReadState } = await load("read_state.js");
const { Outbox } = await load("outbox.js");

const shown = ({ reactions }) => [...reactions].map(([text, { count, own }]) =>
	`${text} ${count}${own ? " own" : ""}`);
const hello = (fields) => record({ seq: 1, member: "bob", member_id: "b", message: "hello",
	...fields });

test("a message has its reactions, and which are our own", () => {
	assert.deepEqual(shown(hello()), []);
	assert.deepEqual(shown(hello({ reactions: JSON.parse('{"+1":2,"__proto__":1}'),
		reacted: ["+1"] })), ["+1 2 own", "__proto__ 1"]);
});

test("reactions have the counts of the server", () => {
	let message = withReaction(hello(), { reaction: "+1", count: 1, own: false });

	message = withReaction(message, { reaction: "+1", count: 2, own: true });
	assert.deepEqual(shown(message), ["+1 2 own"]);
	message = withReaction(message, { reaction: "+1", count: 1, own: false, removed: true });
	assert.deepEqual(shown(message), ["+1 1 own"]);
	message = withReaction(message, { reaction: "+1", count: 3, own: true, removed: true });
	assert.deepEqual(shown(message), ["+1 3"]);
	assert.deepEqual(shown(withReaction(message, { reaction: "+1", count: 0, own: false,
		removed: true })), []);
});

test("an edit replaces the text, a redaction removes all", () => {
	const edited = withEdit(hello({ reactions: { a: 1 } }), { message: "hi", at: 5 });

	assert.deepEqual([edited.message, edited.edited, shown(edited)], ["hi", 5, ["a 1"]]);
	const gone = withRedaction(edited, { by: "alice", by_id: "a" });
	assert.deepEqual([gone.message, gone.edited, gone.redacted, gone.redactedBy, shown(gone)],
		[undefined, undefined, true, "alice", []]);
	assert.equal(withRedaction(edited, { by: "bob", by_id: "b" }).redactedBy, undefined);
	assert.equal(withEdit(gone, { message: "hi", at: 6 }), gone);
	assert.equal(withReaction(gone, { reaction: "a", count: 1, own: true }), gone);
});

test("messages of others are unread until they are seen", () => {
	const state = new ReadState();

	state.load({ seq: 5, read: 5, unread: 0 });
	state.add({ seq: 6, own: false }, false);
	state.add({ seq: 7, own: true }, false);
	state.add({ seq: 8, own: false }, false);
	assert.deepEqual([state.unread, state.read], [2, 5]);
	assert.equal(state.readAll(), true);
	assert.deepEqual([state.unread, state.read], [0, 8]);
	assert.equal(state.readAll(), false);
	state.add({ seq: 9, own: false }, true);
	assert.deepEqual([state.unread, state.read], [0, 9]);
});

test("another device reads, never backwards and never beyond the end", () => {
	const state = new ReadState();

	state.load({ seq: 8, read: 2, unread: 6 });
	state.readElsewhere(6);
	assert.deepEqual([state.unread, state.read], [2, 6]);
	state.readElsewhere(3);
	assert.equal(state.read, 6);
	state.readElsewhere(99);
	assert.deepEqual([state.unread, state.read], [0, 8]);
	state.reset();
	assert.deepEqual([state.top, state.read], [0, 0]);
});

test("messages without numbers are counted", () => {
	const state = new ReadState();

	state.add({ own: false }, false);
	assert.equal(state.unread, 1);
	state.readAll();
	assert.equal(state.unread, 0);
});

test("what is not acknowledged is saved in its order", () => {
	let saved = [];
	const entry = (key, to) => ({ key, to, message: `m${key}` });
	const outbox = new Outbox([entry("1", "tea"), null, { key: 7 }, undefined],
		(entries) => { saved = entries; });

	outbox.add(entry("2", "cake"));
	outbox.add(entry("3", "tea"));
	assert.deepEqual(saved.map(({ key }) => key), ["1", "2", "3"]);
	assert.deepEqual(outbox.to("tea").map(({ key }) => key), ["1", "3"]);
	assert.deepEqual(outbox.destinations(), ["tea", "cake"]);
	outbox.remove("1");
	assert.deepEqual(saved.map(({ key }) => key), ["2", "3"]);
});
