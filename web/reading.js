/*
 * Unread messages. A message counts as read when its conversation is shown at its
 * end, in a page that is visible; for users the server keeps that, so that it
 * holds on all devices.
 */

import { page } from "./conversations.js";
import { isUser } from "./parley.js";
import { showJoined } from "./sidebar.js";
import { isAtEnd, isVisible } from "./viewport.js";

const REPORT_MS = 1000;

export const isSeen = (target) =>
	target === page.current && target.isLoaded && isVisible() && isAtEnd();

/* The next connection reports it again. */
function report(target) {
	clearTimeout(target.reporting);
	target.reporting = 0;
	page.chat.read(target.key, target.state.read).catch(() => {});
}

/* The server stores each marker: not one for every message. */
function reportSoon(target) {
	if (!target.reporting && target.room && isUser(page.chat.me.id))
		target.reporting = setTimeout(() => report(target), REPORT_MS);
}

/** The conversation or the page is going to be hidden. */
export function reportNow(target = page.current) {
	if (target?.reporting)
		report(target);
}

/** Marks what is shown as read. */
export function markRead(target = page.current) {
	const { unread } = target.state;

	if (!isSeen(target))
		return;
	if (target.state.readAll())
		reportSoon(target);
	if (unread)
		showJoined();
}

/** Counts a message; shows where the unread ones begin. */
export function countMessage(target, message) {
	const { unread, read } = target.state;

	target.state.add(message, isSeen(target));
	if (unread === 0 && target.unread > 0 && message.seq)
		target.log.markUnread(read);
	if (isSeen(target) && message.seq)
		reportSoon(target);
}

/** What the server knows of an own room: the marker of all devices. */
export function applyMarker(target, { read }) {
	target.state.readElsewhere(read);
	if (target.state.read > read)
		reportSoon(target);
}
