/* The room list, the header, the member list and typing notifications. */

import { $, avatar, el, plural, setText } from "./elements.js";
import { LOBBY, page } from "./conversations.js";

const actions = {};

/** Sets what clicks on a conversation, a room, a member, its menu do. */
export function setActions({ show, join, openDirect, moderate }) {
	Object.assign(actions, { show, join, openDirect, moderate });
}

/* Updates a list to show the entries; changes no more nodes than needed. */
function updateList(list, entries, keyOfEntry, create, update) {
	const old = new Map(
		Array.from(list.children, (item) => [item.dataset.key, item]));

	entries.forEach((entry, i) => {
		const key = keyOfEntry(entry);
		const item = old.get(key) ?? create(entry);
		item.dataset.key = key;
		old.delete(key);
		update(item, entry);
		if (list.children[i] !== item)
			list.insertBefore(item, list.children[i] ?? null);
	});
	old.forEach((item) => item.remove());
}

function createEntry(onclick) {
	return el("li", {}, el("button", { type: "button", onclick },
		el("span", { className: "label" }),
		el("span", { className: "quiet" })));
}

/* "alice, away, 2 unread" */
const labelOf = ({ name, unread, isAway }) => [name, ...(isAway ? ["away"] : []),
	...(unread ? [`${unread} unread`] : [])].join(", ");

function showEntry(item, one) {
	const [button] = item.children;
	const [label, badge] = button.children;

	setText(label, one.name);
	setText(badge, one.unread ? String(Math.min(one.unread, 99)) : "");
	badge.className = one.unread ? "badge" : "quiet";
	item.className = one.unread ? "unread" : "";
	item.classList.toggle("away", one.isAway);
	if (one === page.current)
		button.setAttribute("aria-current", "page");
	else
		button.removeAttribute("aria-current");
	button.setAttribute("aria-label", labelOf(one));
}

/** The conversations in the order of the list. */
export function listed() {
	const all = [...page.conversations.values()];

	return [...all.filter((one) => !one.isDirect), ...all.filter((one) => one.isDirect)];
}

export function showJoined() {
	const all = listed();
	const talks = all.filter((one) => one.isDirect);
	const create = (one) => createEntry(() => actions.show(one));

	updateList($("joined"), all.filter((one) => !one.isDirect), (one) => one.key,
		create, showEntry);
	$("direct").hidden = talks.length === 0;
	updateList($("talks"), talks, (one) => one.key, create, showEntry);
	const unread = all.reduce((sum, one) => sum + one.unread, 0);
	$("unread").hidden = unread === 0;
	setText($("unread"), String(Math.min(unread, 99)));
	document.title = `${unread ? `(${unread}) ` : ""}${page.current.name} · parley`;
}

export function showOthers() {
	const others = page.rooms.filter(({ room }) => !page.chat.rooms.has(room))
		.sort((a, b) => b.members - a.members).slice(0, 100);

	$("other-rooms").hidden = others.length === 0;
	updateList($("others"), others, ({ room }) => room,
		({ room }) => createEntry(() => actions.join(room)),
		(item, { name, members }) => {
			const [label, count] = item.firstChild.children;
			setText(label, name);
			setText(count, String(members));
			item.firstChild.setAttribute("aria-label",
				`Join ${name}, ${plural(members, "member")}`);
		});
}

function describe({ key, room, isRoom, isDirect, isAway }) {
	const known = page.rooms.find((entry) => entry.room === key);

	if (isDirect && isAway)
		return room ? "Away: will find your messages later" : "Not connected any more";
	if (isDirect)
		return room ? "Direct messages" : "Direct messages; no history";
	if (!isRoom)
		return "All connected members; no history";
	if (room.topic)
		return room.topic;
	if (room.isPrivate)
		return "Private: only by invitation";
	if (known)
		return known.persistent ? "Persistent: kept when it is empty"
			: "Temporary: deleted when it is empty";
	return "";
}

export function showHeader() {
	const { current } = page;
	const count = current.room?.count ?? current.members?.length ?? 0;

	setText($("title"), current.name);
	setText($("about"), describe(current));
	setText($("count"), String(count));
	$("leave").hidden = current.key === LOBBY;
	$("leave").title = current.isDirect ? "Close" : "Leave room";
	setText($("leave").lastElementChild, $("leave").title);
	$("settings").hidden = !canModerate();
	$("to-people").hidden = $("people").hidden = current.isDirect;
	$("text").placeholder = `Message ${current.name}`;
	setText($("text").labels[0], $("text").placeholder);
}

/** Whether we may moderate the room that is shown. */
export const canModerate = () =>
	["owner", "moderator"].includes(page.current.room?.role);

const DOTS = "\u22ef";

function createMember(name) {
	return el("li", {},
		el("button", {
			type: "button", title: "Send a direct message",
			onclick: () => actions.openDirect(name),
		}, avatar(name), el("span", { className: "label" })),
		el("button", {
			type: "button", className: "icon", textContent: DOTS,
			at: { "aria-label": `Moderate ${name}`, "aria-haspopup": "dialog" },
			onclick: () => actions.moderate(name),
		}));
}

export function showMembers() {
	const { room, members, isDirect } = page.current;
	const names = room && !isDirect ? room.members : members;

	$("crowd").hidden = Boolean(names);
	updateList($("members"), names ?? [], (name) => name, createMember,
		(item, name) => {
			const own = name === page.chat.me?.member;
			const [button, menu] = item.children;

			setText(button.lastChild, own ? `${name} (you)` : name);
			menu.hidden = own || !canModerate();
		});
}

export function showTyping() {
	const names = [...page.current.typing.keys()];

	setText($("typing"), names.length === 0 ? ""
		: names.length > 2 ? "Several people are typing …"
			: `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing …`);
}

export function showAll() {
	showJoined();
	showOthers();
	showHeader();
	showMembers();
	showTyping();
}

export function showMe({ member }) {
	const button = $("me");

	setText($("my-name"), member);
	button.replaceChild(avatar(member), button.firstChild);
}
