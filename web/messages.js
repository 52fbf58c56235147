/*
 * Messages as the page shows them: those of parley.js, with `reactions` as a Map
 * of text to {count, own}. What changes one returns a new one.
 */

export function record({ reactions = {}, reacted = [], ...message }) {
	return {
		...message,
		reactions: new Map(Object.entries(reactions).map(([text, count]) =>
			[text, { count, own: reacted.includes(text) }])),
	};
}

/* The second argument is the event. */
export function withEdit(message, { message: body, at }) {
	return message.redacted ? message : { ...message, message: body, edited: at };
}

export function withRedaction(message, { by, by_id: id }) {
	return {
		...message, message: undefined, edited: undefined, redacted: true,
		redactedBy: id === message.member_id ? undefined : by,
		reactions: new Map(),
	};
}

export function withReaction(message, { reaction, count, removed = false, own }) {
	const reactions = new Map(message.reactions);
	const before = reactions.get(reaction)?.own ?? false;

	if (message.redacted)
		return message;
	if (count > 0)
		reactions.set(reaction, { count, own: own ? !removed : before });
	else
		reactions.delete(reaction);
	return { ...message, reactions };
}
