/* What this browser remembers, or this tab of it. */

export function remembered(store, name, otherwise) {
	try {
		return JSON.parse(store.getItem(`parley.${name}`)) ?? otherwise;
	} catch {
		return otherwise;
	}
}

export function remember(store, name, value) {
	try {
		store.setItem(`parley.${name}`, JSON.stringify(value));
	} catch {
		/* Private browsing, or full: then it is not remembered. */
	}
}
