/**
 * A client of parley's native protocol for browsers and for other runtimes
 * with WebSocket and EventTarget. It has no dependencies.
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
 * It reconnects after a lost connection: with growing pauses, and at once
 * when the machine is online again. It then rejoins every room with `since`,
 * so that each message is emitted once and in order. Messages that were not
 * acknowledged are sent again with the same `key`, so that the server stores
 * them once.
 *
 * With accounts, `token` is a function that returns a token, or a promise of
 * one. It is called for each connection, and when a token is about to expire.
 *
 * Events, each with its `detail`:
 *
 * | event   | detail |
 * |---------|--------|
 * | state   | `{state, retryAt, code, reason}`: see the property `state` |
 * | me      | `{member, id, …}`: our name and id, when they change |
 * | message | `{room, seq, at, member, member_id, message, own, key}`;
 * |         | `room` is null in the lobby, which has no `seq`; `key` is
 * |         | set if broadcast() of this object sent it |
 * | notice  | `{message}`: an announcement of the server in the lobby |
 * | dm      | `{member, member_id, message, own}`: a private message;
 * |         | between users with `room`, `seq`, `at`. `own`: sent on another
 * |         | connection of ours. Messages of a talk that openTalk() has opened
 * |         | are `message` events instead |
 * | edit, redact, react | as in the protocol, with `own`: it was us |
 * | changed | a message as it is now; it was redacted or edited while there
 * |         | was no connection |
 * | stale   | the room: more messages have changed than were sent; read the
 * |         | history anew |
 * | read    | `{room, seq}`: another connection of ours has read up to there |
 * | joined  | `{room}`, an id: another connection of ours has joined it |
 * | room    | the room: its members, count or name changed |
 * | typing  | `{room, member, member_id}` |
 * | reset   | the room: its numbering restarted, earlier messages are gone |
 * | gap     | `{room, missing: [from, to]}`: these are no longer stored |
 * | left    | `{room, error}`: a room could not be joined again, was deleted,
 * |         | or we were put out: the code is "kicked", "banned", "deleted" |
 * | invite  | `{room, name, member, member_id}`: of the one who invites us |
 * | kick, role, topic, slow | as in the protocol, with `own`: it is about us |
 * | error   | an error that answers no command of ours |
 */

const SUBPROTOCOL = "parley.v1";
const CONNECT_MS = 10000;
const RETRY_LEAST_MS = 500;
const RETRY_MOST_MS = 30000;
const STEADY_MS = 5000; /* an older connection resets the back-off */
const WATCH_MS = 5000;
const PONG_MS = 10000;
const NAME_MS = 20000;
const POST_MS = 20000;
const TYPING_MS = 2500;
const REJOINS = 4; /* under way at a time */

/* Temporary: retry with the same key. After UNSURE it may have been stored. */
const TEMPORARY = ["disconnected", "rate_limited", "unavailable", "store_failed"];
const UNSURE = ["disconnected", "timeout", "store_failed"];

/** A command that failed: `code` is for programs, `message` for people. */
export class ParleyError extends Error {
	constructor({ code, message, ...fields }) {
		super(message);
		Object.assign(this, fields, { name: "ParleyError", code });
	}
}

/** A random `key` for broadcast(). */
export function makeKey() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const fail = (code, message) =>
	Promise.reject(new ParleyError({ code, message }));

/** Whether a member id is that of a user: of a member with an account. */
export const isUser = (id) => /^u[a-z2-7]{26}$/.test(id);

const isTalk = (room) => room.startsWith("@");

/** A joined room, or a talk; read-only for callers. */
class Room {
	/**
	 * @param {string} id
	 * @param {?string} [other]  the id of the other user, of a talk
	 */
	constructor(id, other = null) {
		this.id = id;
		this.other = other;
		this.name = id;
		this.epoch = ""; /* the numbering of `seq`; "": the talk has not begun */
		this.seq = 0; /* of the newest message received */
		/** @type {?string[]} null if there are too many to list */
		this.members = [];
		this.count = 0; /* of members */
		this.live = false; /* joined on the current connection */
		this.buffered = null; /* live events, while missed messages are fetched */
		this.onLive = []; /* callbacks */
		this.unacked = new Map(); /* key → JSON */
		this.last = Promise.resolve(); /* the newest broadcast(), settled */
		this.persistent = false; /* how to create it again */
		this.topic = "";
		this.role = "member"; /* our own */
		this.isPrivate = false;
		this.isModerated = false;
		this.typedAt = 0;
	}
}

export class Parley extends EventTarget {
	/**
	 * "idle", "connecting", "open", "waiting" (for the next attempt),
	 * "closed" (by close()), or "refused" (by the server, for good).
	 */
	state = "idle";
	/** The greeting: `member`, `id`, `durability`, `limits`, …; or null. */
	me = null;
	/** @type {Map<string, Room>} joined rooms by id */
	rooms = new Map();
	/** Our member ids, past and present: their messages are `own`. */
	ids;

	#url;
	#name;
	#token;
	#socket = null;
	#greeting = null; /* the promise of connect() */
	#openedAt = 0;
	#receivedAt = 0;
	#pingedAt = 0;
	#attempts = 0;
	#timer = 0; /* the next attempt, or the time limit of this one */
	#liveness = 0;
	#naming = 0;
	#bye = null;
	#refs = 0;
	#requests = new Map(); /* ref → {resolve, reject} */

	/**
	 * @param {string|URL} url  such as "wss://chat.example/ws"
	 * @param {object} [options]
	 * @param {string} [options.name]  the requested name
	 * @param {() => string | Promise<string>} [options.token]
	 * @param {Iterable<string>} [options.ids]  member ids of earlier sessions
	 */
	constructor(url, { name = "", token = undefined, ids = [] } = {}) {
		super();
		this.#url = new URL(url);
		this.#name = name;
		this.#token = token;
		this.ids = new Set(ids);
		const reconnect = () => this.#reconnectNow();
		globalThis.addEventListener?.("online", reconnect);
		globalThis.document?.addEventListener("visibilitychange", reconnect);
	}

	/* --- the connection ---------------------------------------------- */

	/**
	 * Connects, and reconnects until close().
	 *
	 * @returns {Promise<object>} the first greeting; rejected only if the
	 * server refuses the connection for good.
	 */
	connect() {
		if (!this.#greeting) {
			this.#greeting = {};
			this.#greeting.promise = new Promise((resolve, reject) =>
				Object.assign(this.#greeting, { resolve, reject }));
			this.#open();
		}
		return this.#greeting.promise;
	}

	/** Disconnects and stops reconnecting. */
	close() {
		this.#drop();
		this.#greeting = null;
		this.#become("closed");
	}

	/** Reconnects now instead of later, also after a refusal. */
	retry() {
		if (this.state === "waiting" || this.state === "refused")
			this.#open();
	}

	/* The machine is online or the page visible: verify the connection. */
	#reconnectNow() {
		if (this.state === "waiting")
			this.#open();
		else if (this.state === "open")
			this.#check(0);
	}

	#open() {
		this.#drop();
		this.#become("connecting");
		this.#timer = setTimeout(() => this.#onClose(1006, "timeout"), CONNECT_MS);
		if (this.#token)
			this.#openWithToken(this.#timer);
		else
			this.#openSocket(SUBPROTOCOL);
	}

	/* The time limit identifies the attempt: another may have begun. */
	async #openWithToken(attempt) {
		try {
			const token = await this.#token();

			if (this.#timer === attempt)
				this.#openSocket([SUBPROTOCOL, `bearer.${token}`]);
		} catch {
			if (this.#timer === attempt)
				this.#onClose(1006, "no_token");
		}
	}

	#openSocket(subprotocols) {
		const url = new URL(this.#url);

		if (this.#name)
			url.searchParams.set("name", this.#name);
		const socket = new WebSocket(url, subprotocols);
		socket.onmessage = ({ data }) => {
			this.#receivedAt = Date.now();
			this.#pingedAt = 0;
			this.#onFrame(data);
		};
		socket.onclose = ({ code, reason }) => this.#onClose(code, reason);
		this.#socket = socket;
	}

	/* Without a new token the connection ends, and the next one gets one. */
	async #renewToken() {
		if (this.#token)
			await this.#request({ command: "auth", token: await this.#token() });
	}

	/* Drops the socket in any state and rejects all pending requests. */
	#drop() {
		const socket = this.#socket;

		clearTimeout(this.#timer);
		clearInterval(this.#liveness);
		clearInterval(this.#naming);
		this.#socket = null;
		for (const room of this.rooms.values())
			room.live = false;
		const requests = [...this.#requests.values()];
		this.#requests.clear();
		for (const { reject } of requests)
			reject(new ParleyError({
				code: "disconnected", message: "The connection was lost",
			}));
		if (socket) {
			socket.onmessage = socket.onclose = null;
			socket.close();
		}
	}

	#onClose(code, reason) {
		const bye = this.#bye ?? { code, reason };
		const steady = this.#openedAt && Date.now() - this.#openedAt > STEADY_MS;

		this.#drop();
		this.#bye = null;
		this.#openedAt = 0;
		if (steady)
			this.#attempts = 0;
		if (bye.code === 1008 || (bye.code >= 4000 && bye.code < 4100)) {
			this.#greeting?.reject(new ParleyError({
				code: bye.reason, message: "The server refused the connection",
			}));
			this.#become("refused", bye);
			return;
		}
		const pause = this.#backOff(bye);
		this.#timer = setTimeout(() => this.#open(), pause);
		this.#become("waiting", { ...bye, retryAt: Date.now() + pause });
	}

	/* The pause before the next attempt: exponential, with jitter. */
	#backOff({ code, retry_after_ms: after = 0 }) {
		const most = Math.min(RETRY_MOST_MS,
			RETRY_LEAST_MS * 2 ** this.#attempts);
		const soon = this.#attempts++ === 0 && (after || (code >= 4200 && code < 4300));

		return soon ? after : Math.max(after, most / 2 * (1 + Math.random()));
	}

	/**
	 * @param {string} state
	 * @param {{code?: number, reason?: string, retryAt?: number}} [detail]
	 */
	#become(state, { code, reason, retryAt } = {}) {
		this.state = state;
		this.#emit("state", { state, code, reason, retryAt });
	}

	/* Browsers hide the server's pings, so send our own after a silence. */
	#check(silence) {
		const now = Date.now();

		if (this.#pingedAt && now - this.#pingedAt > PONG_MS)
			this.#onClose(4203, "ping_timeout");
		else if (!this.#pingedAt && now - this.#receivedAt >= silence) {
			this.#pingedAt = now;
			this.#request({ command: "ping" }).catch(() => {});
		}
	}

	/*
	 * The requested name may still belong to our own previous connection, until
	 * the server notices that it is dead.
	 */
	async #reclaimName() {
		const wish = this.#name.toLowerCase();

		if (!this.me.member.toLowerCase().startsWith(`${wish}#`))
			return;
		const taken = await this.listMembers();
		if (!taken.some((name) => name.toLowerCase() === wish))
			await this.rename(this.#name);
	}

	/* --- requests ---------------------------------------------------- */

	/* Sends a command; resolves with its direct answer. */
	#request(command, until = Infinity) {
		const ref = ++this.#refs;

		if (this.#socket?.readyState !== 1)
			return fail("disconnected", "There is no connection");
		this.#socket.send(JSON.stringify({ ...command, ref }));
		return new Promise((resolve, reject) => {
			const timer = until < Infinity && setTimeout(() => {
				this.#requests.delete(ref);
				reject(new ParleyError({
					code: "timeout", message: "There was no answer",
				}));
			}, Math.max(0, until - Date.now()));
			const settled = (how) => (value) => {
				clearTimeout(timer);
				how(value);
			};
			this.#requests.set(ref, {
				resolve: settled(resolve), reject: settled(reject),
			});
		});
	}

	/**
	 * Creates a room and joins it.
	 *
	 * @param {string} name
	 * @param {object} [options]  as in the protocol: `room`, `persistent`,
	 * `private`, `moderated`, `topic`, `ttl_ms`, `max_members`
	 * @returns {Promise<{room: Room, messages: object[]}>}
	 */
	async create(name, options = {}) {
		const created = await this.#request({ ...options, command: "create", name });

		return this.join(created.room,
			{ persistent: created.persistent, history: 50 });
	}

	/**
	 * Joins a room; its messages are emitted from then on.
	 *
	 * @param {string} id
	 * @param {object} [options]
	 * @param {boolean} [options.create]   create it if it does not exist
	 * @param {boolean} [options.persistent]  create it to outlive its members
	 * @param {number}  [options.history]  number of messages to return
	 * @returns {Promise<{room: Room, messages: object[]}>}
	 */
	async join(id, { create = false, persistent = false, history = 0 } = {}) {
		const joined = await this.#request({
			command: "join", room: id, create, persistent, history,
		});
		const room = this.#roomOf(id);

		room.persistent = persistent;
		room.epoch = joined.epoch;
		room.seq = joined.seq;
		this.#confirm(room, joined);
		return { room, messages: this.#decorate(room, joined.messages) };
	}

	#roomOf(id) {
		const room = this.rooms.get(id) ?? new Room(id, this.otherOf(id));

		this.rooms.set(id, room);
		return room;
	}

	/** The id of the other user of a talk; null for the id of a room. */
	otherOf(id) {
		return isTalk(id)
			? id.slice(1).split("+").find((one) => one !== this.me.id) ?? null : null;
	}

	/** The id of our talk with a user. Needs a connection. */
	talkWith(memberId) {
		return `@${[memberId, this.me.id].sort().join("+")}`;
	}

	/**
	 * Opens the talk with another user; both need accounts. It is used like a
	 * room from then on: broadcast() sends to the other, who may be away. It
	 * begins with the first message.
	 *
	 * @param {string} memberId
	 * @param {{history?: number}} [options]  number of messages to return
	 * @returns {Promise<{room: Room, messages: object[]}>}
	 */
	async openTalk(memberId, { history = 0 } = {}) {
		const id = this.talkWith(memberId);

		try {
			return await this.join(id, { history });
		} catch (error) {
			if (error.code !== "room_not_found")
				throw error;
			const room = this.#roomOf(id);
			this.#confirm(room, { name: id });
			return { room, messages: [] };
		}
	}

	/** Leaves a room, or closes a talk until its next message. */
	async leave(id) {
		this.rooms.delete(id);
		if (!isTalk(id))
			await this.#request({ command: "leave", room: id });
	}

	/* --- messages that change ------------------------------------------ */

	/** Removes the text of a message: our own, or as a moderator. */
	redact(id, seq, reason) {
		return this.#request({ command: "redact", room: id, seq, reason });
	}

	/** Replaces the text of our own message. */
	edit(id, seq, message) {
		return this.#request({ command: "edit", room: id, seq, message });
	}

	/** Adds our reaction to a message, a short text. */
	react(id, seq, reaction) {
		return this.#request({ command: "react", room: id, seq, reaction });
	}

	/** Takes our reaction back. */
	unreact(id, seq, reaction) {
		return this.#request({
			command: "react", room: id, seq, reaction, remove: true,
		});
	}

	/** We have read the messages up to this one. Needs an account. */
	read(id, seq) {
		return this.#request({ command: "read", room: id, seq });
	}

	/* --- moderation: for owners and moderators ------------------------ */

	/** Invites a member (a name or an id), who may then join. */
	invite(id, member) {
		return this.#request({ command: "invite", room: id, member });
	}

	/** Puts a member out of a room. */
	kick(id, member, reason) {
		return this.#request({ command: "kick", room: id, member, reason });
	}

	/** Lets a member read only, for a time or for good. */
	mute(id, member, { ms = undefined, reason = undefined } = {}) {
		return this.#request({
			command: "mute", room: id, member, reason, duration_ms: ms,
		});
	}

	unmute(id, member) {
		return this.#request({ command: "unmute", room: id, member });
	}

	/** Puts a member out, who may not come back, for a time or for good. */
	ban(id, member, { ms = undefined, reason = undefined } = {}) {
		return this.#request({
			command: "ban", room: id, member, reason, duration_ms: ms,
		});
	}

	unban(id, member) {
		return this.#request({ command: "unban", room: id, member });
	}

	/** @param {string} role  "owner", "moderator", "voice" or "member" */
	setRole(id, member, role) {
		return this.#request({ command: "role", room: id, member, role });
	}

	setTopic(id, topic) {
		return this.#request({ command: "topic", room: id, topic });
	}

	/** Deletes a room with its history: for owners. */
	deleteRoom(id) {
		return this.#request({ command: "delete", room: id });
	}

	/** @returns {Promise<object[]>} `{room, name, members, persistent}` each */
	async listRooms() {
		return (await this.#request({ command: "rooms" })).rooms;
	}

	/**
	 * Our own rooms and talks, also those of earlier sessions.
	 *
	 * @returns {Promise<object[]>} `{room, name, members, persistent, seq, read,
	 * unread}` each
	 */
	async listOwnRooms() {
		const own = [];

		for (let more = true; more;) {
			const page = await this.#request({
				command: "rooms", mine: true, after: own.at(-1)?.room,
			});
			own.push(...page.rooms);
			more = page.more === true && page.rooms.length > 0;
		}
		return own;
	}

	/**
	 * The members of a room, or of the lobby (null).
	 * @returns {Promise<string[]>}
	 */
	async listMembers(id = null) {
		return (await this.#request({
			command: "list", room: id ?? undefined,
		})).members;
	}

	/**
	 * The ids of the members of a room, or of the lobby (null), by name.
	 * @returns {Promise<Map<string, string>>}
	 */
	async listMemberIds(id = null) {
		const { members, ids = [] } = await this.#request({
			command: "list", room: id ?? undefined, ids: true,
		});

		return new Map(members.map((name, i) => [name, ids[i]]));
	}

	/**
	 * Older (`before` a seq) or newer (`after`) messages, oldest first.
	 *
	 * @param {string} id
	 * @param {{before?: number, after?: number, limit?: number}} [which]
	 * @returns {Promise<object[]>}
	 */
	async history(id, which = {}) {
		const page = await this.#request({ command: "history", room: id, ...which });

		return this.#decorate(this.rooms.get(id) ?? new Room(id), page.messages);
	}

	/** Sends a typing notification; call it on every key press. */
	typing(id) {
		const room = this.rooms.get(id);

		if (!room?.live || room.other || Date.now() - room.typedAt < TYPING_MS)
			return;
		room.typedAt = Date.now();
		this.#socket.send(JSON.stringify({ command: "typing", room: id }));
	}

	/** @returns {Promise<string>} the resulting name, such as "alice#2" */
	async rename(name) {
		const { member } = await this.#request({ command: "name", name });

		/* The server sends `renamed` to the other members only. */
		for (const room of this.rooms.values())
			this.#renameMember(room, this.me.member, member);
		this.#name = name;
		this.#setName(member);
		return member;
	}

	#setName(member) {
		this.me = { ...this.me, member };
		this.#emit("me", this.me);
	}

	/**
	 * A private message to an id, or to the present bearer of a name.
	 * @param {string} recipient
	 * @param {string} message
	 * @param {{key?: string}} [options]  between users: of an earlier attempt
	 * @returns {Promise<object>} `{member, member_id, …}` of the recipient
	 */
	dm(recipient, message, { key = undefined } = {}) {
		return this.#request({ command: "dm", recipient, message, key });
	}

	/**
	 * Posts to a room or talk, in the order of the calls, across lost
	 * connections.
	 *
	 * @param {?string} id   null: the lobby, which takes strings only and has
	 * no retries
	 * @param {*} message    any JSON value
	 * @param {object} [options]
	 * @param {string} [options.key]        of an earlier attempt
	 * @param {number} [options.timeoutMs]  time limit for all attempts
	 * @returns {Promise<object>} the `ack`. After a ParleyError with code
	 * "timeout" it is unknown whether it was stored: retry with the same key
	 */
	broadcast(id, message, { key = makeKey(), timeoutMs = POST_MS } = {}) {
		const until = Date.now() + timeoutMs;
		const room = this.rooms.get(id);

		if (id === null)
			return this.#request({ command: "broadcast", message }, until);
		if (!room)
			return fail("not_in_room", "You are not in this room");
		const post = () => this.#post(room, message, key, until);
		const posted = room.last.then(post);
		room.last = posted.catch(() => {});
		return posted;
	}

	async #post(room, message, key, until) {
		const command = room.other
			? { command: "dm", recipient: room.other, message, key }
			: { command: "broadcast", room: room.id, message, key };

		room.unacked.set(key, JSON.stringify(message));
		for (;;) {
			try {
				await this.#untilLive(room, until);
				const ack = await this.#request(command, until);
				if (room.other)
					this.#acceptOwn(room, ack, message);
				room.unacked.delete(key);
				return ack;
			} catch (error) {
				const pause = error.retry_after_ms ?? 0;

				if (!UNSURE.includes(error.code))
					room.unacked.delete(key);
				if (!TEMPORARY.includes(error.code) || Date.now() + pause >= until)
					throw error;
				await sleep(pause);
				room.unacked.set(key, JSON.stringify(message));
			}
		}
	}

	/* Resolves when the room is joined on the current connection. */
	#untilLive(room, until) {
		if (room.live)
			return Promise.resolve();
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new ParleyError({
				code: "timeout", message: "There was no connection",
			})), Math.max(0, until - Date.now()));
			room.onLive.push(() => {
				clearTimeout(timer);
				resolve();
			});
		});
	}

	/* --- rejoining --------------------------------------------------- */

	/* A few rooms at a time: their answers are large. */
	async #rejoinAll() {
		const socket = this.#socket;
		const rooms = [...this.rooms.values()];
		const rejoinNext = async () => {
			for (let room; (room = rooms.shift());)
				await this.#rejoin(room).catch((error) =>
					this.#onRejoinError(room, error));
		};

		await Promise.all(Array.from({ length: REJOINS }, rejoinNext));
		if (this.#socket === socket)
			this.#become("open");
	}

	async #onRejoinError(room, error) {
		if (error.code === "disconnected")
			return; /* the next connection rejoins */
		if (TEMPORARY.includes(error.code)) {
			await sleep(error.retry_after_ms ?? RETRY_LEAST_MS);
			await this.#rejoin(room).catch((e) => this.#onRejoinError(room, e));
			return;
		}
		this.rooms.delete(room.id);
		this.#emit("left", { room, error });
	}

	async #rejoin(room) {
		const command = room.epoch
			? { command: "join", room: room.id, since: { epoch: room.epoch, seq: room.seq } }
			: { command: "join", room: room.id, history: 1000 };

		room.buffered = [];
		const joined = await this.#request(command).catch(async (error) => {
			if (error.code !== "room_not_found")
				throw error;
			if (room.other)
				return { name: room.id, epoch: "", seq: 0, messages: [],
					epoch_changed: room.epoch !== "" };
			await this.#createAgain(room);
			return this.#request(command);
		});
		room.epoch = joined.epoch;
		if (joined.epoch_changed) {
			room.seq = 0;
			this.#emit("reset", room);
		}
		for (const message of this.#decorate(room, joined.changes ?? []))
			this.#emit("changed", message);
		if (joined.more_changes)
			this.#emit("stale", room);
		if (joined.missing) {
			room.seq = joined.missing[1];
			this.#emit("gap", { room, missing: joined.missing });
		}
		await this.#catchUp(room, joined);
		room.seq = Math.max(room.seq, joined.seq);
		this.#confirm(room, joined);
	}

	/* It was deleted with its last member; another client may be faster. */
	async #createAgain({ id, name, persistent }) {
		await this.#request({
			command: "create", name, room: id, persistent,
		}).catch((error) => {
			if (error.code !== "room_exists")
				throw error;
		});
	}

	/* Fetches all missed messages, page by page. */
	async #catchUp(room, { messages, more, seq }) {
		for (let page = messages; page.length > 0;) {
			page.forEach((message) => this.#accept(room, message));
			if (!more || room.seq >= seq)
				break;
			page = (await this.#request({
				command: "history", room: room.id,
				after: room.seq, limit: 1000,
			})).messages;
		}
	}

	/* The room is joined: release buffered messages and waiting calls. */
	#confirm(room, joined) {
		const { name, members = null, count = 0, topic = "", role = "member" } = joined;
		const buffered = room.buffered ?? [];

		Object.assign(room, {
			name, members, count, topic, role, buffered: null, live: true,
			isPrivate: joined.private ?? false,
			isModerated: joined.moderated ?? false,
		});
		buffered.forEach((event) => this.#onRoomEvent(event, room));
		room.onLive.splice(0).forEach((callback) => callback());
		this.#emit("room", room);
	}

	/* --- events ------------------------------------------------------ */

	#onBadFrame() {
		this.#emit("error", {
			code: "bad_frame", message: "The server sent an invalid frame",
		});
	}

	/* A frame that is no JSON object is reported and skipped. */
	#onFrame(data) {
		let event;

		try {
			event = JSON.parse(data);
		} catch {
			event = null;
		}
		if (typeof event !== "object" || event === null) {
			this.#onBadFrame();
			return;
		}
		const request = this.#requests.get(event.ref);
		if (request) {
			this.#requests.delete(event.ref);
			if (event.event === "error")
				request.reject(new ParleyError(event));
			else
				request.resolve(event);
		} else if (Object.hasOwn(this.#handlers, event.event))
			this.#handlers[event.event](event, this.rooms.get(event.room));
	}

	/* Events that answer no request; unknown ones are ignored. */
	#handlers = {
		me: (me) => this.#onMe(me),
		broadcast: (event, room) => this.#onBroadcast(event, room),
		dm: (event, talk) => this.#onDm(event, talk),
		edit: (event, room) => this.#onRoomEvent(event, room),
		redact: (event, room) => this.#onRoomEvent(event, room),
		react: (event, room) => this.#onRoomEvent(event, room),
		read: (event) => this.#emit("read", event),
		epoch: ({ epoch }, room) => {
			if (room)
				room.epoch = epoch;
		},
		typing: (event) => this.#emit("typing", event),
		error: (event) => this.#emit("error", event),
		token_expiring: () => this.#renewToken().catch((error) =>
			this.#emit("error", error)),
		bye: (event) => { this.#bye = event; },
		join: ({ member, member_id: id, room: name }, room) => {
			this.#updateCount(room, 1, () => room.members.push(member));
			if (!room && id === this.me.id && typeof name === "string")
				this.#emit("joined", { room: name });
		},
		leave: ({ member, member_id: id }, room) => {
			this.#updateCount(room, -1, () => {
				room.members = room.members.filter((name) => name !== member);
			});
			if (room && id === this.me.id)
				this.#onLeft(room);
		},
		count: ({ count }, room) => {
			if (room)
				this.#emit("room", Object.assign(room, { count, members: null }));
		},
		renamed: ({ was, member, member_id: id }, room) => {
			this.#renameMember(room, was, member);
			if (id === this.me.id && member !== this.me.member)
				this.#setName(member);
		},
		invite: (event) => this.#emit("invite", event),
		kick: (event, room) => this.#onModerated("kick", event, room),
		role: (event, room) => this.#onModerated("role", event, room),
		topic: (event, room) => this.#onModerated("topic", event, room),
		slow: (event, room) => this.#onModerated("slow", event, room),
		deleted: (event, room) =>
			this.#putOut(room, "deleted", `The room was deleted by ${event.by}`),
	};

	#onModerated(type, event, room) {
		const own = this.ids.has(event.member_id);

		if (!room)
			return;
		if (type === "topic")
			room.topic = event.topic;
		else if (own && type === "role")
			room.role = event.role;
		this.#emit(type, { ...event, own });
		if (own && (type === "kick" || event.role === "banned")) {
			const act = type === "kick" ? "kicked" : "banned";
			const reason = event.reason ? `: ${event.reason}` : "";
			this.#putOut(room, act, `You were ${act} by ${event.by}${reason}`);
		} else
			this.#emit("room", room);
	}

	/* We are not in the room any more. */
	#putOut(room, code, message) {
		if (!room)
			return;
		this.rooms.delete(room.id);
		this.#emit("left", { room, error: new ParleyError({ code, message }) });
	}

	#onMe(me) {
		this.me = me;
		this.ids.add(me.id);
		this.#openedAt = Date.now();
		clearTimeout(this.#timer);
		this.#liveness = setInterval(() => this.#check(me.ping_ms), WATCH_MS);
		this.#naming = setInterval(() =>
			this.#reclaimName().catch(() => {}), NAME_MS);
		this.#emit("me", me);
		this.#greeting.resolve(me);
		this.#rejoinAll();
	}

	/* Another connection of ours has left it. */
	#onLeft(room) {
		this.rooms.delete(room.id);
		this.#emit("left", {
			room,
			error: new ParleyError({ code: "left", message: "You left the room elsewhere" }),
		});
	}

	#updateCount(room, change, update) {
		if (!room)
			return;
		room.count += change;
		if (room.members)
			update();
		this.#emit("room", room);
	}

	#renameMember(room, was, is) {
		this.#updateCount(room, 0, () => {
			room.members = room.members.map((one) => (one === was ? is : one));
		});
	}

	#onBroadcast(event, room) {
		if (event.room === undefined && event.member === undefined)
			this.#emit("notice", event);
		else if (event.room === undefined)
			this.#emit("message", {
				...event, room: null, own: event.member === this.me.member,
			});
		else
			this.#onRoomEvent(event, room);
	}

	#onDm(event, talk) {
		if (talk)
			this.#onRoomEvent(event, talk);
		else
			this.#emit("dm", { ...event, own: this.ids.has(event.member_id) });
	}

	/* A message, or a change of one: in the order in which they came. */
	#onRoomEvent(event, room) {
		const by = event.member_id ?? event.by_id;

		if (room?.buffered)
			room.buffered.push(event);
		else if (room && ["broadcast", "dm"].includes(event.event))
			this.#accept(room, event);
		else if (room)
			this.#emit(event.event, { ...event, own: this.ids.has(by) });
	}

	/* The server does not send us our own message of a talk. */
	#acceptOwn(talk, { seq, at }, message) {
		const { member, id } = this.me;

		this.#accept(talk, { seq, at, member, member_id: id, message });
	}

	/* The first message of a talk has begun its numbering. */
	async #learnEpoch(talk) {
		const { epoch } = await this.#request({ command: "join", room: talk.id });

		talk.epoch = epoch;
	}

	/* Emits a message unless it was: after a rejoin some arrive twice. */
	#accept(room, message) {
		const { seq, member } = message;

		if (!Number.isSafeInteger(seq) || typeof member !== "string") {
			this.#onBadFrame();
			return;
		}
		if (seq <= room.seq)
			return;
		room.seq = seq;
		if (!room.epoch)
			this.#learnEpoch(room).catch(() => {}); /* the next one retries */
		this.#emit("message", this.#decorate(room, [message])[0]);
	}

	/* Adds `own`, and `key` if this object sent the message. */
	#decorate(room, messages) {
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

		for (const [key, sent] of room.unacked)
			if (sent === text) {
				room.unacked.delete(key);
				return key;
			}
		return undefined;
	}

	#emit(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}
}
