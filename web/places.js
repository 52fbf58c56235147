/*
 * Places to talk in: the lobby, rooms, private talks. One of them is seen, and
 * who looks at its end goes on looking there.
 */

import { Log } from "./log.js";
import { $ } from "./elements.js";

const MANY = 1000; /* elements of one place */
const NEAR = 80; /* pixels from the end that still count as there */

const scroll = $("scroll");

/* What all parts of the page look at. */
export const page = {
	chat: null, /* the Parley */
	here: null, /* the place that is seen */
	places: new Map(), /* by key */
	rooms: [], /* all there are, as the server last said */
};

class Place {
	constructor(key, name, room = null) {
		Object.assign(this, { key, name, room });
		this.log = new Log();
		this.unread = 0;
		this.draft = "";
		this.older = false; /* there may be more above */
		this.loading = false;
		this.top = null; /* where it was scrolled to; null: the end */
		this.typing = new Map();
		this.members = [];
	}

	get isRoom() {
		return this.room !== null;
	}

	get isPrivate() {
		return this.key.startsWith("@");
	}
}

export const LOBBY = "";

export function place(key, name, room) {
	if (!page.places.has(key))
		page.places.set(key, new Place(key, name, room));
	return page.places.get(key);
}

export const isAtEnd = () =>
	scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;

let atEnd = true;
let size = "";
const sizeNow = () => `${scroll.clientWidth} ${scroll.clientHeight}`;

export function toEnd() {
	scroll.scrollTop = scroll.scrollHeight;
	$("jump").hidden = true;
	atEnd = true;
}

/* Scrolled by hand, not by a change of size. */
export function noteScrolling() {
	if (size !== sizeNow())
		return;
	atEnd = isAtEnd();
	if (atEnd)
		$("jump").hidden = true;
}

/* A keyboard comes up, a phone is turned: who was at the end is again. */
new ResizeObserver(() => {
	size = sizeNow();
	if (atEnd)
		toEnd();
}).observe(scroll);

/* Changes what is seen; who was at the end stays there. */
export function keepingEnd(where, change) {
	const stays = where === page.here && isAtEnd();

	change();
	if (!stays)
		return;
	if (where.log.size > MANY) {
		where.log.trim(MANY / 2);
		where.older = where.isRoom;
		showOlder();
	}
	toEnd();
}

export function showOlder() {
	$("older").hidden = !page.here.older;
}
