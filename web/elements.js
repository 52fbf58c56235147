/* Elements, made of what is text and stays text. */

export const $ = (id) => document.getElementById(id);

/** An element with properties, attributes (in `at`) and children. */
export function el(tag, { at = {}, ...props } = {}, ...children) {
	const element = Object.assign(document.createElement(tag), props);

	for (const [name, value] of Object.entries(at))
		element.setAttribute(name, value);
	element.append(...children);
	return element;
}

/** The same colour for the same name, everywhere. */
export function paint(element, name) {
	let hash = 0;

	for (const char of name.replace(/#\d+$/, ""))
		hash = (hash * 31 + char.codePointAt(0)) % 3600;
	element.style.setProperty("--hue", String(hash * 137 % 360));
}

/** The first letter of a name, in a disc of its colour. */
export function disc(name) {
	const element = el("span", {
		className: "disc", at: { "aria-hidden": "true" },
		textContent: [...name][0]?.toUpperCase() ?? "",
	});

	paint(element, name);
	return element;
}
