/* The state of the page: conversations (the lobby, rooms, direct messages). */

import { Log } from "./log.js";
import { ReadState } from "./read_state.js";
import { load, save } from "./storage.js";

/* State shared by all modules of the page. */
export const page = {
	chat: null, /* the Parley */
	current: null, /* the conversation shown */
	conversations: new Map(), /* by key */
	rooms: [], /* the last room list of the server */
};

class Conversation {
	/**
	 * @param {string} key  a room id; of direct messages without an account
	 * "@" and the id of the other
	 */
	constructor(key, name, room = null) {
		this.key = key;
		this.name = name;
		this.room = room; /* of parley.js; null: messages have no numbers */
		this.log = new Log();
		this.state = new ReadState();
		this.draft = load(sessionStorage, "drafts", {})[key] ?? "";
		this.isLoaded = room === null; /* the newest messages are shown */
		this.isStale = false; /* reactions may have been missed */
		this.hasOlder = false; /* the server may have older messages */
		this.loading = null; /* a promise */
		this.scrollTop = null; /* null: the end */
		this.typing = new Map();
		this.members = [];
		this.memberId = room?.other ?? null; /* the other's, if it is direct */
		this.isAway = false;
		this.uploads = []; /* files that are to be sent */
		this.reporting = 0; /* a timer: the read marker is to be sent */
	}

	get isRoom() {
		return this.room !== null && !this.isDirect;
	}

	get isDirect() {
		return this.key.startsWith("@");
	}

	get unread() {
		return this.state.unread;
	}
}

export const LOBBY = "";

export function conversation(key, name, room) {
	if (!page.conversations.has(key))
		page.conversations.set(key, new Conversation(key, name, room));
	return page.conversations.get(key);
}

/*
 * The direct messages with a member without an account. The id counts: after a
 * change of names, the name is another member's.
 */
export function directConversation(memberId, name) {
	const target = conversation(`@${memberId}`, name);

	target.memberId = memberId;
	target.name = name;
	return target;
}

/* --- drafts ----------------------------------------------------------- */

/** Keeps what is typed but not sent over a reload. */
export function saveDraft(target, text) {
	/* JSON leaves undefined values out. */
	const drafts = { ...load(sessionStorage, "drafts", {}), [target.key]: text || undefined };

	target.draft = text;
	save(sessionStorage, "drafts", drafts);
}

/* --- closed talks --------------------------------------------------------- */

/** A closed talk is shown again when it has a message behind this one. */
export function saveClosed(key, seq) {
	save(localStorage, "closed", { ...load(localStorage, "closed", {}), [key]: seq });
}

export const isClosed = ({ room, seq }) =>
	seq <= (load(localStorage, "closed", {})[room] ?? -1);
