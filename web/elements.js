/* DOM elements built from plain text, never from markup. */

/**
 * The element with an id; any, since its kind stands in the page.
 *
 * @param {string} id
 * @returns {any}
 */
export const $ = (id) => document.getElementById(id);

/**
 * An element with properties, attributes (in `at`) and children.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node|string)} children
 * @returns {any}
 */
export function el(tag, { at = {}, ...props } = {}, ...children) {
	const element = Object.assign(document.createElement(tag), props);

	for (const [name, value] of Object.entries(at))
		element.setAttribute(name, value);
	element.append(...children);
	return element;
}

/** Sets the colour that belongs to a name. */
export function setColour(element, name) {
	let hash = 0;

	for (const char of name.replace(/#\d+$/, ""))
		hash = (hash * 31 + char.codePointAt(0)) % 3600;
	element.style.setProperty("--hue", String(hash * 137 % 360));
}

/** An avatar: the first letter of a name on a disc of its colour. */
export function avatar(name) {
	const element = el("span", {
		className: "avatar", at: { "aria-hidden": "true" },
		textContent: [...name][0]?.toUpperCase() ?? "",
	});

	setColour(element, name);
	return element;
}

/** Sets a text unless it is shown already. */
export function setText(element, value) {
	if (element.textContent !== value)
		element.textContent = value;
}

/** "1 member", "2 members". */
export const plural = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;
