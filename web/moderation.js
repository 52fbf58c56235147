/* What owners and moderators do, and the events about it. */

import { page } from "./conversations.js";
import { $ } from "./elements.js";
import { keepAtEnd } from "./viewport.js";

const MINUTE_MS = 60000;

/* By the value of the dialog's list; `room` is an id. */
const ACTS = {
	kick: (room, member, reason) => page.chat.kick(room, member, reason),
	mute10: (room, member, reason) =>
		page.chat.mute(room, member, { ms: 10 * MINUTE_MS, reason }),
	mute: (room, member, reason) => page.chat.mute(room, member, { reason }),
	unmute: (room, member) => page.chat.unmute(room, member),
	ban60: (room, member, reason) =>
		page.chat.ban(room, member, { ms: 60 * MINUTE_MS, reason }),
	ban: (room, member, reason) => page.chat.ban(room, member, { reason }),
};

let target = "";

/** Prepares the dialog for a member. */
export function chooseTarget(member) {
	target = member;
	$("moderate-title").textContent = `Moderate ${member}`;
}

/** Carries out what the dialog has. */
export function act() {
	const chosen = $("act").value;
	const reason = $("act-reason").value.trim() || undefined;
	const room = page.current.key;

	return ACTS[chosen] ? ACTS[chosen](room, target, reason)
		: page.chat.setRole(room, target, chosen);
}

export function prepareSettings() {
	const { room } = page.current;

	$("new-topic").value = room.topic;
	$("delete-label").hidden = room.role !== "owner";
}

/** Applies the settings of the room that is shown. */
export async function applySettings() {
	const { room } = page.current;
	const invited = $("invited").value.trim();
	const topic = $("new-topic").value.trim();

	if ($("delete-room").checked) {
		await page.chat.deleteRoom(room.id);
		return;
	}
	if (topic !== room.topic)
		await page.chat.setTopic(room.id, topic);
	if (invited)
		await page.chat.invite(room.id, invited);
}

/* --- notices --------------------------------------------------------------- */

const clock = new Intl.DateTimeFormat([], { timeStyle: "short" });
const because = ({ reason }) => (reason ? `: ${reason}` : "");

const NOTICES = {
	kick: (event) => `${event.member} was kicked by ${event.by}${because(event)}`,
	role: (event) => {
		const until = event.until ? ` until ${clock.format(event.until)}` : "";
		const who = event.own ? "You are" : `${event.member} is`;

		return ["muted", "banned"].includes(event.role)
			? `${who} ${event.role}${until}, by ${event.by}${because(event)}`
			: `${who} now ${event.role}, by ${event.by}`;
	},
	topic: ({ by, topic }) =>
		(topic ? `${by} set the topic: ${topic}` : `${by} removed the topic`),
	slow: ({ by, slow_ms: ms }) => (ms
		? `${by}: one message each ${Math.ceil(ms / 1000)} s`
		: `${by} ended the slow mode`),
};

/** Shows what happened in a room. */
export function onModerated(type, event) {
	const where = page.conversations.get(event.room);

	if (where)
		keepAtEnd(where, () => where.log.addNotice(NOTICES[type](event)));
}
