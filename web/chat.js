/*
 * The chat page. parley.js keeps the connection and the order of messages;
 * this module shows them and handles input.
 */

import { logIn, logOut, whoAmI } from "./account.js";
import {
	LOBBY, conversation, directConversation, isAtEnd, keepAtEnd, onScroll, page,
	scrollToEnd, showOlderButton,
} from "./conversations.js";
import { $ } from "./elements.js";
import {
	act, applySettings, chooseTarget, onModerated, prepareSettings,
} from "./moderation.js";
import { Parley, makeKey } from "./parley.js";
import {
	plural, setActions, showAll, showHeader, showJoined, showMe, showMembers,
	showOthers, showTyping,
} from "./sidebar.js";
import { announce, statusbar } from "./statusbar.js";
import { load, save } from "./storage.js";

const PAGE = 50;
const REFRESH_MS = 10000;
const TYPING_MS = 4000;

const app = $("app");
const scroll = $("scroll");
const text = $("text");
const hasMouse = matchMedia("(pointer: fine)");
const isWide = matchMedia("(min-width: 70.01rem)"); /* shows the members */

function show(target) {
	if (page.current && page.current !== target) {
		page.current.draft = text.value;
		page.current.scrollTop = isAtEnd() ? null : scroll.scrollTop;
		page.current.log.clearUnread();
		text.value = target.draft;
	}
	page.current = target;
	$("log").replaceChildren(target.log.list);
	showOlderButton();
	document.body.dataset.view = "room";
	target.unread = 0;
	$("jump").hidden = true;
	if (target.scrollTop === null)
		scrollToEnd();
	else
		scroll.scrollTop = target.scrollTop;
	history.replaceState(null, "", target.isRoom ? `#${target.key}` : "#");
	showAll();
	/* On a phone, focusing the text box opens the keyboard. */
	(hasMouse.matches ? text : $("title")).focus({ preventScroll: true });
}

/* --- events -------------------------------------------------------------- */

let session = { user: null, guest: false, guests: false, login: false };

/*
 * Browsers do not tell why a WebSocket was refused. If the log-in has ended, the
 * page begins anew, with the form.
 */
async function checkAccount() {
	if (!session.login)
		return;
	const now = await whoAmI();

	if (now.login && (now.user !== session.user || !(now.user || now.guests)))
		location.reload();
}

let wasLost = false;
const onState = {
	connecting: () => statusbar.show(wasLost ? "Reconnecting …" : "Connecting …"),
	waiting: ({ retryAt }) => {
		wasLost = true;
		statusbar.show("Connection lost.", { until: retryAt, retry: true });
		checkAccount();
	},
	refused: ({ reason }) => {
		statusbar.show(`The server refused the connection (${reason}).`, { retry: true });
		checkAccount();
	},
	open: () => {
		statusbar.show(wasLost ? "Reconnected." : "", { forMs: wasLost ? 2500 : 0 });
		wasLost = false;
		refresh();
	},
};

function onMessage(message) {
	const target = page.conversations.get(message.room ?? LOBBY);

	if (target)
		addMessage(target, message);
}

function addMessage(target, message) {
	const isCurrent = target === page.current;
	const isUnread = !message.own && (!isCurrent || document.hidden);
	const wasAtEnd = isCurrent && isAtEnd();

	keepAtEnd(target, () => target.log.add({ at: Date.now(), ...message },
		{ isFirstUnread: isUnread && target.unread === 0 }));
	target.unread += isUnread ? 1 : 0;
	target.typing.delete(message.member);
	if (isCurrent) {
		showTyping();
		if (!message.own)
			announce(`${message.member}: ${typeof message.message === "string"
				? message.message : "data that is not text"}`);
		$("jump").hidden = wasAtEnd || message.own;
	}
	showJoined();
}

function onNotice({ message }) {
	const lobby = page.conversations.get(LOBBY);

	keepAtEnd(lobby, () => lobby.log.addNotice(message));
	refresh();
}

/* Users keep their talk in a room, "@" and both ids with "+" in between. */
const talkMembers = (room) => room.slice(1).split("+");
const otherOf = ({ room, member_id: id }) =>
	(room && talkMembers(room).find((one) => !page.chat.ids.has(one))) ?? id;

function onDm(message) {
	const id = otherOf(message);
	const known = page.conversations.get(`@${id}`)?.name ?? id;
	const target = directConversation(id, message.own && message.room ? known
		: message.member);

	addMessage(target, { ...message, own: Boolean(message.room) && message.own });
	if (message.room)
		loadTalk(target, message.room);
}

/* Shows the last messages of a talk, once. */
async function loadTalk(target, room) {
	if (target.hasHistory)
		return;
	target.hasHistory = true;
	try {
		const messages = await page.chat.history(room, { limit: PAGE });
		keepAtEnd(target, () => target.log.prepend(messages));
	} catch {
		target.hasHistory = false; /* the talk has not begun */
	}
	showHeader();
}

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
	target.name = room.name;
	if (target === page.current) {
		showHeader();
		showMembers();
	}
}

function onReset({ id }) {
	const target = page.conversations.get(id);

	target.log.resetNumbering();
	target.log.addNotice("This room was created again; its history is gone.");
	target.hasOlder = false;
	showOlderButton();
}

function onGap({ room, missing: [from, to] }) {
	page.conversations.get(room.id).log.addNotice(
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

/* --- actions ---------------------------------------------------------------- */

function saveRooms() {
	save(sessionStorage, "rooms", [...page.chat.rooms.keys()]);
}

function open({ room, messages }) {
	const target = conversation(room.id, room.name, room);

	target.log.prepend(messages);
	target.hasOlder = messages.length > 0 && messages[0].seq > 1;
	saveRooms();
	return target;
}

async function join(id, options = {}) {
	try {
		show(open(await page.chat.join(id, { history: PAGE, ...options })));
		refresh();
	} catch (error) {
		statusbar.show(error.message, { forMs: 5000 });
		refresh();
	}
}

/* New rooms are persistent if the server has a store. */
const hasStore = () => page.chat.me?.durability !== "none";
const joinOrCreate = (id) => join(id, { create: true, persistent: hasStore() });

/* The server may leave persistent rooms to others. */
async function createRoom(name, options) {
	try {
		return await page.chat.create(name, options);
	} catch (error) {
		if (!options.persistent ||
				!["forbidden", "unauthorized"].includes(error.code))
			throw error;
		return page.chat.create(name, { ...options, persistent: false });
	}
}

function closeConversation(key) {
	page.conversations.delete(key);
	saveRooms();
	if (page.current.key === key)
		show(page.conversations.get(LOBBY));
	showAll();
}

function leave() {
	if (page.current.isRoom)
		page.chat.leave(page.current.key).catch(() => {}).then(refresh);
	closeConversation(page.current.key);
}

/* Looks up whose name it is now, and shows the direct messages with it. */
async function openDirect(name) {
	const { current } = page;

	try {
		const ids = await page.chat.listMemberIds(current.isRoom ? current.key : null);
		const id = ids.get(name);
		if (id === undefined)
			throw new Error(`${name} is not here any more`);
		const target = directConversation(id, name);
		show(target);
		/* Ids of users are longer than those of other members. */
		if (id.length === page.chat.me.id.length && id.length > 8)
			await loadTalk(target, `@${[id, page.chat.me.id].sort().join("+")}`);
	} catch (error) {
		statusbar.show(`${error.message}.`, { forMs: 5000 });
		refresh();
	}
}

async function refresh() {
	if (page.chat.state !== "open" || document.hidden)
		return;
	try {
		page.rooms = await page.chat.listRooms();
		page.conversations.get(LOBBY).members = await page.chat.listMembers();
	} catch {
		return; /* the next refresh retries */
	}
	showOthers();
	showHeader();
	showMembers();
}

async function loadOlder() {
	const target = page.current;

	if (!target.hasOlder || target.loading)
		return;
	target.loading = true;
	try {
		const messages = await page.chat.history(target.key,
			{ before: target.log.firstSeq, limit: PAGE });
		const fromEnd = scroll.scrollHeight - scroll.scrollTop;
		target.log.prepend(messages);
		target.hasOlder = messages.length > 0 && messages[0].seq > 1;
		if (target === page.current) {
			showOlderButton();
			scroll.scrollTop = scroll.scrollHeight - fromEnd;
		}
	} catch {
		/* A lost connection or room has its own notice. */
	}
	target.loading = false;
}

/* Errors that a retry of the same message cannot fix. */
const PERMANENT = ["message_too_large", "message_refused", "bad_field", "bad_json",
	"forbidden"];

const REASONS = {
	timeout: "Not sent: no connection.",
	disconnected: "Not sent: no connection.",
};

async function post(target, message, key) {
	try {
		const ack = await page.chat.broadcast(target.key, message, { key });
		keepAtEnd(target, () => target.log.confirm(key, ack));
	} catch (error) {
		const reason = REASONS[error.code] ?? `Not sent: ${error.message}.`;
		const discard = () => target.log.remove(key);
		const retry = () => {
			target.log.retry(key);
			post(target, message, key);
		};
		const edit = () => {
			discard();
			text.value = message;
			text.focus();
		};
		keepAtEnd(target, () => target.log.fail(key, reason,
			PERMANENT.includes(error.code) ? { Edit: edit, Discard: discard }
				: { Retry: retry, Discard: discard }));
		announce(reason);
	}
}

async function sendDirect(target, message) {
	const sent = await page.chat.dm(target.memberId, message);

	target.name = sent.member ?? target.name;
	target.hasHistory ||= sent.room !== undefined;
	addMessage(target, {
		seq: sent.seq, at: sent.at ?? Date.now(),
		member: page.chat.me.member, message, own: true,
	});
	if (target === page.current)
		showHeader();
}

/* Lobby and direct messages have no retries. */
async function sendOnce(target, message) {
	try {
		await (target.isDirect ? sendDirect(target, message)
			: page.chat.broadcast(null, message));
	} catch (error) {
		const reason = error.code === "member_not_found"
			? `${target.name} is not connected any more` : error.message;
		statusbar.show(`Not sent: ${reason}.`, { forMs: 5000 });
		if (target === page.current && !text.value)
			text.value = message;
	}
}

function send() {
	const message = text.value.trim();

	if (!message)
		return;
	text.value = "";
	if (page.current.isRoom) {
		const key = makeKey();
		page.current.log.addPending(key, { member: page.chat.me.member, message });
		post(page.current, message, key);
	} else
		sendOnce(page.current, message);
	scrollToEnd();
}

/* --- start ------------------------------------------------------------ */

function addListeners() {
	const handlers = {
		state: (detail) => onState[detail.state]?.(detail),
		me: (me) => {
			showMe(me);
			showMembers();
			save(sessionStorage, "ids", [...page.chat.ids].slice(-100));
		},
		message: onMessage, notice: onNotice, dm: onDm, typing: onTyping,
		room: onRoom, reset: onReset, gap: onGap, left: onLeft,
		invite: onInvite,
		kick: (event) => onModerated("kick", event),
		role: (event) => onModerated("role", event),
		topic: (event) => onModerated("topic", event),
		slow: (event) => onModerated("slow", event),
		error: ({ message }) => statusbar.show(message, { forMs: 5000 }),
	};

	for (const [type, handle] of Object.entries(handlers))
		page.chat.addEventListener(type, ({ detail }) => handle(detail));
}

/* The room named in the address: "#tea". */
function roomInAddress() {
	try {
		return decodeURIComponent(location.hash.slice(1));
	} catch {
		return "";
	}
}

const isOpen = () => page.chat.state === "open" || new Promise((resolve) =>
	page.chat.addEventListener("state", () => resolve(isOpen()), { once: true }));

/* Rejoins a room of this tab; retries after a lost connection. */
async function reopen(id) {
	await isOpen();
	try {
		open(await page.chat.join(id, { history: PAGE }));
	} catch (error) {
		if (error.code === "disconnected")
			await reopen(id);
	}
}

/* Opens the rooms of this tab and the one in the address. */
async function openRooms() {
	const named = roomInAddress();

	for (const id of load(sessionStorage, "rooms", []))
		if (id !== named)
			await reopen(id);
	if (named)
		await joinOrCreate(named);
	showAll();
}

async function start(name) {
	const url = new URL("ws/command", document.baseURI);

	url.protocol = url.protocol.replace("http", "ws");
	url.hash = "";
	if (name)
		save(localStorage, "name", name);
	page.chat = new Parley(url,
		{ name, ids: load(sessionStorage, "ids", []) });
	addListeners();
	setActions({ show, join, openDirect, moderate });
	$("welcome").remove();
	app.hidden = false;
	toggleMembers(isWide.matches);
	isWide.onchange = () => toggleMembers(isWide.matches);
	const named = location.hash;
	show(conversation(LOBBY, "Lobby"));
	history.replaceState(null, "", named || "#");
	try {
		await page.chat.connect();
		await openRooms();
	} catch {
		/* Refused: the status bar shows the reason. */
	}
	setInterval(refresh, REFRESH_MS);
}

/* --- buttons and keys ----------------------------------------------------- */

function toggleMembers(shown = !app.classList.contains("with-people")) {
	app.classList.toggle("with-people", shown);
	$("to-people").setAttribute("aria-expanded", shown);
}

/* Returns a function that opens a dialog; errors of `submit` are shown in it. */
function makeDialog(id, prepare, submit) {
	const dialog = $(id);
	const [form] = dialog.children;
	const alert = form.querySelector(".bad");

	form.querySelector("[value=cancel]").onclick = () => dialog.close();
	form.onsubmit = async (event) => {
		event.preventDefault();
		try {
			await submit();
			dialog.close();
		} catch (error) {
			alert.textContent = `${error.message}.`;
		}
	};
	return () => {
		form.reset();
		alert.textContent = "";
		prepare();
		dialog.showModal();
	};
}

const openModeration = makeDialog("moderate", () => {}, act);

function moderate(member) {
	chooseTarget(member);
	openModeration();
}

/* Shows the next (1) or previous (-1) conversation. */
function showNext(by) {
	const all = [...page.conversations.values()];

	show(all[(all.indexOf(page.current) + by + all.length) % all.length]);
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
		page.chat.typing(page.current.key);
};
scroll.onscroll = () => {
	onScroll();
	if (scroll.scrollTop < 200)
		loadOlder();
};
document.onkeydown = (event) => {
	if (event.altKey && page.current && /^Arrow(Up|Down)$/.test(event.key)) {
		event.preventDefault();
		showNext(event.key === "ArrowUp" ? -1 : 1);
	} else if (event.key === "Escape" && !isWide.matches)
		toggleMembers(false);
};
document.onvisibilitychange = () => {
	if (document.hidden || !page.current)
		return;
	page.current.unread = 0;
	showAll();
	refresh();
};
onhashchange = () => {
	const id = roomInAddress();

	if (page.chat && id && id !== page.current.key)
		joinOrCreate(id);
};
$("older").onclick = loadOlder;
$("jump").onclick = scrollToEnd;
$("leave").onclick = leave;
$("to-rooms").onclick = () => {
	document.body.dataset.view = "rooms";
	$("joined").querySelector("[aria-current]")?.focus();
};
$("to-people").onclick = () => toggleMembers();
$("from-people").onclick = () => {
	toggleMembers(false);
	$("to-people").focus();
};
$("statusbar").querySelector("button").onclick = () => page.chat.retry();
$("new").onclick = makeDialog("create", () => {
	$("room-persistent").checked = hasStore();
}, async () => {
	const name = $("room-name").value.trim();

	/* The server allows several rooms of one name; people expect one. */
	if (page.rooms.some((room) => room.name === name))
		throw new Error("A room of that name already exists");
	show(open(await createRoom(name, {
		persistent: $("room-persistent").checked,
		private: $("room-private").checked,
		moderated: $("room-moderated").checked,
		topic: $("room-topic").value.trim() || undefined,
	})));
	refresh();
});
$("settings").onclick = makeDialog("room-settings", prepareSettings, applySettings);
$("me").onclick = makeDialog("rename",
	() => { $("new-name").value = page.chat.me?.member ?? ""; },
	async () => {
		save(localStorage, "name", $("new-name").value.trim());
		await page.chat.rename($("new-name").value.trim());
	});

/* --- accounts ----------------------------------------------------------- */

/* The same button ends a log-in, or a visit without one. */
$("log-out").onclick = async () => {
	if (session.user)
		await logOut();
	page.chat.close();
	sessionStorage.clear();
	location.reload();
};

function startAsUser() {
	$("log-out").hidden = false;
	$("log-out").textContent = session.user ? "Log out" : "Log in";
	start("");
}

$("log-in").onsubmit = async (event) => {
	event.preventDefault();
	const alert = $("log-in").querySelector(".bad");

	alert.textContent = "";
	try {
		await logIn($("user").value.trim(), $("password").value);
		session = await whoAmI();
		startAsUser();
	} catch (error) {
		alert.textContent = `${error.message}.`;
		$("password").select();
	}
};
$("as-guest").onclick = () => {
	save(sessionStorage, "guest", true);
	startAsUser();
};

function askForPassword() {
	$("enter").hidden = true;
	$("log-in").hidden = false;
	$("as-guest").hidden = !session.guests;
	$("user").focus();
}

async function begin() {
	const savedName = load(localStorage, "name", "");

	session = await whoAmI();
	if (page.chat)
		return; /* a name was chosen meanwhile */
	const isGuest = session.guests && load(sessionStorage, "guest", false);

	if (session.login && (session.user || isGuest))
		startAsUser();
	else if (session.login)
		askForPassword();
	else if (savedName)
		start(savedName);
	else
		$("name").focus();
}

begin();
