/* Accounts: who this browser is, log-in, log-out. The token is in a cookie. */

/** A log-in that the server refused; the message is for people. */
export class LoginError extends Error {
	/** @param {{code: string, message: string}} error */
	constructor({ code, message }) {
		super(message);
		this.code = code;
	}
}

const OPEN = { kind: "open", user: null, guest: false, guests: false, login: false };

const at = (path) => new URL(path, document.baseURI);

/**
 * Who this browser is: `user`, `guest`, `guests` (allowed), `login` (possible).
 * Without an answer, an open server is assumed: otherwise the connection is
 * refused.
 */
export async function whoAmI() {
	try {
		const response = await fetch(at("v1/session"), { cache: "no-store" });

		return response.ok ? await response.json() : OPEN;
	} catch {
		return OPEN;
	}
}

const MESSAGES = {
	401: "Wrong name or password",
	403: "This page may not log in here",
	503: "The server is busy; try again",
};

function errorOf({ status, headers }) {
	const seconds = Number(headers.get("Retry-After"));

	if (status === 429)
		return new LoginError({ code: "rate_limited",
			message: `Too many attempts; try again in ${seconds || 60} s` });
	return new LoginError({ code: status === 401 ? "wrong_credentials" : "failed",
		message: MESSAGES[status] ?? `The server answered with ${status}` });
}

/**
 * Logs in; the browser keeps the cookie.
 *
 * @param {string} user
 * @param {string} password
 * @returns {Promise<{user: string, expires_at: number}>}
 */
export async function logIn(user, password) {
	let response;

	try {
		response = await fetch(at("v1/login"), {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ user, password }),
		});
	} catch {
		throw new LoginError({ code: "disconnected", message: "There is no connection" });
	}
	if (!response.ok)
		throw errorOf(response);
	return response.json();
}

export const logOut = () => fetch(at("v1/logout"), { method: "POST" });
