/* A clock that tests move, and WebSockets that tests answer. */
import { webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";

/* Debian 12's node lacks these globals. */
globalThis.crypto ??= webcrypto;
globalThis.CustomEvent ??= class extends Event {
	constructor(type, { detail } = {}) {
		super(type);
		this.detail = detail;
	}
};

const urls = new Map(); /* by name */

/* A module and those that it imports, by their text: node 18 takes .js for CommonJS. */
async function urlOf(name) {
	if (!urls.has(name)) {
		let text = await readFile(new URL(`../../web/${name}`, import.meta.url), "utf8");

		for (const [whole, imported] of text.matchAll(/^[i}].* from "\.\/(\w+\.js)"/gm))
			text = text.replace(whole,
				whole.replace(/".*"/, `"${await urlOf(imported)}"`));
		urls.set(name, `data:text/javascript,${encodeURIComponent(text)}`);
	}
	return urls.get(name);
}

/* A module of the page. */
export const load = async (name) => import(await urlOf(name));

export const clock = {
	now: 0,
	timers: new Map(),
	id: 0,

	install() {
		this.now = 1e12;
		this.timers.clear();
		Date.now = () => this.now;
		globalThis.setTimeout = (run, ms = 0) => this.add(run, ms, 0);
		globalThis.setInterval = (run, ms) => this.add(run, ms, ms);
		globalThis.clearTimeout = (id) => this.timers.delete(id);
		globalThis.clearInterval = globalThis.clearTimeout;
	},

	add(run, ms, every) {
		this.timers.set(++this.id, { at: this.now + ms, run, every });
		return this.id;
	},

	/* Runs what is due within so many milliseconds, in order. */
	async advance(ms) {
		const end = this.now + ms;

		for (;;) {
			const due = [...this.timers].filter(([, timer]) => timer.at <= end)
				.sort(([, a], [, b]) => a.at - b.at)[0];
			if (!due)
				break;
			const [id, timer] = due;
			this.now = timer.at;
			if (timer.every)
				timer.at += timer.every;
			else
				this.timers.delete(id);
			timer.run();
			await settled();
		}
		this.now = end;
	},
};

/* Runs what promises have made ready. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class FakeSocket {
	static all = [];
	static get last() {
		return FakeSocket.all.at(-1);
	}

	readyState = 1;
	sent = [];

	constructor(url, subprotocol) {
		Object.assign(this, { url: String(url), subprotocol });
		FakeSocket.all.push(this);
	}

	send(text) {
		this.sent.push(JSON.parse(text));
	}

	close() {
		this.readyState = 3;
	}

	/* The server sends a frame. */
	async receive(frame) {
		this.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
		await settled();
	}

	/* The server answers the newest request of this kind. */
	async answer(command, frame) {
		const request = this.sent.findLast((one) => one.command === command);

		await this.receive({ ...frame, ref: request.ref });
	}

	async drop(code = 1006, reason = "") {
		this.readyState = 3;
		this.onclose({ code, reason });
		await settled();
	}
}
globalThis.WebSocket = FakeSocket;
