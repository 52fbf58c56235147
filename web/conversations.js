/*
 * Conversations: the lobby, rooms, direct messages. One is shown; if it is
 * scrolled to its end it stays there when messages arrive.
 */

import { Log } from "./log.js";
import { $ } from "./elements.js";

const ENTRIES_MAX = 1000; /* of one conversation */
const END_PX = 80; /* scrolled this close to the end counts as the end */

const scroll = $("scroll");

/* State shared by all modules of the page. */
export const page = {
	chat: null, /* the Parley */
	current: null, /* the conversation shown */
	conversations: new Map(), /* by key */
	rooms: [], /* the last room list of the server */
};

class Conversation {
	constructor(key, name, room = null) {
		this.key = key;
		this.name = name;
		this.room = room;
		this.log = new Log();
		this.unread = 0;
		this.draft = "";
		this.hasHistory = false; /* direct, and kept by the server */
		this.hasOlder = false; /* the server may have older messages */
		this.loading = false;
		this.scrollTop = null; /* null: the end */
		this.typing = new Map();
		this.members = [];
		this.memberId = null; /* the other's, if it is direct */
	}

	get isRoom() {
		return this.room !== null;
	}

	get isDirect() {
		return this.key.startsWith("@");
	}
}

export const LOBBY = "";

export function conversation(key, name, room) {
	if (!page.conversations.has(key))
		page.conversations.set(key, new Conversation(key, name, room));
	return page.conversations.get(key);
}

/*
 * The direct messages with a member. The id counts: after a change of names,
 * the name is another member's.
 */
export function directConversation(memberId, name) {
	const target = conversation(`@${memberId}`, name);

	target.memberId = memberId;
	target.name = name;
	return target;
}

export const isAtEnd = () =>
	scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < END_PX;

let atEnd = true;
let size = "";
const currentSize = () => `${scroll.clientWidth} ${scroll.clientHeight}`;

export function scrollToEnd() {
	scroll.scrollTop = scroll.scrollHeight;
	$("jump").hidden = true;
	atEnd = true;
}

/* Scroll events caused by a change of size are ignored. */
export function onScroll() {
	if (size !== currentSize())
		return;
	atEnd = isAtEnd();
	if (atEnd)
		$("jump").hidden = true;
}

/* An on-screen keyboard or a rotation keeps the end in view. */
new ResizeObserver(() => {
	size = currentSize();
	if (atEnd)
		scrollToEnd();
}).observe(scroll);

/* Runs a change of the log; a view at the end stays there. */
export function keepAtEnd(target, change) {
	const stays = target === page.current && isAtEnd();

	change();
	if (!stays)
		return;
	if (target.log.size > ENTRIES_MAX) {
		target.log.trim(ENTRIES_MAX / 2);
		target.hasOlder = target.isRoom;
		showOlderButton();
	}
	scrollToEnd();
}

export function showOlderButton() {
	$("older").hidden = !page.current.hasOlder;
}
