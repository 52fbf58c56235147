/*
 * The page: places to talk in, one of which is seen. parley.js keeps the
 * connection and what is in order; this shows it.
 */

import { Parley, makeKey } from "./parley.js";
import { disc, el } from "./elements.js";
import { Log } from "./log.js";

const PAGE = 50;
const MANY = 1000; /* elements of one place */
const NEAR = 80; /* pixels from the end that still count as there */
const REFRESH_MS = 10000;
const TYPING_MS = 4000;

const $ = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 70.01rem)"); /* room for the members */
const app = $("app");
const scroll = $("scroll");
const text = $("text");

let chat = null;
let rooms = []; /* all there are, as the server last said */
let here = null; /* the place that is seen */
const places = new Map();

/* --- what is remembered --------------------------------------------------- */

function remembered(store, name, otherwise) {
	try {
		return JSON.parse(store.getItem(`parley.${name}`)) ?? otherwise;
	} catch {
		return otherwise;
	}
}

function remember(store, name, value) {
	try {
		store.setItem(`parley.${name}`, JSON.stringify(value));
	} catch {
		/* Private browsing, or full: then it is not remembered. */
	}
}

function rememberRooms() {
	remember(sessionStorage, "rooms", [...chat.rooms.keys()]);
}

/* --- places: the lobby, rooms, private talks ------------------------------ */

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

const LOBBY = "";
const keyOf = (room) => room ?? LOBBY;

function place(key, name, room) {
	if (!places.has(key))
		places.set(key, new Place(key, name, room));
	return places.get(key);
}

const isAtEnd = () =>
	scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;

function toEnd() {
	scroll.scrollTop = scroll.scrollHeight;
	$("jump").hidden = true;
}

/* Changes what is seen; who was at the end stays there. */
function keepingEnd(where, change) {
	const stays = where === here && isAtEnd();

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

function showOlder() {
	$("older").hidden = !here.older;
}

function show(where, { focus = true } = {}) {
	if (here && here !== where) {
		here.draft = text.value;
		here.top = isAtEnd() ? null : scroll.scrollTop;
		here.log.clearNews();
		text.value = where.draft;
	}
	here = where;
	$("log").replaceChildren(where.log.list);
	showOlder();
	document.body.dataset.view = "room";
	where.unread = 0;
	$("jump").hidden = true;
	if (where.top === null)
		toEnd();
	else
		scroll.scrollTop = where.top;
	history.replaceState(null, "", where.isRoom ? `#${where.key}` : "#");
	showAll();
	if (focus)
		text.focus({ preventScroll: true });
}

/* --- what is shown around it ---------------------------------------------- */

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

const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
const say = (element, value) => {
	if (element.textContent !== value)
		element.textContent = value;
};

function makeEntry(onclick) {
	return el("li", {}, el("button", { type: "button", onclick },
		el("span", { className: "label" }),
		el("span", { className: "quiet" })));
}

function showMine() {
	const mine = [...places.values()];

	sync($("mine"), mine, (one) => one.key,
		(one) => makeEntry(() => show(one)),
		(item, one) => {
			const [button] = item.children;
			const [label, badge] = button.children;
			say(label, one.name);
			say(badge, one.unread ? String(Math.min(one.unread, 99)) : "");
			badge.className = one.unread ? "badge" : "quiet";
			item.className = one.unread ? "fresh" : "";
			if (one === here)
				button.setAttribute("aria-current", "page");
			else
				button.removeAttribute("aria-current");
			button.setAttribute("aria-label", one.unread
				? `${one.name}, ${one.unread} unread` : one.name);
		});
	const unread = mine.reduce((sum, one) => sum + one.unread, 0);
	$("elsewhere").hidden = unread === 0;
	say($("elsewhere"), String(Math.min(unread, 99)));
	document.title = `${unread ? `(${unread}) ` : ""}${here.name} · parley`;
}

function showOthers() {
	const others = rooms.filter(({ room }) => !chat.rooms.has(room))
		.sort((a, b) => b.members - a.members).slice(0, 100);

	$("open").hidden = others.length === 0;
	sync($("others"), others, ({ room }) => room,
		({ room }) => makeEntry(() => enter(room)),
		(item, { name, members }) => {
			const [label, count] = item.firstChild.children;
			say(label, name);
			say(count, String(members));
			item.firstChild.setAttribute("aria-label",
				`Join ${name}, ${plural(members, "member")}`);
		});
}

function about({ key, isRoom, isPrivate }) {
	const known = rooms.find(({ room }) => room === key);

	if (isPrivate)
		return "Only the two of you read this";
	if (!isRoom)
		return "Everybody who is here; nothing is kept";
	if (known)
		return known.persistent ? "Stays when everybody has left"
			: "Goes when everybody has left";
	return "";
}

function showHeader() {
	const count = here.room?.count ?? here.members?.length ?? 0;

	say($("title"), here.name);
	say($("about"), about(here));
	say($("count"), String(count));
	$("leave").hidden = here.key === LOBBY;
	$("to-people").hidden = here.isPrivate;
	text.placeholder = `Message to ${here.name}`;
}

function showMembers() {
	const names = here.room ? here.room.members : here.members;

	$("crowd").hidden = Boolean(names);
	sync($("members"), names ?? [], (name) => name,
		(name) => el("li", {}, el("button", {
			type: "button", title: "Write privately",
			onclick: () => show(place(`@${name}`, name)),
		}, disc(name), el("span", { className: "label" }))),
		(item, name) => say(item.firstChild.lastChild,
			name === chat.me?.member ? `${name} (you)` : name));
}

function showTyping() {
	const names = [...here.typing.keys()];

	say($("typing"), names.length === 0 ? ""
		: names.length > 2 ? "Several are typing …"
			: `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing …`);
}

function showAll() {
	showMine();
	showOthers();
	showHeader();
	showMembers();
	showTyping();
}

function showMe({ member }) {
	const button = $("me");

	say($("my-name"), member);
	button.replaceChild(disc(member), button.firstChild);
}

/* --- the quiet line ------------------------------------------------------- */

const line = {
	timer: 0,

	say(what, { until = 0, retry = false, forMs = 0 } = {}) {
		const [words, countdown, button] = $("line").children;

		clearInterval(this.timer);
		$("line").hidden = !what;
		say(words, what);
		say(countdown, "");
		button.hidden = !retry;
		if (forMs)
			this.timer = setTimeout(() => this.say(""), forMs);
		if (until)
			this.timer = setInterval(() => say(countdown,
				`Next try in ${Math.max(0, Math.ceil((until - Date.now()) / 1000))} s.`),
			250);
	},
};

let wasLost = false;
const onState = {
	connecting: () => line.say(wasLost ? "Connecting again …" : "Connecting …"),
	waiting: ({ retryAt }) => {
		wasLost = true;
		line.say("The connection was lost.", { until: retryAt, retry: true });
	},
	refused: ({ reason }) =>
		line.say(`The server refused the connection (${reason}).`, { retry: true }),
	open: () => {
		line.say(wasLost ? "Connected again." : "", { forMs: wasLost ? 2500 : 0 });
		wasLost = false;
		refresh();
	},
};

/* Several in a moment are read out together. */
let announced = [];
function announce(what) {
	if (announced.push(what) > 1)
		return;
	setTimeout(() => {
		$("announce").textContent = announced.slice(-5).join(". ");
		announced = [];
	}, 400);
}

/* --- hearing -------------------------------------------------------------- */

function onMessage(message) {
	const where = places.get(keyOf(message.room));

	if (!where)
		return;
	hear(where, message);
}

function hear(where, message) {
	const isNews = !message.own && (where !== here || document.hidden);
	const wasAtEnd = where === here && isAtEnd();

	keepingEnd(where, () => where.log.add({ at: Date.now(), ...message },
		{ isNews: isNews && where.unread === 0 }));
	where.unread += isNews ? 1 : 0;
	where.typing.delete(message.member);
	if (where === here) {
		showTyping();
		if (!message.own)
			announce(`${message.member}: ${typeof message.message === "string"
				? message.message : "something that is no text"}`);
		$("jump").hidden = wasAtEnd || message.own;
	}
	showMine();
}

function onNotice({ message }) {
	const lobby = places.get(LOBBY);

	keepingEnd(lobby, () => lobby.log.line(message));
	refresh();
}

function onDm(message) {
	hear(place(`@${message.member}`, message.member), message);
}

function onTyping({ room, member }) {
	const where = places.get(room);

	if (!where || member === chat.me.member)
		return;
	clearTimeout(where.typing.get(member));
	where.typing.set(member, setTimeout(() => {
		where.typing.delete(member);
		showTyping();
	}, TYPING_MS));
	showTyping();
}

function onRoom(room) {
	const where = places.get(room.id);

	if (!where)
		return;
	where.room = room;
	where.name = room.name;
	if (where === here) {
		showHeader();
		showMembers();
	}
}

function onReset({ id }) {
	const { log } = places.get(id);

	log.renew();
	log.line("This room has begun anew.");
	places.get(id).older = false;
	showOlder();
}

function onGap({ room, missing: [from, to] }) {
	places.get(room.id).log.line(
		`${plural(to - from + 1, "message")} in between are not kept any more.`);
}

function onLeft({ room, error }) {
	forget(room.id);
	places.get(LOBBY).log.line(`${room.name}: ${error.message}`);
}

/* --- doing ---------------------------------------------------------------- */

function open({ room, messages }) {
	const where = place(room.id, room.name, room);

	where.log.prepend(messages);
	where.older = messages.length > 0 && messages[0].seq > 1;
	rememberRooms();
	return where;
}

async function enter(id, options = {}) {
	try {
		show(open(await chat.join(id, { history: PAGE, ...options })));
		refresh();
	} catch (error) {
		line.say(error.message, { forMs: 5000 });
		refresh();
	}
}

function forget(key) {
	places.delete(key);
	rememberRooms();
	if (here.key === key)
		show(places.get(LOBBY));
	showAll();
}

function leave() {
	if (here.isRoom)
		chat.leave(here.key).catch(() => {}).then(refresh);
	forget(here.key);
}

async function refresh() {
	if (chat.state !== "open" || document.hidden)
		return;
	try {
		rooms = await chat.listRooms();
		places.get(LOBBY).members = await chat.listMembers();
	} catch {
		return; /* next time */
	}
	showOthers();
	showHeader();
	showMembers();
}

async function loadOlder() {
	const where = here;

	if (!where.older || where.loading)
		return;
	where.loading = true;
	try {
		const messages = await chat.history(where.key,
			{ before: where.log.firstSeq, limit: PAGE });
		const fromEnd = scroll.scrollHeight - scroll.scrollTop;
		where.log.prepend(messages);
		where.older = messages.length > 0 && messages[0].seq > 1;
		if (where === here) {
			showOlder();
			scroll.scrollTop = scroll.scrollHeight - fromEnd;
		}
	} catch {
		/* The connection, or the room, is gone: that is shown elsewhere. */
	}
	where.loading = false;
}

const reasons = {
	timeout: "Not sent: no connection.",
	disconnected: "Not sent: no connection.",
};

async function post(where, message, key) {
	try {
		const ack = await chat.broadcast(where.key, message, { key });
		keepingEnd(where, () => where.log.sent(key, ack));
	} catch (error) {
		const why = reasons[error.code] ?? `Not sent: ${error.message}.`;
		keepingEnd(where, () => where.log.fail(key, why, {
			"Try again": () => {
				where.log.again(key);
				post(where, message, key);
			},
			Discard: () => where.log.remove(key),
		}));
		announce(why);
	}
}

/* In the lobby and in private, nothing is numbered and nothing sent twice. */
async function tell(where, message) {
	try {
		if (where.isPrivate) {
			const { member } = await chat.dm(where.name, message);
			hear(where, { member: chat.me.member, to: member, message, own: true });
		} else
			await chat.broadcast(null, message);
	} catch (error) {
		line.say(`Not sent: ${error.message}.`, { forMs: 5000 });
		if (where === here && !text.value)
			text.value = message;
	}
}

function send() {
	const message = text.value.trim();

	if (!message)
		return;
	text.value = "";
	if (here.isRoom) {
		const key = makeKey();
		here.log.pend(key, { member: chat.me.member, message });
		post(here, message, key);
	} else
		tell(here, message);
	toEnd();
}

/* --- beginning ------------------------------------------------------------ */

function listen() {
	const on = {
		state: (detail) => onState[detail.state]?.(detail),
		me: (me) => {
			showMe(me);
			remember(sessionStorage, "ids", [...chat.ids].slice(-100));
		},
		message: onMessage, notice: onNotice, dm: onDm, typing: onTyping,
		room: onRoom, reset: onReset, gap: onGap, left: onLeft,
		error: ({ message }) => line.say(message, { forMs: 5000 }),
	};

	for (const [type, handle] of Object.entries(on))
		chat.addEventListener(type, ({ detail }) => handle(detail));
}

/* The rooms of this tab, and the one that the address names. */
async function openRooms() {
	const named = decodeURIComponent(location.hash.slice(1));
	const ids = new Set(remembered(sessionStorage, "rooms", []));

	ids.delete(named);
	for (const id of ids)
		await chat.join(id, { history: PAGE }).then(open, () => {});
	if (named)
		await enter(named, { create: true });
	showAll();
}

async function start(name) {
	const url = new URL("ws/command", document.baseURI);

	url.protocol = url.protocol.replace("http", "ws");
	url.hash = "";
	remember(localStorage, "name", name);
	chat = new Parley(url, { name, ids: remembered(sessionStorage, "ids", []) });
	listen();
	$("welcome").remove();
	app.hidden = false;
	togglePeople(wide.matches);
	wide.onchange = () => togglePeople(wide.matches);
	const named = location.hash;
	show(place(LOBBY, "Lobby"));
	history.replaceState(null, "", named || "#");
	try {
		await chat.connect();
		await openRooms();
	} catch {
		/* Refused: the line says so. */
	}
	setInterval(refresh, REFRESH_MS);
}

/* --- buttons and keys ----------------------------------------------------- */

function togglePeople(shown = !app.classList.contains("with-people")) {
	app.classList.toggle("with-people", shown);
	$("to-people").setAttribute("aria-expanded", shown);
}

/* A dialog whose form does something that may be refused. */
function ask(id, prepare, act) {
	const dialog = $(id);
	const [form] = dialog.children;
	const bad = form.querySelector(".bad");

	form.querySelector("[value=cancel]").onclick = () => dialog.close();
	form.onsubmit = async (event) => {
		event.preventDefault();
		try {
			await act();
			dialog.close();
		} catch (error) {
			bad.textContent = `${error.message}.`;
		}
	};
	return () => {
		form.reset();
		bad.textContent = "";
		prepare();
		dialog.showModal();
	};
}

/* Alt and an arrow: the place above, the place below. */
function step(by) {
	const all = [...places.values()];

	show(all[(all.indexOf(here) + by + all.length) % all.length]);
}

$("enter").onsubmit = (event) => {
	event.preventDefault();
	start($("name").value.trim());
};
$("composer").onsubmit = (event) => {
	event.preventDefault();
	send();
};
text.onkeydown = (event) => {
	if (event.key !== "Enter" || event.shiftKey || event.isComposing)
		return;
	event.preventDefault();
	send();
};
text.oninput = () => {
	if (text.value)
		chat.typing(here.key);
};
scroll.onscroll = () => {
	if (scroll.scrollTop < 200)
		loadOlder();
	if (isAtEnd())
		$("jump").hidden = true;
};
document.onkeydown = (event) => {
	if (event.altKey && here && /^Arrow(Up|Down)$/.test(event.key)) {
		event.preventDefault();
		step(event.key === "ArrowUp" ? -1 : 1);
	} else if (event.key === "Escape" && !wide.matches)
		togglePeople(false);
};
document.onvisibilitychange = () => {
	if (document.hidden || !here)
		return;
	here.unread = 0;
	showAll();
	refresh();
};
onhashchange = () => {
	const id = decodeURIComponent(location.hash.slice(1));

	if (chat && id && id !== here.key)
		enter(id, { create: true });
};
$("older").onclick = loadOlder;
$("jump").onclick = toEnd;
$("leave").onclick = leave;
$("to-rooms").onclick = () => {
	document.body.dataset.view = "rooms";
	$("mine").querySelector("[aria-current]")?.focus();
};
$("to-people").onclick = () => togglePeople();
$("from-people").onclick = () => {
	togglePeople(false);
	$("to-people").focus();
};
$("line").querySelector("button").onclick = () => chat.retry();
$("new").onclick = ask("make", () => {}, async () => {
	const made = await chat.create($("room-name").value.trim(),
		{ persistent: $("room-stays").checked });
	show(open(made));
	refresh();
});
$("me").onclick = ask("rename",
	() => { $("new-name").value = chat.me?.member ?? ""; },
	async () => {
		remember(localStorage, "name", $("new-name").value.trim());
		await chat.rename($("new-name").value.trim());
	});

const known = remembered(localStorage, "name", "");
if (known)
	start(known);
else
	$("name").focus();
