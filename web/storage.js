/* Values kept in localStorage (of this browser) or sessionStorage (of this tab). */

export function load(store, name, fallback) {
	try {
		return JSON.parse(store.getItem(`parley.${name}`)) ?? fallback;
	} catch {
		return fallback;
	}
}

export function save(store, name, value) {
	try {
		store.setItem(`parley.${name}`, JSON.stringify(value));
	} catch {
		/* Private browsing, or the quota is used up: the value is not kept. */
	}
}
