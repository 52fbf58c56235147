/*
 * The page: places to talk in, one of which is seen. parley.js keeps the
 * connection and what is in order; this shows it.
 */

import { $ } from "./elements.js";
import { announce, line } from "./line.js";
import { remember, remembered } from "./memory.js";
import { Parley, makeKey } from "./parley.js";
import {
	LOBBY, isAtEnd, keepingEnd, noteScrolling, page, place, showOlder, toEnd,
} from "./places.js";
import {
	onChoice, plural, showAll, showHeader, showMe, showMembers, showMine,
	showOthers, showTyping,
} from "./side.js";

const PAGE = 50;
const REFRESH_MS = 10000;
const TYPING_MS = 4000;

const app = $("app");
const scroll = $("scroll");
const text = $("text");
const fine = matchMedia("(pointer: fine)");
const wide = matchMedia("(min-width: 70.01rem)"); /* room for the members */

function show(where) {
	if (page.here && page.here !== where) {
		page.here.draft = text.value;
		page.here.top = isAtEnd() ? null : scroll.scrollTop;
		page.here.log.clearNews();
		text.value = where.draft;
	}
	page.here = where;
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
	/* On a phone, a focus brings the keyboard. */
	(fine.matches ? text : $("title")).focus({ preventScroll: true });
}

/* --- hearing -------------------------------------------------------------- */

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

function onMessage(message) {
	const where = page.places.get(message.room ?? LOBBY);

	if (!where)
		return;
	hear(where, message);
}

function hear(where, message) {
	const isNews = !message.own && (where !== page.here || document.hidden);
	const wasAtEnd = where === page.here && isAtEnd();

	keepingEnd(where, () => where.log.add({ at: Date.now(), ...message },
		{ isNews: isNews && where.unread === 0 }));
	where.unread += isNews ? 1 : 0;
	where.typing.delete(message.member);
	if (where === page.here) {
		showTyping();
		if (!message.own)
			announce(`${message.member}: ${typeof message.message === "string"
				? message.message : "something that is no text"}`);
		$("jump").hidden = wasAtEnd || message.own;
	}
	showMine();
}

function onNotice({ message }) {
	const lobby = page.places.get(LOBBY);

	keepingEnd(lobby, () => lobby.log.line(message));
	refresh();
}

function onDm(message) {
	hear(place(`@${message.member}`, message.member), message);
}

function onTyping({ room, member }) {
	const where = page.places.get(room);

	if (!where || member === page.chat.me.member)
		return;
	clearTimeout(where.typing.get(member));
	where.typing.set(member, setTimeout(() => {
		where.typing.delete(member);
		showTyping();
	}, TYPING_MS));
	showTyping();
}

function onRoom(room) {
	const where = page.places.get(room.id);

	if (!where)
		return;
	where.room = room;
	where.name = room.name;
	if (where === page.here) {
		showHeader();
		showMembers();
	}
}

function onReset({ id }) {
	const { log } = page.places.get(id);

	log.renew();
	log.line("This room has begun anew.");
	page.places.get(id).older = false;
	showOlder();
}

function onGap({ room, missing: [from, to] }) {
	page.places.get(room.id).log.line(
		`${plural(to - from + 1, "message")} in between are not kept any more.`);
}

function onLeft({ room, error }) {
	forget(room.id);
	page.places.get(LOBBY).log.line(`${room.name}: ${error.message}`);
}

/* --- doing ---------------------------------------------------------------- */

function rememberRooms() {
	remember(sessionStorage, "rooms", [...page.chat.rooms.keys()]);
}

function open({ room, messages }) {
	const where = place(room.id, room.name, room);

	where.log.prepend(messages);
	where.older = messages.length > 0 && messages[0].seq > 1;
	rememberRooms();
	return where;
}

async function enter(id, options = {}) {
	try {
		show(open(await page.chat.join(id, { history: PAGE, ...options })));
		refresh();
	} catch (error) {
		line.say(error.message, { forMs: 5000 });
		refresh();
	}
}

/* A room is there again tomorrow, if the server keeps anything at all. */
const keeps = () => page.chat.me?.durability !== "none";
const enterOrMake = (id) => enter(id, { create: true, persistent: keeps() });

function forget(key) {
	page.places.delete(key);
	rememberRooms();
	if (page.here.key === key)
		show(page.places.get(LOBBY));
	showAll();
}

function leave() {
	if (page.here.isRoom)
		page.chat.leave(page.here.key).catch(() => {}).then(refresh);
	forget(page.here.key);
}

async function refresh() {
	if (page.chat.state !== "open" || document.hidden)
		return;
	try {
		page.rooms = await page.chat.listRooms();
		page.places.get(LOBBY).members = await page.chat.listMembers();
	} catch {
		return; /* next time */
	}
	showOthers();
	showHeader();
	showMembers();
}

async function loadOlder() {
	const where = page.here;

	if (!where.older || where.loading)
		return;
	where.loading = true;
	try {
		const messages = await page.chat.history(where.key,
			{ before: where.log.firstSeq, limit: PAGE });
		const fromEnd = scroll.scrollHeight - scroll.scrollTop;
		where.log.prepend(messages);
		where.older = messages.length > 0 && messages[0].seq > 1;
		if (where === page.here) {
			showOlder();
			scroll.scrollTop = scroll.scrollHeight - fromEnd;
		}
	} catch {
		/* The connection, or the room, is gone: that is shown elsewhere. */
	}
	where.loading = false;
}

/* As it is, it will not be taken another time either. */
const hopeless = ["message_too_large", "bad_field", "bad_json"];

const reasons = {
	timeout: "Not sent: no connection.",
	disconnected: "Not sent: no connection.",
};

async function post(where, message, key) {
	try {
		const ack = await page.chat.broadcast(where.key, message, { key });
		keepingEnd(where, () => where.log.sent(key, ack));
	} catch (error) {
		const why = reasons[error.code] ?? `Not sent: ${error.message}.`;
		const discard = () => where.log.remove(key);
		const again = () => {
			where.log.again(key);
			post(where, message, key);
		};
		const edit = () => {
			discard();
			text.value = message;
			text.focus();
		};
		keepingEnd(where, () => where.log.fail(key, why,
			hopeless.includes(error.code) ? { Edit: edit, Discard: discard }
				: { "Try again": again, Discard: discard }));
		announce(why);
	}
}

/* In the lobby and in private, nothing is numbered and nothing sent twice. */
async function tell(where, message) {
	try {
		if (where.isPrivate) {
			const { member } = await page.chat.dm(where.name, message);
			hear(where, { member: page.chat.me.member, to: member, message, own: true });
		} else
			await page.chat.broadcast(null, message);
	} catch (error) {
		line.say(`Not sent: ${error.message}.`, { forMs: 5000 });
		if (where === page.here && !text.value)
			text.value = message;
	}
}

function send() {
	const message = text.value.trim();

	if (!message)
		return;
	text.value = "";
	if (page.here.isRoom) {
		const key = makeKey();
		page.here.log.pend(key, { member: page.chat.me.member, message });
		post(page.here, message, key);
	} else
		tell(page.here, message);
	toEnd();
}

/* --- beginning ------------------------------------------------------------ */

function listen() {
	const on = {
		state: (detail) => onState[detail.state]?.(detail),
		me: (me) => {
			showMe(me);
			showMembers();
			remember(sessionStorage, "ids", [...page.chat.ids].slice(-100));
		},
		message: onMessage, notice: onNotice, dm: onDm, typing: onTyping,
		room: onRoom, reset: onReset, gap: onGap, left: onLeft,
		error: ({ message }) => line.say(message, { forMs: 5000 }),
	};

	for (const [type, handle] of Object.entries(on))
		page.chat.addEventListener(type, ({ detail }) => handle(detail));
}

/* "#tea" */
function namedRoom() {
	try {
		return decodeURIComponent(location.hash.slice(1));
	} catch {
		return "";
	}
}

const isOpen = () => page.chat.state === "open" || new Promise((resolve) =>
	page.chat.addEventListener("state", () => resolve(isOpen()), { once: true }));

/* A room of earlier; when the connection is lost on the way, once more. */
async function reopen(id) {
	await isOpen();
	try {
		open(await page.chat.join(id, { history: PAGE }));
	} catch (error) {
		if (error.code === "disconnected")
			await reopen(id);
	}
}

/* The rooms of this tab, and the one that the address names. */
async function openRooms() {
	const named = namedRoom();

	for (const id of remembered(sessionStorage, "rooms", []))
		if (id !== named)
			await reopen(id);
	if (named)
		await enterOrMake(named);
	showAll();
}

async function start(name) {
	const url = new URL("ws/command", document.baseURI);

	url.protocol = url.protocol.replace("http", "ws");
	url.hash = "";
	remember(localStorage, "name", name);
	page.chat = new Parley(url,
		{ name, ids: remembered(sessionStorage, "ids", []) });
	listen();
	onChoice({ show, enter });
	$("welcome").remove();
	app.hidden = false;
	togglePeople(wide.matches);
	wide.onchange = () => togglePeople(wide.matches);
	const named = location.hash;
	show(place(LOBBY, "Lobby"));
	history.replaceState(null, "", named || "#");
	try {
		await page.chat.connect();
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
	const all = [...page.places.values()];

	show(all[(all.indexOf(page.here) + by + all.length) % all.length]);
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
		page.chat.typing(page.here.key);
};
scroll.onscroll = () => {
	noteScrolling();
	if (scroll.scrollTop < 200)
		loadOlder();
};
document.onkeydown = (event) => {
	if (event.altKey && page.here && /^Arrow(Up|Down)$/.test(event.key)) {
		event.preventDefault();
		step(event.key === "ArrowUp" ? -1 : 1);
	} else if (event.key === "Escape" && !wide.matches)
		togglePeople(false);
};
document.onvisibilitychange = () => {
	if (document.hidden || !page.here)
		return;
	page.here.unread = 0;
	showAll();
	refresh();
};
onhashchange = () => {
	const id = namedRoom();

	if (page.chat && id && id !== page.here.key)
		enterOrMake(id);
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
$("line").querySelector("button").onclick = () => page.chat.retry();
$("new").onclick = ask("make", () => {
	$("room-stays").checked = keeps();
}, async () => {
	const name = $("room-name").value.trim();

	/* To the server that is another room; to people it is the same one. */
	if (page.rooms.some((room) => room.name === name))
		throw new Error("There is a room of that name already");
	show(open(await page.chat.create(name,
		{ persistent: $("room-stays").checked })));
	refresh();
});
$("me").onclick = ask("rename",
	() => { $("new-name").value = page.chat.me?.member ?? ""; },
	async () => {
		remember(localStorage, "name", $("new-name").value.trim());
		await page.chat.rename($("new-name").value.trim());
	});

const known = remembered(localStorage, "name", "");
if (known)
	start(known);
else
	$("name").focus();
