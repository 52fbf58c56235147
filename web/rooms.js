/* Opens, shows and closes conversations; keeps them as the server has them. */

import { discardUnsent, sendUnsent, showDraft, unsentTo } from "./composer.js";
import {
	LOBBY, conversation, directConversation, isClosed, page, saveClosed,
} from "./conversations.js";
import { $ } from "./elements.js";
import { isUser } from "./parley.js";
import { applyMarker, markRead, reportNow } from "./reading.js";
import { showAll, showHeader, showJoined, showMembers, showOthers } from "./sidebar.js";
import { statusbar } from "./statusbar.js";
import { save } from "./storage.js";
import { showTray } from "./tray.js";
import { isAtEnd, scrollToEnd, scrollToUnread, showOlderButton } from "./viewport.js";

const PAGE = 50;

const scroll = $("scroll");
const hasMouse = matchMedia("(pointer: fine)");
let departures = 0; /* conversations that were closed */

/* --- show ------------------------------------------------------------- */

/* "#tea", "#@" and the id of the other user, or "#" */
function addressOf({ key, room, memberId }) {
	return room ? `#${room.other ? `@${memberId}` : key}` : "#";
}

function hide(target) {
	target.scrollTop = isAtEnd() ? null : scroll.scrollTop;
	target.log.clearUnread();
	reportNow(target);
}

function scrollToLastPlace(target) {
	if (target.unread > 0 && target.room)
		target.log.markUnread(target.state.read);
	if (target.unread > 0)
		scrollToUnread();
	else if (target.scrollTop === null)
		scrollToEnd();
	else
		scroll.scrollTop = target.scrollTop;
}

export function show(target) {
	const { current } = page;

	if (current && current !== target)
		hide(current);
	if (current !== target)
		showDraft(target);
	page.current = target;
	showTray();
	$("log").replaceChildren(target.log.list);
	showOlderButton();
	document.body.dataset.view = "room";
	$("jump").hidden = true;
	scrollToLastPlace(target);
	history.replaceState(null, "", addressOf(target));
	markRead();
	showAll();
	loadNewest(target);
	/* On a phone, focusing the text box opens the keyboard. */
	(hasMouse.matches ? $("text") : $("title")).focus({ preventScroll: true });
}

/* --- messages --------------------------------------------------------- */

async function readOlder(target) {
	const { firstSeq } = target.log;
	const before = Number.isFinite(firstSeq) ? firstSeq : undefined;
	const messages = await page.chat.history(target.key, { before, limit: PAGE });

	target.log.prepend(messages);
	target.hasOlder = messages.length > 0 && messages[0].seq > 1;
	if (target.unread > 0)
		target.log.markUnread(target.state.read);
}

/* One request at a time. A lost connection or room has its own notice. */
function load(target) {
	target.loading ??= readOlder(target).then(() => { target.isLoaded = true; })
		.catch(() => {})
		.finally(() => { target.loading = null; });
	return target.loading;
}

/* Shows the newest messages when a conversation is shown for the first time. */
async function loadNewest(target) {
	if (!target.isLoaded) {
		await load(target);
		if (target !== page.current)
			return;
		scrollToUnread();
		showOlderButton();
		markRead();
	} else if (target.isStale)
		await reload(target);
}

export async function loadOlder() {
	const target = page.current;

	if (!target.hasOlder || target.loading || !target.isLoaded)
		return;
	const fromEnd = scroll.scrollHeight - scroll.scrollTop;
	await load(target);
	if (target === page.current) {
		showOlderButton();
		scroll.scrollTop = scroll.scrollHeight - fromEnd;
	}
}

/* A reconnect does not bring reactions again: reads what is shown anew. */
async function reload(target) {
	target.isStale = false;
	try {
		for (let after = target.log.firstSeq - 1; after < target.state.top;) {
			const messages = await page.chat.history(target.key, { after, limit: 500 });

			if (messages.length === 0)
				break;
			target.log.update(messages);
			after = messages.at(-1).seq;
		}
	} catch {
		target.isStale = true;
	}
}

/** After a reconnect. */
export function reloadAll() {
	for (const target of page.conversations.values())
		target.isStale = target.room !== null;
	loadNewest(page.current);
}

/* --- open ------------------------------------------------------------- */

function saveRooms() {
	save(sessionStorage, "rooms", [...page.chat.rooms.values()]
		.filter(({ other }) => !other).map(({ id }) => id));
}

/* A joined room, with its newest messages if they were requested. */
function open({ room, messages }, { isLoaded = true, name = room.name } = {}) {
	const target = conversation(room.id, name, room);

	target.room = room;
	target.isLoaded = isLoaded;
	target.log.prepend(messages);
	target.hasOlder = isLoaded ? messages.length > 0 && messages[0].seq > 1 : room.seq > 0;
	target.state.load({ seq: room.seq, read: room.seq, unread: 0 });
	saveRooms();
	return target;
}

export async function join(id, options = {}) {
	try {
		const target = open(await page.chat.join(id, { history: PAGE, ...options }));
		show(target);
		sendUnsent(target);
	} catch (error) {
		statusbar.show(error.message, { forMs: 5000 });
	}
	refresh();
}

/* New rooms are persistent if the server has a store. */
export const hasStore = () => page.chat.me?.durability !== "none";
export const joinOrCreate = (id) => join(id, { create: true, persistent: hasStore() });

/* The server may leave persistent rooms to others. */
async function create(name, options) {
	try {
		return await page.chat.create(name, options);
	} catch (error) {
		if (!options.persistent ||
				!["forbidden", "unauthorized"].includes(error.code))
			throw error;
		return page.chat.create(name, { ...options, persistent: false });
	}
}

export async function createRoom(name, options) {
	show(open(await create(name, options)));
	refresh();
}

/* An own room of another session or device; its messages are read when it is shown. */
async function openOwn(entry) {
	const { room: id, name } = entry;
	const isTalk = id.startsWith("@");
	const joined = await page.chat.join(id);
	const target = open(joined, {
		isLoaded: false,
		name: isTalk && name === id ? nameOf(page.chat.otherOf(id)) : name,
	});

	/* Messages may have come since the list was made. */
	target.state.load({ ...entry, seq: joined.room.seq,
		unread: entry.unread + joined.room.seq - entry.seq });
	target.isAway = isTalk && entry.members < 2;
	sendUnsent(target);
}

/* Of a user who is away the server may not know the name: its id stands for it. */
const nameOf = (id) => `user ${id.slice(1, 7)}`;

function update(target, entry) {
	applyMarker(target, entry);
	if (!target.isDirect)
		return;
	target.isAway = entry.members < 2;
	if (entry.name !== entry.room)
		target.name = entry.name;
}

async function openOrUpdate(entry) {
	const target = page.conversations.get(entry.room);

	if (target)
		update(target, entry);
	else if (!entry.room.startsWith("@") || !isClosed(entry))
		await openOwn(entry);
}

/**
 * Opens and updates the rooms and talks that the server has for this user. What
 * fails is for the next refresh.
 */
export async function refreshOwn() {
	const before = departures;

	if (!isUser(page.chat.me.id))
		return;
	try {
		const own = await page.chat.listOwnRooms();
		/* One that was left meanwhile would be joined again. */
		if (before === departures)
			await Promise.allSettled(own.map(openOrUpdate));
	} catch {
		return;
	}
	showJoined();
}

/** The talk with a user, or messages to a member without an account. */
export async function openTalk(memberId, name) {
	if (!isUser(page.chat.me.id) || !isUser(memberId) || memberId === page.chat.me.id)
		return directConversation(memberId, name);
	const key = page.chat.talkWith(memberId);

	if (!page.conversations.has(key))
		open(await page.chat.openTalk(memberId, { history: PAGE }), { name });
	const target = page.conversations.get(key);
	sendUnsent(target);
	return target;
}

/* The display name of a member that is connected. */
async function nameOfMember(id) {
	const ids = await page.chat.listMemberIds(null);

	return [...ids].find(([, one]) => one === id)?.[0] ?? nameOf(id);
}

const isOpen = () => page.chat.state === "open" || new Promise((resolve) =>
	page.chat.addEventListener("state", () => resolve(isOpen()), { once: true }));

/* A room that has ended is created again if there is something to send. */
async function reopenRoom(id) {
	const joined = await page.chat.join(id,
		{ create: unsentTo().includes(id), persistent: hasStore() });

	sendUnsent(open(joined, { isLoaded: false }));
}

/* Opens a room or talk again; retries after a lost connection. */
async function reopen(id) {
	await isOpen();
	if (page.conversations.has(id))
		return;
	const other = page.chat.otherOf(id);
	try {
		if (other)
			await openTalk(other, await nameOfMember(other));
		else
			await reopenRoom(id);
	} catch (error) {
		if (error.code === "disconnected")
			await reopen(id);
	}
}

/**
 * Opens the rooms of this user, those of this tab, and those with messages that
 * are not sent; shows the one in the address: "tea", or "@" and a user.
 */
export async function openRooms(tab, named) {
	await refreshOwn();
	for (const id of new Set([...tab, ...unsentTo()]))
		if (id !== named)
			await reopen(id);
	if (named.startsWith("@")) {
		const id = page.chat.talkWith(named.slice(1));
		await reopen(id);
		if (page.conversations.has(id))
			show(page.conversations.get(id));
	} else if (named)
		await joinOrCreate(named);
	showAll();
}

/* Looks up who has the name now, and shows the direct messages with them. */
export async function openDirect(name) {
	const { current } = page;

	try {
		const ids = await page.chat.listMemberIds(current.isRoom ? current.key : null);
		const id = ids.get(name);
		if (id === undefined)
			throw new Error(`${name} is not here any more`);
		show(await openTalk(id, name));
	} catch (error) {
		statusbar.show(`${error.message}.`, { forMs: 5000 });
	}
	refresh();
}

/* --- close ------------------------------------------------------------ */

export function closeConversation(key) {
	if (page.conversations.get(key)?.isRoom)
		discardUnsent(key);
	page.conversations.delete(key);
	saveRooms();
	if (page.current.key === key)
		show(page.conversations.get(LOBBY));
	showAll();
}

/** Leaves the room that is shown, or closes the talk. */
export function leave() {
	const { key, room, isDirect, state } = page.current;

	departures++;
	if (isDirect)
		saveClosed(key, state.top);
	if (room)
		page.chat.leave(key).catch(() => {}).then(refresh);
	closeConversation(key);
}

/* --- refresh ---------------------------------------------------------- */

/** Asks the server for the rooms, and who is there. */
export async function refresh() {
	if (page.chat.state !== "open" || document.hidden)
		return;
	try {
		page.rooms = await page.chat.listRooms();
		page.conversations.get(LOBBY).members = await page.chat.listMembers();
		await refreshOwn();
	} catch {
		return; /* the next refresh retries */
	}
	page.conversations.forEach(sendUnsent);
	loadNewest(page.current); /* if that has failed before */
	showJoined();
	showOthers();
	showHeader();
	showMembers();
}
