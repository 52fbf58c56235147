/* What is shown around the messages: rooms, members, who is typing. */

import { $, disc, el } from "./elements.js";
import { LOBBY, page, place } from "./places.js";

const acts = {};

/** What a click on a place, or on a room that one is not in, does. */
export function onChoice({ show, enter }) {
	Object.assign(acts, { show, enter });
}

/* Makes a list's items those of the entries, touching no more than needed. */
function sync(list, entries, keyOfEntry, make, update) {
	const old = new Map(
		Array.from(list.children, (item) => [item.dataset.key, item]));

	entries.forEach((entry, i) => {
		const key = keyOfEntry(entry);
		const item = old.get(key) ?? make(entry);
		item.dataset.key = key;
		old.delete(key);
		update(item, entry);
		if (list.children[i] !== item)
			list.insertBefore(item, list.children[i] ?? null);
	});
	old.forEach((item) => item.remove());
}

export const plural = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;
export const say = (element, value) => {
	if (element.textContent !== value)
		element.textContent = value;
};

function makeEntry(onclick) {
	return el("li", {}, el("button", { type: "button", onclick },
		el("span", { className: "label" }),
		el("span", { className: "quiet" })));
}

export function showMine() {
	const mine = [...page.places.values()];

	sync($("mine"), mine, (one) => one.key,
		(one) => makeEntry(() => acts.show(one)),
		(item, one) => {
			const [button] = item.children;
			const [label, badge] = button.children;
			say(label, one.name);
			say(badge, one.unread ? String(Math.min(one.unread, 99)) : "");
			badge.className = one.unread ? "badge" : "quiet";
			item.className = one.unread ? "fresh" : "";
			if (one === page.here)
				button.setAttribute("aria-current", "page");
			else
				button.removeAttribute("aria-current");
			button.setAttribute("aria-label", one.unread
				? `${one.name}, ${one.unread} unread` : one.name);
		});
	const unread = mine.reduce((sum, one) => sum + one.unread, 0);
	$("elsewhere").hidden = unread === 0;
	say($("elsewhere"), String(Math.min(unread, 99)));
	document.title = `${unread ? `(${unread}) ` : ""}${page.here.name} · parley`;
}

export function showOthers() {
	const others = page.rooms.filter(({ room }) => !page.chat.rooms.has(room))
		.sort((a, b) => b.members - a.members).slice(0, 100);

	$("open").hidden = others.length === 0;
	sync($("others"), others, ({ room }) => room,
		({ room }) => makeEntry(() => acts.enter(room)),
		(item, { name, members }) => {
			const [label, count] = item.firstChild.children;
			say(label, name);
			say(count, String(members));
			item.firstChild.setAttribute("aria-label",
				`Join ${name}, ${plural(members, "member")}`);
		});
}

function about({ key, isRoom, isPrivate }) {
	const known = page.rooms.find(({ room }) => room === key);

	if (isPrivate)
		return "Only the two of you read this";
	if (!isRoom)
		return "Everybody who is here; nothing is kept";
	if (known)
		return known.persistent ? "Stays when everybody has left"
			: "Goes when everybody has left";
	return "";
}

export function showHeader() {
	const { here } = page;
	const count = here.room?.count ?? here.members?.length ?? 0;

	say($("title"), here.name);
	say($("about"), about(here));
	say($("count"), String(count));
	$("leave").hidden = here.key === LOBBY;
	$("to-people").hidden = here.isPrivate;
	$("text").placeholder = `Message to ${here.name}`;
	say($("text").labels[0], $("text").placeholder);
}

export function showMembers() {
	const { room, members } = page.here;
	const names = room ? room.members : members;

	$("crowd").hidden = Boolean(names);
	sync($("members"), names ?? [], (name) => name,
		(name) => el("li", {}, el("button", {
			type: "button", title: "Write privately",
			onclick: () => acts.show(place(`@${name}`, name)),
		}, disc(name), el("span", { className: "label" }))),
		(item, name) => say(item.firstChild.lastChild,
			name === page.chat.me?.member ? `${name} (you)` : name));
}

export function showTyping() {
	const names = [...page.here.typing.keys()];

	say($("typing"), names.length === 0 ? ""
		: names.length > 2 ? "Several are typing …"
			: `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing …`);
}

export function showAll() {
	showMine();
	showOthers();
	showHeader();
	showMembers();
	showTyping();
}

export function showMe({ member }) {
	const button = $("me");

	say($("my-name"), member);
	button.replaceChild(disc(member), button.firstChild);
}
