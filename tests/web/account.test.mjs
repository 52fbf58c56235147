import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { load } from "./fakes.mjs";

const { logIn, logOut, whoAmI } = await load("account.js");

/* What the server was asked, and answers. */
let asked, answer;

beforeEach(() => {
	asked = [];
	globalThis.document = { baseURI: "https://chat.example/sub/" };
	globalThis.fetch = async (url, options = {}) => {
		asked.push({ url: String(url), ...options });
		if (!answer)
			throw new TypeError("network");
		return answer;
	};
});

const json = (status, body, headers = {}) => ({
	ok: status < 300, status, headers: new Map(Object.entries(headers)),
	json: async () => body,
});

test("asks who it is, relative to the page", async () => {
	answer = json(200, { kind: "password", user: "alice", login: true });
	assert.equal((await whoAmI()).user, "alice");
	assert.equal(asked[0].url, "https://chat.example/sub/v1/session");
});

test("takes a server without an answer for an open one", async () => {
	for (const one of [json(404, {}), null]) {
		answer = one;
		assert.equal((await whoAmI()).login, false);
	}
});

test("logs in with name and password", async () => {
	answer = json(200, { token: "t", user: "alice", expires_at: 5 });
	assert.equal((await logIn("alice", "secret")).user, "alice");
	assert.equal(asked[0].url, "https://chat.example/sub/v1/login");
	assert.equal(asked[0].method, "POST");
	assert.deepEqual(JSON.parse(asked[0].body), { user: "alice", password: "secret" });
});

test("gives the reason why a log-in was refused", async () => {
	for (const [one, code, message] of [
		[json(401, {}), "wrong_credentials", /Wrong name or password/],
		[json(429, {}, { "Retry-After": "7" }), "rate_limited", /in 7 s/],
		[json(403, {}), "failed", /may not log in/],
		[json(500, {}), "failed", /500/],
		[null, "disconnected", /no connection/],
	]) {
		answer = one;
		await assert.rejects(logIn("alice", "x"), { code, message });
	}
});

test("logs out", async () => {
	answer = json(204);
	await logOut();
	assert.equal(asked[0].url, "https://chat.example/sub/v1/logout");
	assert.equal(asked[0].method, "POST");
});
