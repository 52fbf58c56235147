/*
 * What one can do with a message: react, edit, delete. A toolbar is in the message
 * that is pointed at or focused; arrow keys go from message to message.
 */

import { canEdit, startEditing } from "./composer.js";
import { page } from "./conversations.js";
import { makeDialog } from "./dialogs.js";
import { $ } from "./elements.js";
import { canModerate } from "./sidebar.js";
import { statusbar } from "./statusbar.js";

const log = $("log");
const toolbar = $("actions"); /* may be in a list that is not shown */
const reactButton = $("react");
const editButton = $("edit");
const deleteButton = $("delete");
const REACTION_BYTES = 32;

let target = null; /* {key, seq, message}: what a dialog is about */

const itemOf = (node) => node.closest?.("#log li[data-seq]") ?? null;
const messageOf = (item) => page.current.log.messageOf(item);

/* --- the toolbar ---------------------------------------------------------- */

const canDelete = (message) => !message.redacted &&
	(message.member_id === page.chat.me?.id || canModerate());

function showToolbar(item) {
	const message = item && page.current.room && messageOf(item);

	if (!message || message.redacted) {
		toolbar.hidden = true;
		return;
	}
	editButton.hidden = !canEdit(message);
	deleteButton.hidden = !canDelete(message);
	toolbar.hidden = false;
	if (toolbar.parentElement !== item)
		item.append(toolbar);
}

/* Messages that move below a pointer at rest do not count. */
function onPointer({ target: pointed, movementX, movementY }) {
	const item = itemOf(pointed);
	const isUsed = toolbar.contains(document.activeElement);

	if (item && !isUsed && (movementX || movementY))
		showToolbar(item);
}

function onFocus({ target: focused }) {
	const item = itemOf(focused);

	if (!item)
		return;
	showToolbar(item);
	page.current.log.setTabStop(item);
}

/* --- what it does --------------------------------------------------------- */

async function attempt(request) {
	try {
		await request;
	} catch (error) {
		statusbar.show(`${error.message}.`, { forMs: 5000 });
	}
}

/* The message that has the toolbar. */
const subject = () => ({ ...messageOf(itemOf(toolbar)), key: page.current.key });

function toggleReaction(button) {
	const { key } = page.current;
	const { seq } = messageOf(itemOf(button));
	const { reaction } = button.dataset;

	attempt(button.getAttribute("aria-pressed") === "true"
		? page.chat.unreact(key, seq, reaction) : page.chat.react(key, seq, reaction));
}

const openReactions = makeDialog("reactions", (chosen) => { target = chosen; }, () => {
	const reaction = $("reaction").value.trim();

	if (new TextEncoder().encode(reaction).length > REACTION_BYTES)
		throw new Error("A reaction is a word or a few symbols");
	return page.chat.react(target.key, target.seq, reaction);
});

const openDeletion = makeDialog("deletion", (chosen) => { target = chosen; },
	() => page.chat.redact(target.key, target.seq));

function goTo(item, way) {
	const next = item[way];

	if (next?.dataset.seq)
		next.focus();
	else if (next)
		goTo(next, way);
}

const KEYS = {
	ArrowUp: (item) => goTo(item, "previousElementSibling"),
	ArrowDown: (item) => goTo(item, "nextElementSibling"),
	Escape: () => $("text").focus(),
};

/* What is typed while a message is focused goes to the message box. */
const isTyping = ({ key, ctrlKey, metaKey, altKey }) =>
	key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey;

export function prepareActions() {
	log.addEventListener("pointermove", onPointer);
	log.addEventListener("focusin", onFocus);
	log.addEventListener("pointerleave", () => {
		if (!log.contains(document.activeElement))
			toolbar.hidden = true;
	});
	$("text").addEventListener("focus", () => {
		toolbar.hidden = true;
		page.current.log.chooseTabStop();
	});
	log.addEventListener("click", ({ target: clicked }) => {
		const button = clicked.closest("button.reaction");

		if (button)
			toggleReaction(button);
	});
	log.addEventListener("keydown", (event) => {
		const item = itemOf(event.target);

		if (item && KEYS[event.key] && !event.altKey) {
			event.preventDefault();
			KEYS[event.key](item);
		} else if (item && isTyping(event))
			$("text").focus();
	});
	reactButton.onclick = () => openReactions(subject());
	editButton.onclick = () => startEditing(subject());
	deleteButton.onclick = () => openDeletion(subject());
	for (const button of $("reactions").querySelectorAll(".choice"))
		button.onclick = () => {
			$("reaction").value = button.textContent;
			$("reactions").firstElementChild.requestSubmit();
		};
}
