import assert from "node:assert/strict";
import { test } from "node:test";

import { load as loadModule } from "./fakes.mjs";

const { load, save } = await loadModule("storage.js");

const store = () => {
	const items = new Map();

	return { getItem: (name) => items.get(name) ?? null,
		setItem: (name, value) => items.set(name, value) };
};

test("keeps values", () => {
	const items = store();

	save(items, "rooms", ["tea"]);
	assert.deepEqual(load(items, "rooms", []), ["tea"]);
});

test("what is missing or no JSON is the fallback", () => {
	const items = store();

	items.setItem("parley.bad", "{");
	assert.equal(load(items, "none", 7), 7);
	assert.equal(load(items, "bad", 7), 7);
});

test("a store that refuses everything does no harm", () => {
	const refuses = { getItem() { throw new Error(); }, setItem() { throw new Error(); } };

	save(refuses, "rooms", []);
	assert.equal(load(refuses, "rooms", 1), 1);
});
