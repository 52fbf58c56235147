/*
 * The messages of one conversation as a list of elements. Text of other
 * members becomes text nodes, never markup.
 */

import { attachment, captionOf, fileOf } from "./attachments.js";
import { avatar, el, setColour } from "./elements.js";
import { record } from "./messages.js";

const GROUP_MS = 5 * 60 * 1000; /* messages of one author under one header */
const LINK = /\bhttps?:\/\/[^\s<>"]+/g;

/* Punctuation that ends a sentence or closes a bracket is not in the link. */
function linkLength(link) {
	let end = link.length;

	for (; end > 0; end--) {
		const last = link[end - 1];
		const shut = last === ")" && !link.slice(0, end).includes("(");
		if (!shut && !".,;:!?'*_".includes(last))
			break;
	}
	return end;
}

function* withLinks(text) {
	let from = 0;

	for (const { 0: found, index } of text.matchAll(LINK)) {
		const link = found.slice(0, linkLength(found));
		if (!URL.canParse(link))
			continue;
		yield text.slice(from, index);
		yield el("a", {
			href: link, target: "_blank", textContent: link,
			rel: "noopener noreferrer nofollow",
		});
		from = index + link.length;
	}
	yield text.slice(from);
}

/* Programs may post any JSON value; all but strings are shown as JSON. */
function bodyOf({ message, redacted, redactedBy }) {
	if (redacted)
		return [redactedBy ? `Message deleted by ${redactedBy}` : "Message deleted"];
	if (typeof message === "string")
		return withLinks(message);
	const file = fileOf(message);
	if (file)
		return [...withLinks(captionOf(message)), attachment(file)];
	return [el("code", { textContent: JSON.stringify(message, null, 1) })];
}

/* A button for each reaction, pressed if it is also ours. */
function reactionsOf({ reactions }) {
	return Array.from(reactions, ([text, { count, own }]) => el("button", {
		type: "button", className: "reaction",
		title: own ? "Remove your reaction" : "React with the same",
		at: { "aria-pressed": String(own), "data-reaction": text },
	}, `${text} `, el("span", { textContent: String(count) })));
}

const clock = new Intl.DateTimeFormat([], { timeStyle: "short" });
const calendar = new Intl.DateTimeFormat([], { dateStyle: "full" });

function dayOf(at) {
	const day = new Date(at).toDateString();

	if (day === new Date().toDateString())
		return "Today";
	if (day === new Date(Date.now() - 864e5).toDateString())
		return "Yesterday";
	return calendar.format(at);
}

function timeOf(at) {
	return el("time", {
		dateTime: new Date(at).toISOString(), textContent: clock.format(at),
		title: calendar.format(at),
	});
}

export class Log {
	/** The element to show. */
	list = el("ol");
	#bySeq = new Map();
	#byKey = new Map(); /* own messages without an acknowledgement */
	#messages = new WeakMap(); /* by element */

	/** The smallest seq shown; Infinity without messages. */
	get firstSeq() {
		return Math.min(...this.#bySeq.keys());
	}

	/** The message that an element shows; undefined for a notice. */
	messageOf(item) {
		return this.#messages.get(item);
	}

	/** The newest message for which `test` holds, if any. */
	findLast(test) {
		return [...this.list.children].map((item) => this.#messages.get(item))
			.findLast((message) => message?.seq !== undefined && test(message));
	}

	/** Changes a message, if it is shown: `change` is given it and returns it. */
	change(seq, change) {
		const item = this.#bySeq.get(seq);

		if (item)
			this.#render(item, change(this.#messages.get(item)));
	}

	/** Messages as they are now. */
	update(messages) {
		for (const message of messages)
			this.change(message.seq, () => record(message));
	}

	/** Marks the first message of others behind a seq as the first unread one. */
	markUnread(seq) {
		const item = [...this.list.children].find((one) =>
			Number(one.dataset.seq) > seq && one.dataset.author !== "own");

		if (item?.classList.contains("unread"))
			return;
		this.clearUnread();
		item?.classList.add("unread");
		this.#group(item);
	}

	get size() {
		return this.list.childElementCount;
	}

	/** Adds a message, optionally marked as the first unread one. */
	add(message, { isFirstUnread = false } = {}) {
		const mine = this.#byKey.get(message.key);

		if (this.#bySeq.has(message.seq))
			return;
		if (mine) {
			this.#confirm(mine, message.key, record(message));
			return;
		}
		const item = this.#make(message);
		this.#place(item, message.seq);
		if (isFirstUnread) {
			this.clearUnread();
			item.classList.add("unread");
			this.#group(item);
		}
	}

	/** Adds older messages at the top. */
	prepend(messages) {
		const before = this.list.firstElementChild;

		for (const message of messages)
			if (!this.#bySeq.has(message.seq)) {
				const item = this.#make(message);
				this.#number(item, message.seq);
				this.list.insertBefore(item, before);
				this.#group(item);
			}
		this.#group(before);
		this.chooseTabStop();
	}

	/** Adds an own message that is being sent. */
	addPending(key, message) {
		const item = this.#make({ ...message, own: true, at: Date.now() });

		item.classList.add("pending");
		this.#state(item, "Sending …");
		this.#byKey.set(key, item);
		this.list.append(item);
		this.#group(item);
	}

	/**
	 * The server acknowledged it. Its own event may have come first, or it is
	 * older than all that is shown, of an attempt long ago.
	 */
	confirm(key, { seq, at }) {
		const item = this.#byKey.get(key);

		if (!item)
			return;
		if (this.#bySeq.has(seq) || seq < this.firstSeq && this.#bySeq.size > 0)
			this.remove(key);
		else
			this.#confirm(item, key, { ...this.#messages.get(item), seq, at });
	}

	/** Whether there is an own message with this key, sent or failed. */
	has(key) {
		return this.#byKey.has(key);
	}

	/** Sending failed: shows the reason and buttons for the actions. */
	fail(key, reason, actions) {
		const item = this.#byKey.get(key);
		const buttons = Object.entries(actions).map(([name, onclick]) =>
			el("button", { type: "button", textContent: name, onclick }));

		item?.classList.replace("pending", "failed");
		if (item)
			this.#state(item, `${reason} `, ...buttons);
	}

	/** Shows a failed message as being sent again. */
	retry(key) {
		const item = this.#byKey.get(key);

		item?.classList.replace("failed", "pending");
		if (item)
			this.#state(item, "Sending …");
	}

	remove(key) {
		const item = this.#byKey.get(key);
		const next = item?.nextElementSibling;

		this.#byKey.delete(key);
		item?.remove();
		this.#group(next);
		this.#markLast();
	}

	/** Adds a notice, which has no author. */
	addNotice(text) {
		this.#place(el("li", { className: "notice", textContent: text }));
	}

	/** The numbering of the room restarted. */
	resetNumbering() {
		this.#bySeq.clear();
	}

	/** Removes the oldest entries. */
	trim(count) {
		for (const item of [...this.list.children].slice(0, count))
			if (!item.matches(".pending, .failed")) {
				this.#bySeq.delete(Number(item.dataset.seq));
				item.remove();
			}
		this.#group(this.list.firstElementChild);
	}

	/** Removes the unread mark. */
	clearUnread() {
		this.list.querySelector(".unread")?.classList.remove("unread");
	}

	#make(message) {
		const { member, member_id: id = member, at, own } = message;
		const who = el("span", { className: "who", textContent: member });
		const item = el("li", { className: own ? "own" : "", tabIndex: -1 },
			avatar(member),
			el("div", {},
				el("p", { className: "head" }, who, timeOf(at)),
				el("div", { className: "body" }),
				el("div", { className: "marks" }),
				...(own ? [el("p", { className: "state" })] : [])));

		Object.assign(item.dataset, { at, author: own ? "own" : id });
		setColour(item, member);
		this.#render(item, record(message));
		if (own)
			this.#state(item, "Sent ", timeOf(at));
		return item;
	}

	/* Shows what of a message can change. */
	#render(item, message) {
		const marks = item.querySelector(".marks");
		const [focused] = [...marks.children].filter((one) => one === document.activeElement);

		this.#messages.set(item, message);
		item.classList.toggle("redacted", Boolean(message.redacted));
		item.querySelector(".body").replaceChildren(...bodyOf(message));
		marks.replaceChildren(
			...(message.edited ? [el("span", { className: "edited", textContent: "edited",
				title: `${calendar.format(message.edited)}, ${clock.format(message.edited)}` })]
				: []),
			...reactionsOf(message));
		if (focused)
			([...marks.children].find((one) =>
				one.dataset.reaction === focused.dataset.reaction) ?? item).focus();
	}

	#state(item, ...content) {
		item.querySelector(".state").replaceChildren(...content);
	}

	#confirm(item, key, message) {
		const { seq, at } = message;
		const next = item.nextElementSibling;

		this.#byKey.delete(key);
		this.#render(item, message);
		item.classList.remove("pending", "failed");
		item.dataset.at = at;
		this.#state(item, "Sent ", timeOf(at));
		this.#place(item, seq);
		this.#group(next);
	}

	#number(item, seq) {
		item.dataset.seq = seq;
		this.#bySeq.set(seq, item);
	}

	/* After the numbered messages, before the unacknowledged ones. */
	#place(item, seq) {
		const before = this.list.querySelector(".pending, .failed");

		if (seq !== undefined)
			this.#number(item, seq);
		if (item.nextElementSibling !== before || !item.isConnected)
			this.list.insertBefore(item, before);
		this.#group(item);
		this.#group(item.nextElementSibling);
		this.#markLast();
		this.chooseTabStop();
	}

	/** One message is in the order of Tab: the newest, unless one is focused. */
	chooseTabStop() {
		const items = this.list.querySelectorAll("li[data-seq]");

		if (!this.list.contains(document.activeElement) && items.length > 0)
			this.setTabStop(items[items.length - 1]);
	}

	setTabStop(item) {
		this.list.querySelector("li[tabindex=\"0\"]")?.setAttribute("tabindex", "-1");
		item.setAttribute("tabindex", "0");
	}

	/* Only the newest own message shows when it was sent. */
	#markLast() {
		const own = this.list.querySelectorAll(".own:not(.pending, .failed)");

		this.list.querySelector(".last")?.classList.remove("last");
		own[own.length - 1]?.classList.add("last");
	}

	/* Consecutive messages of one author share a header. */
	#group(item) {
		const before = item?.previousElementSibling;
		const { at, author } = item?.dataset ?? {};

		if (!author)
			return;
		const day = dayOf(Number(at));
		const newDay = !before?.dataset.at ||
			dayOf(Number(before.dataset.at)) !== day;
		const continues = !newDay && !item.classList.contains("unread") &&
			before.dataset.author === author &&
			at - before.dataset.at < GROUP_MS;
		item.classList.toggle("first", !continues);
		if (newDay && (before === null || before.dataset.at))
			item.dataset.day = day;
		else
			delete item.dataset.day;
	}
}
