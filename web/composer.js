/*
 * The message box: sending, editing, drafts. What is not acknowledged yet is kept
 * over a reload and sent again with the same key.
 */

import { captionOf } from "./attachments.js";
import { page, saveDraft } from "./conversations.js";
import { $ } from "./elements.js";
import { Outbox } from "./outbox.js";
import { makeKey } from "./parley.js";
import { announce, statusbar } from "./statusbar.js";
import { load, save } from "./storage.js";
import { hasUploads, takeUploads } from "./tray.js";
import { keepAtEnd, scrollToEnd } from "./viewport.js";

const text = $("text");
const outbox = new Outbox(load(sessionStorage, "outbox", []),
	(entries) => save(sessionStorage, "outbox", entries));
const sending = new Set(); /* keys */
const refused = new Set(); /* keys: a retry cannot help */
let editing = null; /* {target, seq, was}: the message that is edited */

/* Errors that a retry of the same message cannot fix. */
const PERMANENT = ["message_too_large", "message_refused", "bad_field", "bad_json",
	"forbidden"];

const REASONS = {
	timeout: "Not sent yet: no connection.",
	disconnected: "Not sent yet: no connection.",
};

/* --- drafts ----------------------------------------------------------- */

export function onInput() {
	if (!editing)
		saveDraft(page.current, text.value);
	if (text.value)
		page.chat.typing(page.current.key);
}

/** Shows what is typed and chosen for another conversation. */
export function showDraft(target) {
	stopEditing();
	text.value = target.draft;
}

/** The text of a message; of one that shares a file, that beside it. */
const textOf = (message) => (typeof message === "string" ? message : captionOf(message));

/* Puts a text back into an empty message box. */
function restore(target, message) {
	if (target.draft)
		return;
	saveDraft(target, message);
	if (target === page.current && !editing)
		text.value = message;
}

/* --- sending ---------------------------------------------------------- */

async function post(target, { key, message }) {
	sending.add(key);
	try {
		const ack = await page.chat.broadcast(target.key, message, { key });
		outbox.remove(key);
		keepAtEnd(target, () => target.log.confirm(key, ack));
	} catch (error) {
		onPostError(target, { key, message }, error);
	}
	sending.delete(key);
}

function onPostError(target, { key, message }, error) {
	const reason = REASONS[error.code] ?? `Not sent: ${error.message}.`;
	const isPermanent = PERMANENT.includes(error.code);
	const discard = () => {
		outbox.remove(key);
		target.log.remove(key);
	};
	const edit = () => {
		discard();
		stopEditing();
		text.value = textOf(message);
		saveDraft(target, text.value);
		text.focus();
	};

	if (isPermanent)
		refused.add(key);
	keepAtEnd(target, () => target.log.fail(key, reason, isPermanent
		? { Edit: edit, Discard: discard }
		: { Retry: () => repeat(target, { key, message }), Discard: discard }));
	announce(reason);
}

function repeat(target, entry) {
	target.log.retry(entry.key);
	post(target, entry);
}

/** The keys of conversations with messages that are not acknowledged. */
export const unsentTo = () => outbox.destinations();

/** We are not in the room any more. */
export function discardUnsent(key) {
	for (const entry of outbox.to(key))
		outbox.remove(entry.key);
}

/**
 * Sends again what was not acknowledged: after a reload, and from time to time.
 */
export function sendUnsent(target) {
	for (const entry of outbox.to(target.key)) {
		if (sending.has(entry.key) || refused.has(entry.key))
			continue;
		if (!target.log.has(entry.key))
			keepAtEnd(target, () => target.log.addPending(entry.key, {
				member: page.chat.me.member, member_id: page.chat.me.id,
				message: entry.message }));
		repeat(target, entry);
	}
}

async function sendDirect(target, message) {
	const sent = await page.chat.dm(target.memberId, message);

	target.name = sent.member ?? target.name;
	keepAtEnd(target, () => target.log.add({
		at: Date.now(), member: page.chat.me.member, message, own: true,
	}));
}

/* The lobby and messages to members without an account have no retries. */
async function sendOnce(target, message) {
	try {
		await (target.isDirect ? sendDirect(target, message)
			: page.chat.broadcast(null, message));
	} catch (error) {
		const reason = error.code === "member_not_found"
			? `${target.name} is not connected any more` : error.message;
		statusbar.show(`Not sent: ${reason}.`, { forMs: 5000 });
		target.isAway ||= error.code === "member_not_found";
		restore(target, textOf(message));
	}
}

function sendNew(target, message) {
	if (target.room) {
		const entry = { key: makeKey(), to: target.key, message };
		outbox.add(entry);
		target.log.addPending(entry.key, { member: page.chat.me.member,
			member_id: page.chat.me.id, message });
		post(target, entry);
	} else
		sendOnce(target, message);
	if (target === page.current)
		scrollToEnd();
}

/* One message for each file; the first one has the text. */
async function sendFiles(target, caption) {
	const [first, ...others] = await takeUploads(target);

	if (!first) {
		restore(target, caption);
		return;
	}
	sendNew(target, caption ? { text: caption, file: first } : { file: first });
	for (const file of others)
		sendNew(target, { file });
}

/** Sends what is typed, or saves what is edited. */
export function send() {
	const message = text.value.trim();

	if (editing) {
		saveEdit(message);
		return;
	}
	text.value = "";
	saveDraft(page.current, "");
	if (hasUploads(page.current))
		sendFiles(page.current, message);
	else if (message)
		sendNew(page.current, message);
}

/* --- editing ---------------------------------------------------------- */

/** Whether we may edit a message: text of our own, as long as we keep our id. */
export const canEdit = (message) => message.seq !== undefined && !message.redacted &&
	message.member_id === page.chat.me?.id && typeof message.message === "string";

export function startEditing(message) {
	stopEditing();
	editing = { target: page.current, seq: message.seq, was: message.message };
	text.value = message.message;
	$("editing").hidden = false;
	text.focus();
}

export function stopEditing() {
	if (!editing)
		return;
	text.value = editing.target.draft;
	editing = null;
	$("editing").hidden = true;
}

export const isEditing = () => editing !== null;

async function saveEdit(message) {
	const { target, seq, was } = editing;

	if (!message)
		return;
	try {
		if (message !== was)
			await page.chat.edit(target.key, seq, message);
		if (editing?.seq === seq)
			stopEditing();
	} catch (error) {
		statusbar.show(`Not saved: ${error.message}.`, { forMs: 5000 });
	}
}

/** Edits our newest message, if there is one that we may edit. */
export function editLast() {
	const message = page.current.log.findLast(canEdit);

	if (message)
		startEditing(message);
	return message !== undefined;
}
