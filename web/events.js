/* Shows the events of parley.js on the page. */

import { captionOf, fileOf } from "./attachments.js";
import { LOBBY, page } from "./conversations.js";
import { $, plural } from "./elements.js";
import { withEdit, withReaction, withRedaction } from "./messages.js";
import { onModerated } from "./moderation.js";
import { countMessage } from "./reading.js";
import {
	closeConversation, openTalk, refresh, refreshOwn, reloadAll,
} from "./rooms.js";
import { showHeader, showJoined, showMe, showMembers, showTyping } from "./sidebar.js";
import { announce, statusbar } from "./statusbar.js";
import { save } from "./storage.js";
import { isAtEnd, keepAtEnd, showOlderButton } from "./viewport.js";

const TYPING_MS = 4000;

/* --- the connection -------------------------------------------------------- */

let wasLost = false;
let onLost = () => {};

/** @type {Record<string, (detail: any) => void>} */
const onState = {
	connecting: () => statusbar.show(wasLost ? "Reconnecting …" : "Connecting …"),
	waiting: ({ retryAt }) => {
		wasLost = true;
		statusbar.show("Connection lost.", { until: retryAt, retry: true });
		onLost();
	},
	refused: ({ reason }) => {
		statusbar.show(`The server refused the connection (${reason}).`, { retry: true });
		onLost();
	},
	open: () => {
		statusbar.show(wasLost ? "Reconnected." : "", { forMs: wasLost ? 2500 : 0 });
		if (wasLost)
			reloadAll();
		wasLost = false;
		refresh();
	},
};

/* --- messages ------------------------------------------------------------ */

function textOf({ message, redacted }) {
	const file = fileOf(message);

	if (typeof message === "string")
		return message;
	if (file)
		return `${captionOf(message)} file ${file.name}`.trim();
	return redacted ? "a deleted message" : "data that is not text";
}

function addMessage(target, message) {
	const isCurrent = target === page.current;
	const wasAtEnd = isCurrent && isAtEnd();
	const isFirst = !message.seq && !message.own && target.unread === 0 &&
		(!isCurrent || document.hidden);

	keepAtEnd(target, () => target.log.add({ at: Date.now(), ...message },
		{ isFirstUnread: isFirst }));
	countMessage(target, message);
	target.typing.delete(message.member);
	if (isCurrent) {
		showTyping();
		if (!message.own)
			announce(`${message.member}: ${textOf(message)}`);
		$("jump").hidden = wasAtEnd || message.own;
	}
	showJoined();
}

function onMessage(message) {
	const target = page.conversations.get(message.room ?? LOBBY);

	if (target)
		addMessage(target, message);
}

/* Of a talk that is not open yet, or of a member without an account. */
async function onDm(message) {
	if (message.room) {
		announce(`${message.member}: ${textOf(message)}`);
		await refreshOwn(); /* opens the talk, with what is unread */
		return;
	}
	addMessage(await openTalk(message.member_id, message.member),
		{ ...message, own: false });
}

/* A change of a message that is shown. */
const onChange = (change) => (event) => {
	const target = page.conversations.get(event.room);

	if (target)
		keepAtEnd(target, () => target.log.change(event.seq, (one) => change(one, event)));
};

function onChanged(message) {
	const target = page.conversations.get(message.room);

	if (target)
		keepAtEnd(target, () => target.log.update([message]));
}

function onRead({ room, seq }) {
	page.conversations.get(room)?.state.readElsewhere(seq);
	showJoined();
}

function onNotice({ message }) {
	const lobby = page.conversations.get(LOBBY);

	keepAtEnd(lobby, () => lobby.log.addNotice(message));
	refresh();
}

/* --- rooms ---------------------------------------------------------------- */

function onTyping({ room, member }) {
	const target = page.conversations.get(room);

	if (!target || member === page.chat.me.member)
		return;
	clearTimeout(target.typing.get(member));
	target.typing.set(member, setTimeout(() => {
		target.typing.delete(member);
		showTyping();
	}, TYPING_MS));
	showTyping();
}

function onRoom(room) {
	const target = page.conversations.get(room.id);

	if (!target)
		return;
	target.room = room;
	if (!room.other)
		target.name = room.name;
	if (target === page.current) {
		showHeader();
		showMembers();
	}
}

function onReset({ id }) {
	const target = page.conversations.get(id);

	if (!target)
		return;
	target.log.resetNumbering();
	target.state.reset();
	target.log.addNotice("This room was created again; its history is gone.");
	target.hasOlder = false;
	showOlderButton();
}

function onGap({ room, missing: [from, to] }) {
	page.conversations.get(room.id)?.log.addNotice(
		`${plural(to - from + 1, "message")} missing: no longer stored.`);
}

function onLeft({ room, error }) {
	if (error.code === "deleted")
		page.rooms = page.rooms.filter(({ room: id }) => id !== room.id);
	closeConversation(room.id);
	page.conversations.get(LOBBY).log.addNotice(`${room.name}: ${error.message}`);
	announce(`${room.name}: ${error.message}`);
}

function onInvite({ name, member }) {
	const lobby = page.conversations.get(LOBBY);

	keepAtEnd(lobby, () => lobby.log.addNotice(
		`${member} invites you to ${name}: choose it under “Other rooms”`));
	statusbar.show(`${member} invites you to ${name}.`, { forMs: 5000 });
	refresh();
}

function onMe(me) {
	showMe(me);
	showMembers();
	save(sessionStorage, "ids", [...page.chat.ids].slice(-100));
}

/** @type {Record<string, (detail: any) => unknown>} */
const HANDLERS = {
	state: (detail) => onState[detail.state]?.(detail),
	me: onMe,
	message: onMessage, notice: onNotice, dm: onDm, typing: onTyping,
	room: onRoom, reset: onReset, gap: onGap, left: onLeft, invite: onInvite,
	edit: onChange(withEdit), redact: onChange(withRedaction),
	react: onChange(withReaction), changed: onChanged, read: onRead,
	joined: refreshOwn,
	kick: (event) => onModerated("kick", event),
	role: (event) => onModerated("role", event),
	topic: (event) => onModerated("topic", event),
	slow: (event) => onModerated("slow", event),
	error: ({ message }) => statusbar.show(message, { forMs: 5000 }),
};

/**
 * Shows what happens in the chat.
 *
 * @param {() => void} lost  is called when there is no connection
 */
export function addListeners(lost) {
	onLost = lost;
	for (const [type, handle] of Object.entries(HANDLERS))
		page.chat.addEventListener(type, ({ detail }) => handle(detail));
}
