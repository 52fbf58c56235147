/**
 * A client of parley's native protocol for browsers, and for whatever else
 * has WebSocket and EventTarget. It needs nothing but this file.
 *
 *     import { Parley } from "./parley.js";
 *
 *     const chat = new Parley("wss://chat.example/ws", { name: "alice" });
 *     chat.addEventListener("message", ({ detail }) =>
 *         console.log(detail.member, detail.message));
 *     await chat.connect();
 *     await chat.join("tea", { create: true, history: 50 });
 *     await chat.broadcast("tea", "anyone?");
 *
 * A connection that is lost is found again: with growing pauses, and at once
 * when the machine is online again. Every room is then joined with `since`,
 * so that each message is told once and in order. What broadcast() was given
 * and nobody acknowledged is sent again with the same `key`, so that it is
 * posted once.
 *
 * Events, each with its `detail`:
 *
 * | event   | detail |
 * |---------|--------|
 * | state   | `{state, retryAt, code, reason}`: see the property `state` |
 * | me      | `{member, id, …}`: who one is, when that changes |
 * | message | `{room, seq, at, member, member_id, message, own, key}`;
 * |         | `room` is null in the lobby, which numbers nothing; `key` is
 * |         | there if broadcast() of this page sent it |
 * | notice  | `{message}`: what the server says in the lobby |
 * | dm      | `{member, member_id, message}`: a private message |
 * | room    | the room: its members, count or name changed |
 * | typing  | `{room, member, member_id}` |
 * | reset   | the room: its numbering has begun anew, what was shown is gone |
 * | gap     | `{room, missing: [from, to]}`: not kept any more |
 * | left    | `{room, error}`: a room could not be joined again |
 * | error   | what the server refused without having been asked |
 */

const SUBPROTOCOL = "parley.v1";
const CONNECT_MS = 10000;
const RETRY_LEAST_MS = 500;
const RETRY_MOST_MS = 30000;
const STEADY_MS = 5000; /* a connection this old was a success */
const WATCH_MS = 5000;
const PONG_MS = 10000;
const NAME_MS = 20000;
const POST_MS = 20000;
const TYPING_MS = 2500;

/* Worth another try with the same key; after these it may be posted. */
const PASSING = ["disconnected", "rate_limited", "unavailable", "store_failed"];
const UNSURE = ["disconnected", "timeout", "store_failed"];

/** A command that failed: `code` is for programs, `message` for people. */
export class ParleyError extends Error {
	constructor({ code, message, ...fields }) {
		super(message);
		Object.assign(this, fields, { name: "ParleyError", code });
	}
}

/** A `key` for broadcast(): the same message is posted only once. */
export function makeKey() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const fail = (code, message) =>
	Promise.reject(new ParleyError({ code, message }));

/**
 * A room one is in. Read it, don't change it.
 *
 * @typedef {object} Room
 * @property {string} id
 * @property {string} name
 * @property {string} epoch  names this life of the numbering
 * @property {number} seq    the last message seen
 * @property {?string[]} members  null if there are too many to be listed
 * @property {number} count  how many there are
 */
class Room {
	constructor(id) {
		Object.assign(this, { id, name: id, epoch: "", seq: 0 });
		Object.assign(this, { members: [], count: 0 });
		this.live = false; /* joined on this very connection */
		this.held = null; /* live messages, while older ones are fetched */
		this.waiting = []; /* for it to be live */
		this.unsure = new Map(); /* key → JSON, sent and not acknowledged */
		this.last = Promise.resolve(); /* the end of the last broadcast() */
		this.persistent = false; /* if it has to be made again */
		this.typed = 0;
	}
}

export class Parley extends EventTarget {
	/**
	 * "idle", "connecting", "open", "waiting" (for the next try), "closed"
	 * (by close()), or "refused": the server will not have us as we are.
	 */
	state = "idle";
	/** The greeting: `member`, `id`, `durability`, `limits`, …; or null. */
	me = null;
	/** @type {Map<string, Room>} the rooms one is in, by id */
	rooms = new Map();
	/** Every id one has had: messages of theirs are `own`. */
	ids;

	#url;
	#name;
	#socket = null;
	#greeted = null; /* what connect() waits for */
	#openedAt = 0;
	#heardAt = 0;
	#pingedAt = 0;
	#tries = 0;
	#timer = 0; /* the next try, or the end of this one */
	#watch = 0;
	#naming = 0;
	#bye = null;
	#refs = 0;
	#asked = new Map(); /* ref → what waits for the answer */

	/**
	 * @param {string|URL} url  such as "wss://chat.example/ws"
	 * @param {object} [options]
	 * @param {string} [options.name]  the name to ask for
	 * @param {Iterable<string>} [options.ids]  member ids of earlier days
	 */
	constructor(url, { name = "", ids = [] } = {}) {
		super();
		this.#url = new URL(url);
		this.#name = name;
		this.ids = new Set(ids);
		const wake = () => this.#wake();
		globalThis.addEventListener?.("online", wake);
		globalThis.document?.addEventListener("visibilitychange", wake);
	}

	/* --- the connection ---------------------------------------------- */

	/**
	 * Connects, and stays connected until close().
	 *
	 * @returns {Promise<object>} the greeting, once there is one; rejected
	 * only if the server says not to come back.
	 */
	connect() {
		if (!this.#greeted) {
			this.#greeted = {};
			this.#greeted.promise = new Promise((resolve, reject) =>
				Object.assign(this.#greeted, { resolve, reject }));
			this.#open();
		}
		return this.#greeted.promise;
	}

	/** Goes, and does not return. */
	close() {
		this.#drop();
		this.#greeted = null;
		this.#become("closed");
	}

	/** Tries now instead of later, or once more if it was refused. */
	retry() {
		if (this.state === "waiting" || this.state === "refused")
			this.#open();
	}

	/* The machine is back, or somebody looks: is the connection, too? */
	#wake() {
		if (this.state === "waiting")
			this.#open();
		else if (this.state === "open")
			this.#check(0);
	}

	#open() {
		const url = new URL(this.#url);

		this.#drop();
		this.#become("connecting");
		if (this.#name)
			url.searchParams.set("name", this.#name);
		const socket = new WebSocket(url, SUBPROTOCOL);
		socket.onmessage = ({ data }) => {
			this.#heardAt = Date.now();
			this.#pingedAt = 0;
			this.#hear(JSON.parse(data));
		};
		socket.onclose = ({ code, reason }) => this.#lose(code, reason);
		this.#socket = socket;
		this.#timer = setTimeout(() => this.#lose(1006, "timeout"), CONNECT_MS);
	}

	/* Forgets the socket, whatever it is doing. */
	#drop() {
		const socket = this.#socket;

		clearTimeout(this.#timer);
		clearInterval(this.#watch);
		clearInterval(this.#naming);
		this.#socket = null;
		for (const room of this.rooms.values())
			room.live = false;
		const asked = [...this.#asked.values()];
		this.#asked.clear();
		for (const { reject } of asked)
			reject(new ParleyError({
				code: "disconnected", message: "The connection was lost",
			}));
		if (socket) {
			socket.onmessage = socket.onclose = null;
			socket.close();
		}
	}

	#lose(code, reason) {
		const bye = this.#bye ?? { code, reason };
		const steady = this.#openedAt && Date.now() - this.#openedAt > STEADY_MS;

		this.#drop();
		this.#bye = null;
		this.#openedAt = 0;
		if (steady)
			this.#tries = 0;
		if (bye.code === 1008 || (bye.code >= 4000 && bye.code < 4100)) {
			this.#greeted?.reject(new ParleyError({
				code: bye.reason, message: "The server refused the connection",
			}));
			this.#become("refused", bye);
			return;
		}
		const pause = this.#pause(bye);
		this.#timer = setTimeout(() => this.#open(), pause);
		this.#become("waiting", { ...bye, retryAt: Date.now() + pause });
	}

	/* Twice as long each time, and for everybody another moment. */
	#pause({ code, retry_after_ms: after = 0 }) {
		const most = Math.min(RETRY_MOST_MS, RETRY_LEAST_MS * 2 ** this.#tries);
		const soon = this.#tries++ === 0 && (after || (code >= 4200 && code < 4300));

		return soon ? after : Math.max(after, most / 2 * (1 + Math.random()));
	}

	#become(state, { code, reason, retryAt } = {}) {
		this.state = state;
		this.#emit("state", { state, code, reason, retryAt });
	}

	/* Pings that the server sends are not shown to us: ask for signs of life. */
	#check(silence) {
		const now = Date.now();

		if (this.#pingedAt && now - this.#pingedAt > PONG_MS)
			this.#lose(4203, "ping_timeout");
		else if (!this.#pingedAt && now - this.#heardAt >= silence) {
			this.#pingedAt = now;
			this.#ask({ command: "ping" }).catch(() => {});
		}
	}

	/*
	 * The name that was asked for may be held by our own last connection, which
	 * the server has not missed yet.
	 */
	async #reclaim() {
		const wish = this.#name.toLowerCase();

		if (!this.me.member.toLowerCase().startsWith(`${wish}#`))
			return;
		const taken = await this.listMembers();
		if (!taken.some((name) => name.toLowerCase() === wish))
			await this.rename(this.#name);
	}

	/* --- asking ------------------------------------------------------ */

	/* Sends a command; the promise is of its direct answer. */
	#ask(command, until = Infinity) {
		const ref = ++this.#refs;

		if (this.#socket?.readyState !== 1)
			return fail("disconnected", "There is no connection");
		this.#socket.send(JSON.stringify({ ...command, ref }));
		return new Promise((resolve, reject) => {
			const timer = until < Infinity && setTimeout(() => {
				this.#asked.delete(ref);
				reject(new ParleyError({
					code: "timeout", message: "There was no answer",
				}));
			}, Math.max(0, until - Date.now()));
			const settle = (how) => (value) => {
				clearTimeout(timer);
				how(value);
			};
			this.#asked.set(ref, {
				resolve: settle(resolve), reject: settle(reject),
			});
		});
	}

	/**
	 * Makes a room and joins it.
	 *
	 * @param {string} name
	 * @param {object} [options]  as in the protocol: `room`, `persistent`,
	 * `ttl_ms`, `max_members`
	 * @returns {Promise<{room: Room, messages: object[]}>}
	 */
	async create(name, options = {}) {
		const made = await this.#ask({ ...options, command: "create", name });

		return this.join(made.room,
			{ persistent: made.persistent, history: 50 });
	}

	/**
	 * Joins a room; from then on its messages are events.
	 *
	 * @param {string} id
	 * @param {object} [options]
	 * @param {boolean} [options.create]   make it if there is none …
	 * @param {boolean} [options.persistent]  … to outlive its members
	 * @param {number}  [options.history]  how many messages to get at once
	 * @returns {Promise<{room: Room, messages: object[]}>}
	 */
	async join(id, { create = false, persistent = false, history = 0 } = {}) {
		const joined = await this.#ask({
			command: "join", room: id, create, persistent, history,
		});
		const room = this.rooms.get(id) ?? new Room(id);

		this.rooms.set(id, room);
		room.persistent = persistent;
		room.epoch = joined.epoch;
		room.seq = joined.seq;
		this.#settle(room, joined);
		return { room, messages: this.#dress(room, joined.messages) };
	}

	/** @param {string} id */
	async leave(id) {
		this.rooms.delete(id);
		await this.#ask({ command: "leave", room: id });
	}

	/** @returns {Promise<object[]>} `{room, name, members, persistent}` each */
	async listRooms() {
		return (await this.#ask({ command: "rooms" })).rooms;
	}

	/**
	 * Who is in a room, or in the lobby (null).
	 * @returns {Promise<string[]>}
	 */
	async listMembers(id = null) {
		return (await this.#ask({
			command: "list", room: id ?? undefined,
		})).members;
	}

	/**
	 * Older (`before` a seq) or newer (`after`) messages, oldest first.
	 *
	 * @param {string} id
	 * @param {{before?: number, after?: number, limit?: number}} [which]
	 * @returns {Promise<object[]>}
	 */
	async history(id, which = {}) {
		const page = await this.#ask({ command: "history", room: id, ...which });

		return this.#dress(this.rooms.get(id), page.messages);
	}

	/** Tells a room that one is typing; as often as one likes. */
	typing(id) {
		const room = this.rooms.get(id);

		if (!room?.live || Date.now() - room.typed < TYPING_MS)
			return;
		room.typed = Date.now();
		this.#socket.send(JSON.stringify({ command: "typing", room: id }));
	}

	/** @returns {Promise<string>} the name one has now: perhaps "alice#2" */
	async rename(name) {
		const { member } = await this.#ask({ command: "name", name });

		/* Only the others hear of it as an event. */
		for (const room of this.rooms.values())
			this.#rename(room, this.me.member, member);
		this.#name = name;
		this.me = { ...this.me, member };
		this.#emit("me", this.me);
		return member;
	}

	/** A private message to a name or an id. */
	dm(recipient, message) {
		return this.#ask({ command: "dm", recipient, message });
	}

	/**
	 * Posts to a room; in the order of the calls, and over lost connections.
	 *
	 * @param {?string} id   null: the lobby, which takes strings only and
	 * where nothing is sent again
	 * @param {*} message    any JSON value
	 * @param {object} [options]
	 * @param {string} [options.key]        of an earlier try
	 * @param {number} [options.timeoutMs]  how long to go on trying
	 * @returns {Promise<object>} the `ack`; a ParleyError of code "timeout"
	 * says that it may have been posted or not: try again with the same key
	 */
	broadcast(id, message, { key = makeKey(), timeoutMs = POST_MS } = {}) {
		const until = Date.now() + timeoutMs;
		const room = this.rooms.get(id);

		if (id === null)
			return this.#ask({ command: "broadcast", message }, until);
		if (!room)
			return fail("not_in_room", "You are not in this room");
		const post = () => this.#post(room, message, key, until);
		const posted = room.last.then(post);
		room.last = posted.catch(() => {});
		return posted;
	}

	async #post(room, message, key, until) {
		const command = { command: "broadcast", room: room.id, message, key };

		room.unsure.set(key, JSON.stringify(message));
		for (;;) {
			try {
				await this.#ready(room, until);
				const ack = await this.#ask(command, until);
				room.unsure.delete(key);
				return ack;
			} catch (error) {
				const pause = error.retry_after_ms ?? 0;

				if (!UNSURE.includes(error.code))
					room.unsure.delete(key);
				if (!PASSING.includes(error.code) || Date.now() + pause >= until)
					throw error;
				await sleep(pause);
				room.unsure.set(key, JSON.stringify(message));
			}
		}
	}

	/* Until the room is joined on this connection. */
	#ready(room, until) {
		if (room.live)
			return Promise.resolve();
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new ParleyError({
				code: "timeout", message: "There was no connection",
			})), Math.max(0, until - Date.now()));
			room.waiting.push(() => {
				clearTimeout(timer);
				resolve();
			});
		});
	}

	/* --- coming back ------------------------------------------------- */

	async #resume() {
		const socket = this.#socket;

		await Promise.all(Array.from(this.rooms.values(), (room) =>
			this.#rejoin(room).catch((error) => this.#stumble(room, error))));
		if (this.#socket === socket)
			this.#become("open");
	}

	async #stumble(room, error) {
		if (error.code === "disconnected")
			return; /* the next connection's business */
		if (PASSING.includes(error.code)) {
			await sleep(error.retry_after_ms ?? RETRY_LEAST_MS);
			await this.#rejoin(room).catch((e) => this.#stumble(room, e));
			return;
		}
		this.rooms.delete(room.id);
		this.#emit("left", { room, error });
	}

	async #rejoin(room) {
		const since = { epoch: room.epoch, seq: room.seq };
		const command = { command: "join", room: room.id, since };

		room.held = [];
		const joined = await this.#ask(command).catch(async (error) => {
			if (error.code !== "room_not_found")
				throw error;
			await this.#makeAgain(room);
			return this.#ask(command);
		});
		if (joined.epoch_changed) {
			room.epoch = joined.epoch;
			room.seq = 0;
			this.#emit("reset", room);
		}
		if (joined.missing) {
			room.seq = joined.missing[1];
			this.#emit("gap", { room, missing: joined.missing });
		}
		await this.#catchUp(room, joined);
		room.seq = Math.max(room.seq, joined.seq);
		this.#settle(room, joined);
	}

	/* It went with its last member; somebody else may have been quicker. */
	async #makeAgain({ id, name, persistent }) {
		await this.#ask({
			command: "create", name, room: id, persistent,
		}).catch((error) => {
			if (error.code !== "room_exists")
				throw error;
		});
	}

	/* All that was missed, page by page. */
	async #catchUp(room, { messages, more, seq }) {
		for (let page = messages; page.length > 0;) {
			page.forEach((message) => this.#take(room, message));
			if (!more || room.seq >= seq)
				break;
			page = (await this.#ask({
				command: "history", room: room.id,
				after: room.seq, limit: 1000,
			})).messages;
		}
	}

	/* It is joined: what was held back and who waited may go on. */
	#settle(room, { name, members = null, count }) {
		const held = room.held ?? [];

		Object.assign(room, { name, members, count, held: null, live: true });
		held.forEach((message) => this.#take(room, message));
		room.waiting.splice(0).forEach((go) => go());
		this.#emit("room", room);
	}

	/* --- hearing ----------------------------------------------------- */

	#hear(event) {
		const asked = this.#asked.get(event.ref);

		if (asked) {
			this.#asked.delete(event.ref);
			if (event.event === "error")
				asked.reject(new ParleyError(event));
			else
				asked.resolve(event);
		} else
			this.#listeners[event.event]?.(event, this.rooms.get(event.room));
	}

	/* What comes unasked; what is not here is of a later version. */
	#listeners = {
		me: (me) => this.#greet(me),
		broadcast: (event, room) => this.#said(event, room),
		dm: (event) => this.#emit("dm", event),
		typing: (event) => this.#emit("typing", event),
		error: (event) => this.#emit("error", event),
		bye: (event) => { this.#bye = event; },
		join: ({ member }, room) => this.#count(room, 1, () =>
			room.members.push(member)),
		leave: ({ member }, room) => this.#count(room, -1, () => {
			room.members = room.members.filter((name) => name !== member);
		}),
		count: ({ count }, room) => {
			if (room)
				this.#emit("room", Object.assign(room, { count, members: null }));
		},
		renamed: ({ was, member }, room) => this.#rename(room, was, member),
	};

	#greet(me) {
		this.me = me;
		this.ids.add(me.id);
		this.#openedAt = Date.now();
		clearTimeout(this.#timer);
		this.#watch = setInterval(() => this.#check(me.ping_ms), WATCH_MS);
		this.#naming = setInterval(() =>
			this.#reclaim().catch(() => {}), NAME_MS);
		this.#emit("me", me);
		this.#greeted.resolve(me);
		this.#resume();
	}

	#count(room, change, update) {
		if (!room)
			return;
		room.count += change;
		if (room.members)
			update();
		this.#emit("room", room);
	}

	#rename(room, was, is) {
		this.#count(room, 0, () => {
			room.members = room.members.map((one) => (one === was ? is : one));
		});
	}

	#said(event, room) {
		if (event.room === undefined && event.member === undefined)
			this.#emit("notice", event);
		else if (event.room === undefined)
			this.#emit("message", {
				...event, room: null, own: event.member === this.me.member,
			});
		else if (room?.held)
			room.held.push(event);
		else if (room)
			this.#take(room, event);
	}

	/* Each message once: who missed some is told of them twice at times. */
	#take(room, message) {
		if (message.seq <= room.seq)
			return;
		room.seq = message.seq;
		this.#emit("message", this.#dress(room, [message])[0]);
	}

	/* Adds what we know: whether it is ours, and under which key we sent it. */
	#dress(room, messages) {
		return messages.map((message) => {
			const own = this.ids.has(message.member_id);

			return {
				...message, room: room.id, own,
				key: own ? this.#keyOf(room, message.message) : undefined,
			};
		});
	}

	#keyOf(room, message) {
		const text = JSON.stringify(message);

		for (const [key, sent] of room.unsure)
			if (sent === text) {
				room.unsure.delete(key);
				return key;
			}
		return undefined;
	}

	#emit(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}
}
