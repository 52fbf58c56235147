import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fakes.mjs";

const { captionOf, fileOf, sizeText } = await load("attachments.js");

const ID = "0f8fad5b-d9cb-469f-a165-70867728950e";
const file = (fields) => ({ file: { id: ID, name: "a.png", type: "image/png", size: 3,
	url: `/v1/files/${ID}`, ...fields } });

test("sizes are short", () => {
	assert.deepEqual([0, 999, 1000, 9949, 10000, 1234567, 2.5e9].map(sizeText),
		["0 bytes", "999 bytes", "1.0 kB", "9.9 kB", "10 kB", "1.2 MB", "2.5 GB"]);
});

test("a file is read from this server, whatever its address is", () => {
	for (const url of [`/v1/files/${ID}`, `https://other.example/v1/files/${ID}`, "javascript:1"])
		assert.equal(fileOf(file({ url })).path, `v1/files/${ID}`);
	assert.equal(fileOf(file({ url: `/v1/files/${ID}?key=a-B_9` })).path,
		`v1/files/${ID}?key=a-B_9`);
});

test("sides count if both are sensible", () => {
	assert.equal(fileOf(file({ width: 3, height: 4 })).width, 3);
	for (const sides of [{ width: 3 }, { width: 3, height: 0 }, { width: 1e9, height: 1 },
		{ width: "3", height: 4 }])
		assert.equal(fileOf(file(sides)).width, undefined);
});

test("what is no file is not taken for one", () => {
	for (const message of [undefined, null, "file", 7, [], {}, { file: null }, { file: "a" },
		file({ id: "../../x" }), file({ id: 7 }), file({ name: 7 }), file({ size: "3" }),
		file({ size: 1.5 }), file({ url: {} })])
		assert.equal(fileOf(message), null);
});

test("a caption is text", () => {
	assert.equal(captionOf({ text: "look" }), "look");
	assert.equal(captionOf({ text: 7 }), "");
	assert.equal(captionOf({}), "");
});
