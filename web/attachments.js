/* The file that a message shares: a picture, or a link. */

import { el } from "./elements.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const KEY = /[?&]key=([0-9a-zA-Z_-]+)/;
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];
const SIDE_MOST = 100000;

/** 1234567 → "1.2 MB" */
export function sizeText(bytes) {
	const units = ["bytes", "kB", "MB", "GB", "TB"];
	let unit = 0;
	let size = bytes;

	for (; size >= 1000 && unit < units.length - 1; unit++)
		size /= 1000;
	return `${unit > 0 && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

const isSide = (pixels) => Number.isInteger(pixels) && pixels > 0 && pixels <= SIDE_MOST;

/**
 * The file of a message, or null. Its address is that of this page's server,
 * whatever the message has.
 *
 * @returns {?{name: string, type: string, size: number, path: string,
 * width?: number, height?: number}}
 */
export function fileOf(message) {
	const { id, name, type, size, url = "", width, height } = message?.file ?? {};

	if (![id, name, type, url].every((one) => typeof one === "string") ||
			!UUID.test(id) || !Number.isSafeInteger(size))
		return null;
	const key = KEY.exec(url)?.[1];
	const sides = isSide(width) && isSide(height) ? { width, height } : {};
	return { name, type, size, path: `v1/files/${id}${key ? `?key=${key}` : ""}`, ...sides };
}

/** The text beside a file; "" if there is none. */
export const captionOf = ({ text }) => (typeof text === "string" ? text : "");

function link({ name, size, path }) {
	return el("a", { href: path, className: "file", download: name },
		el("span", { textContent: name }),
		el("span", { className: "quiet", textContent: sizeText(size) }));
}

function picture(file) {
	const { name, path, width, height } = file;
	const image = el("img", {
		src: path, alt: name, loading: "lazy", decoding: "async",
		...(width ? { width, height } : {}),
	});
	const shown = el("a", {
		href: path, target: "_blank", rel: "noopener", className: "picture",
	}, image);

	image.onerror = () => shown.replaceWith(link(file)); /* it is gone */
	return shown;
}

/** An element that shows a file. */
export const attachment = (file) =>
	(PICTURES.includes(file.type) ? picture(file) : link(file));
