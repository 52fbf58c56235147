/*
 * The connected members, for operators: they are read, and disconnected, with
 * the key of the HTTP API. The key is kept nowhere.
 */

import { $, el } from "./elements.js";

const LIMIT = 100;
const MESSAGES = {
	401: "The key is wrong",
	403: "The key is wrong",
	404: "This address has no API: see admin.key and admin.listen",
	429: "Too many attempts; try again later",
};

let key = "";
let after = ""; /* the page begins behind this id */

function showNotice(text) {
	$("members-notice").textContent = text;
}

async function ask(path, method = "GET") {
	const response = await fetch(`v1/members${path}`, {
		method, cache: "no-store", headers: { Authorization: `Bearer ${key}` },
	});

	if (!response.ok)
		throw new Error(MESSAGES[response.status] ??
			`The server answered with ${response.status}`);
	return response.status === 204 ? null : response.json();
}

async function disconnect(id, name) {
	try {
		await ask(`/${encodeURIComponent(id)}`, "DELETE");
		await show(after);
		showNotice(`${name} was disconnected`);
	} catch (error) {
		showNotice(error.message);
	}
}

function row({ member_id: id, member, since }) {
	const label = member || "no name yet";

	return el("tr", {},
		el("th", { at: { scope: "row" }, textContent: label }),
		el("td", { textContent: id }),
		el("td", { textContent: new Date(since).toLocaleString() }),
		el("td", {}, el("button", { type: "button", textContent: "Disconnect",
			at: { "aria-label": `Disconnect ${label}` },
			onclick: () => disconnect(id, label) })));
}

async function show(from) {
	const query = new URLSearchParams({ limit: String(LIMIT), ...from && { after: from } });
	const { members, more } = await ask(`?${query}`);
	const last = members[members.length - 1]?.member_id ?? "";

	after = from;
	$("members").hidden = false;
	$("members").tBodies[0].replaceChildren(...members.map(row));
	$("members-more").hidden = !more;
	$("members-more").onclick = () => show(last).catch(({ message }) => showNotice(message));
	showNotice(members.length === 0 ? "No member is connected." : "");
}

export function prepareMembers() {
	$("members-form").onsubmit = async (event) => {
		event.preventDefault();
		key = $("key").value;
		try {
			await show("");
			$("members-form").hidden = true;
			$("key").value = "";
		} catch (error) {
			showNotice(error.message);
		}
	};
	$("members-reload").onclick = () =>
		show("").catch(({ message }) => showNotice(message));
}
