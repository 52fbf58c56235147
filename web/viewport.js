/*
 * The part of a conversation that is in view. If it is scrolled to its end it
 * stays there when messages arrive.
 */

import { page } from "./conversations.js";
import { $ } from "./elements.js";

const ENTRIES_MAX = 1000; /* of one conversation */
const END_PX = 80; /* scrolled this close to the end counts as the end */

const scroll = $("scroll");

export const isAtEnd = () =>
	scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < END_PX;

/** On a phone, the list of rooms may be shown instead. */
export const isVisible = () => !document.hidden && scroll.clientHeight > 0;

let atEnd = true;
let size = "";
const currentSize = () => `${scroll.clientWidth} ${scroll.clientHeight}`;

export function scrollToEnd() {
	scroll.scrollTop = scroll.scrollHeight;
	$("jump").hidden = true;
	atEnd = true;
}

/** Shows the first unread message if it is above what is seen at the end. */
export function scrollToUnread() {
	const first = $("log").querySelector(".unread");

	scrollToEnd();
	const above = first ? scroll.getBoundingClientRect().top - first.getBoundingClientRect().top
		: 0;
	if (above <= 0)
		return;
	scroll.scrollTop -= above;
	atEnd = isAtEnd();
	$("jump").hidden = atEnd;
}

/* Scroll events caused by a change of size are ignored. */
export function onScroll() {
	if (size !== currentSize())
		return;
	atEnd = isAtEnd();
	if (atEnd)
		$("jump").hidden = true;
}

/* An on-screen keyboard, a rotation, or a picture keeps the end in view. */
const observer = new ResizeObserver(() => {
	size = currentSize();
	if (atEnd)
		scrollToEnd();
});
observer.observe(scroll);
observer.observe($("log"));

/* Runs a change of the log; a view at the end stays there. */
export function keepAtEnd(target, change) {
	const stays = target === page.current && isAtEnd();

	change();
	if (!stays)
		return;
	if (target.log.size > ENTRIES_MAX) {
		target.log.trim(ENTRIES_MAX / 2);
		target.hasOlder = target.room !== null;
		showOlderButton();
	}
	scrollToEnd();
}

export function showOlderButton() {
	$("older").hidden = !page.current.hasOlder;
}
