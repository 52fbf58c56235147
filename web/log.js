/*
 * What was said in one place, as a list of elements. Whatever came from
 * somebody else becomes text, never markup.
 */

import { disc, el, paint } from "./elements.js";

const TOGETHER_MS = 5 * 60 * 1000;
const LINK = /\bhttps?:\/\/[^\s<>"]+/g;

/* What ends a sentence, or closes a bracket from before, is no part of it. */
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

/* Other programs may say what is no text: it is shown as they wrote it. */
function spoken(message) {
	if (typeof message === "string")
		return withLinks(message);
	return [el("code", { textContent: JSON.stringify(message, null, 1) })];
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
	/** Put this where it shall be seen. */
	list = el("ol");
	#bySeq = new Map();
	#byKey = new Map(); /* not acknowledged yet */

	/** The smallest number here; Infinity if there is none. */
	get firstSeq() {
		return Math.min(...this.#bySeq.keys());
	}

	get size() {
		return this.list.childElementCount;
	}

	/** A message; the first that nobody has read may be marked so. */
	add(message, { isNews = false } = {}) {
		const mine = this.#byKey.get(message.key);

		if (this.#bySeq.has(message.seq))
			return;
		if (mine) {
			this.#settle(mine, message.key, message);
			return;
		}
		const item = this.#make(message);
		this.#place(item, message.seq);
		if (isNews) {
			this.clearNews();
			item.classList.add("news");
			this.#group(item);
		}
	}

	/** Older ones, above all others. */
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
	}

	/** One's own, on its way. */
	pend(key, message) {
		const item = this.#make({ ...message, own: true, at: Date.now() });

		item.classList.add("pending");
		this.#state(item, "Sending …");
		this.#byKey.set(key, item);
		this.list.append(item);
		this.#group(item);
	}

	/** It has its number; perhaps it was heard by then. */
	sent(key, ack) {
		const item = this.#byKey.get(key);

		if (!item)
			return;
		if (this.#bySeq.has(ack.seq))
			this.remove(key);
		else
			this.#settle(item, key, ack);
	}

	/** It could not be sent: why, and what can be done about it. */
	fail(key, why, actions) {
		const item = this.#byKey.get(key);
		const buttons = Object.entries(actions).map(([name, onclick]) =>
			el("button", { type: "button", textContent: name, onclick }));

		item?.classList.replace("pending", "failed");
		if (item)
			this.#state(item, `${why} `, ...buttons);
	}

	/** Another try. */
	again(key) {
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
		this.#mark();
	}

	/** Something that nobody said. */
	line(text) {
		this.#place(el("li", { className: "line", textContent: text }));
	}

	/** The numbers mean nothing any more. */
	renew() {
		this.#bySeq.clear();
	}

	/** Forgets the oldest. */
	trim(count) {
		for (const item of [...this.list.children].slice(0, count))
			if (!item.matches(".pending, .failed")) {
				this.#bySeq.delete(Number(item.dataset.seq));
				item.remove();
			}
		this.#group(this.list.firstElementChild);
	}

	/** All of it was read. */
	clearNews() {
		this.list.querySelector(".news")?.classList.remove("news");
	}

	#make({ member, member_id: id = member, at, own, message }) {
		const who = el("span", { className: "who", textContent: member });
		const item = el("li", { className: own ? "own" : "" },
			disc(member),
			el("div", {},
				el("p", { className: "head" }, who, timeOf(at)),
				el("div", { className: "said" }, ...spoken(message)),
				...(own ? [el("p", { className: "state" })] : [])));

		Object.assign(item.dataset, { at, author: own ? "own" : id });
		paint(item, member);
		if (own)
			this.#state(item, "Sent ", timeOf(at));
		return item;
	}

	#state(item, ...what) {
		item.querySelector(".state").replaceChildren(...what);
	}

	#settle(item, key, { seq, at }) {
		const next = item.nextElementSibling;

		this.#byKey.delete(key);
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

	/* Behind what has its place, before what has none yet. */
	#place(item, seq) {
		const before = this.list.querySelector(".pending, .failed");

		if (seq !== undefined)
			this.#number(item, seq);
		if (item.nextElementSibling !== before || !item.isConnected)
			this.list.insertBefore(item, before);
		this.#group(item);
		this.#group(item.nextElementSibling);
		this.#mark();
	}

	/* Only the last of one's own says that it was sent. */
	#mark() {
		const own = this.list.querySelectorAll(".own:not(.pending, .failed)");

		this.list.querySelector(".last")?.classList.remove("last");
		own[own.length - 1]?.classList.add("last");
	}

	/* Whoever goes on speaking is not named again. */
	#group(item) {
		const before = item?.previousElementSibling;
		const { at, author } = item?.dataset ?? {};

		if (!author)
			return;
		const day = dayOf(Number(at));
		const newDay = !before?.dataset.at ||
			dayOf(Number(before.dataset.at)) !== day;
		const goesOn = !newDay && !item.classList.contains("news") &&
			before.dataset.author === author &&
			at - before.dataset.at < TOGETHER_MS;
		item.classList.toggle("first", !goesOn);
		if (newDay && (before === null || before.dataset.at))
			item.dataset.day = day;
		else
			delete item.dataset.day;
	}
}
