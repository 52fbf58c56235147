/*
 * The chat page. parley.js keeps the connection and the order of messages; this
 * module starts it and connects buttons and keys with what they do.
 */

import { logIn, logOut, whoAmI } from "./account.js";
import { editLast, isEditing, onInput, send, stopEditing } from "./composer.js";
import { LOBBY, conversation, page } from "./conversations.js";
import { makeDialog } from "./dialogs.js";
import { $ } from "./elements.js";
import { addListeners } from "./events.js";
import { prepareActions } from "./message_actions.js";
import { act, applySettings, chooseTarget, prepareSettings } from "./moderation.js";
import { Parley } from "./parley.js";
import { markRead, reportNow } from "./reading.js";
import {
	createRoom, hasStore, join, joinOrCreate, leave, loadOlder, openDirect, openRooms,
	refresh, show,
} from "./rooms.js";
import { listed, setActions, showAll } from "./sidebar.js";
import { load, save } from "./storage.js";
import { prepareTray } from "./tray.js";
import { onScroll, scrollToEnd } from "./viewport.js";

const REFRESH_MS = 10000;

const app = $("app");
const scroll = $("scroll");
const text = $("text");
const isWide = matchMedia("(min-width: 70.01rem)"); /* shows the members */

let session = { user: null, guest: false, guests: false, login: false };

/*
 * Browsers do not report why a WebSocket was refused. If the log-in has ended, the
 * page begins anew, with the form.
 */
async function checkAccount() {
	if (!session.login)
		return;
	const now = await whoAmI();

	if (now.login && (now.user !== session.user || !(now.user || now.guests)))
		location.reload();
}

/* The room named in the address: "#tea". */
function roomInAddress() {
	try {
		return decodeURIComponent(location.hash.slice(1));
	} catch {
		return "";
	}
}

/* What the tab keeps is its user's. */
function clearOthers() {
	if (load(sessionStorage, "user", session.user) !== session.user)
		for (const name of ["rooms", "ids", "drafts", "outbox"])
			save(sessionStorage, name, null);
	save(sessionStorage, "user", session.user);
}

function connect(name) {
	const url = new URL("ws/command", document.baseURI);

	url.protocol = url.protocol.replace("http", "ws");
	url.hash = "";
	page.chat = new Parley(url, { name, ids: load(sessionStorage, "ids", []) });
	addListeners(checkAccount);
	return page.chat.connect();
}

async function start(name) {
	if (name)
		save(localStorage, "name", name);
	const connected = connect(name);
	const tab = load(sessionStorage, "rooms", []);
	const named = roomInAddress();

	setActions({ show, join, openDirect, moderate });
	$("welcome").remove();
	app.hidden = false;
	toggleMembers(isWide.matches);
	isWide.onchange = () => toggleMembers(isWide.matches);
	show(conversation(LOBBY, "Lobby"));
	history.replaceState(null, "", named ? `#${named}` : "#");
	try {
		await connected;
		await openRooms(tab, named);
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

const openModeration = makeDialog("moderate", chooseTarget, act);

function moderate(member) {
	openModeration(member);
}

/* Shows the next (1) or previous (-1) conversation. */
function showNext(by) {
	const all = listed();

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
	const isPlain = !event.shiftKey && !event.altKey && !event.isComposing;

	if (event.key === "Enter" && isPlain)
		send();
	else if (event.key === "Escape" && isEditing())
		stopEditing();
	else if (event.key !== "ArrowUp" || !isPlain || text.value || !editLast())
		return;
	event.preventDefault();
};
text.oninput = onInput;
$("stop-editing").onclick = () => {
	stopEditing();
	text.focus();
};
scroll.onscroll = () => {
	onScroll();
	markRead();
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
	if (!page.current.room)
		page.current.state.readAll();
	markRead();
	showAll();
	refresh();
};
onpagehide = () => reportNow();
onhashchange = () => {
	const id = roomInAddress();

	if (page.chat && id && !id.startsWith("@") && id !== page.current.key)
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
	await createRoom(name, {
		persistent: $("room-persistent").checked,
		private: $("room-private").checked,
		moderated: $("room-moderated").checked,
		topic: $("room-topic").value.trim() || undefined,
	});
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
	reportNow();
	if (session.user)
		await logOut();
	page.chat.close();
	sessionStorage.clear();
	/* The room may be a private one. */
	history.replaceState(null, "", "#");
	location.reload();
};

function startAsUser() {
	clearOthers();
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

prepareActions();
prepareTray();
begin();
