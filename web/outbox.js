/*
 * Messages that are not acknowledged yet, in the order in which they were sent.
 * They are kept over a reload, so that they can be sent again with their keys.
 */

export class Outbox {
	/** @type {{key: string, to: string, message: any}[]} */
	#entries;
	#save;

	/**
	 * @param {object[]} entries  as they were saved
	 * @param {(entries: object[]) => void} save
	 */
	constructor(entries, save) {
		this.#entries = entries.filter((entry) =>
			["key", "to"].every((name) => typeof entry?.[name] === "string") && entry.message);
		this.#save = save;
	}

	/** Those to one conversation. */
	to(conversation) {
		return this.#entries.filter(({ to }) => to === conversation);
	}

	destinations() {
		return [...new Set(this.#entries.map(({ to }) => to))];
	}

	add(entry) {
		this.#change([...this.#entries, entry]);
	}

	remove(key) {
		this.#change(this.#entries.filter((entry) => entry.key !== key));
	}

	#change(entries) {
		this.#entries = entries;
		this.#save(entries);
	}
}
