/* The cards of the monitor: a number, and its curve with axes. */

import { el } from "./elements.js";
import { bytes, count, percent, perSecond, time } from "./monitor_numbers.js";
import { axisEnd, percentile, POINTS, rate } from "./monitor_samples.js";

const SVG = "http://www.w3.org/2000/svg";

const latency = (is) => is.latency_us;
const lag = (is) => is.loop_lag_us;
const sync = (is) => is.store.sync_us;
const hasFiles = ({ files }) => files.count > 0 || files.sent_bytes > 0;
const hasStore = (is) => is.store !== undefined;

/** `of` and `second` make values of two samples, `if` shows the card at all. */
const CARDS = [
	{ name: "Connections", of: (is) => is.connections, as: count },
	{ name: "Rooms", of: (is) => is.rooms, as: count },
	{ name: "Messages", of: rate((is) => is.messages), as: perSecond },
	{ name: "Deliveries", of: rate((is) => is.deliveries), as: perSecond },
	{ name: "Latency, p50 · p99", of: percentile(latency, 0.5),
		second: percentile(latency, 0.99), as: time },
	{ name: "Loop lag, p50 · p99", of: percentile(lag, 0.5),
		second: percentile(lag, 0.99), as: time },
	{ name: "Memory", of: (is) => is.resident_bytes, as: bytes, isOfBytes: true },
	{ name: "Processor", as: percent,
		of: (is, was) => rate((one) => one.cpu_ms)(is, was) / 10 },
	{ name: "Syncs of the store", if: hasStore, as: perSecond,
		of: rate((is) => is.store.syncs) },
	{ name: "Time of a sync, p50 · p99", if: hasStore, as: time,
		of: percentile(sync, 0.5), second: percentile(sync, 0.99) },
	{ name: "Records of the store", if: hasStore, as: perSecond,
		of: rate((is) => is.store.records) },
	{ name: "Files, sent", isOfBytes: true, if: hasFiles,
		as: (v) => [bytes(v)[0], `${bytes(v)[1]} / s`],
		of: rate((is) => is.files.sent_bytes) },
];

function svg(name, className, at = {}) {
	const element = document.createElementNS(SVG, name);

	for (const [key, value] of Object.entries({ class: className, ...at }))
		element.setAttribute(key, value);
	return element;
}

class Card {
	#card;
	#area = svg("path", "area");
	#lines = [svg("path", "line"), svg("path", "line second")];
	#top = el("span", { className: "top" });
	#since = el("span", { className: "since" });
	#now = el("p", { className: "now" });

	constructor(card) {
		const plot = svg("svg", "", { "aria-hidden": "true",
			viewBox: `0 0 ${POINTS - 1} 100`, preserveAspectRatio: "none" });

		this.#card = card;
		for (const y of [5, 50])
			plot.append(svg("path", "grid", { d: `M0 ${y}H${POINTS - 1}` }));
		plot.append(this.#area, ...this.#lines);
		this.element = el("li", {}, el("h2", { textContent: card.name }), this.#now,
			el("div", { className: "plot" }, plot, this.#top,
				el("span", { className: "zero", textContent: "0" }), this.#since,
				el("span", { className: "end", textContent: "now" })));
	}

	/** The number is the newest one, whatever range the curve has. */
	draw(newest, shown, range) {
		const { of, second, as, isOfBytes, if: isShown = () => true } = this.#card;
		const items = newest.items;
		const last = items[items.length - 1];

		this.element.hidden = !last || !isShown(last);
		if (this.element.hidden)
			return;
		const all = [of, second].filter(Boolean);
		const curves = all.map((one) => shown.series(one));
		const end = axisEnd(Math.max(1, ...curves.flat().map((value) => value ?? 0)),
			isOfBytes);

		this.#top.textContent = as(end).join(" ").trim();
		this.#since.textContent = `${range.name} ago`;
		this.#now.replaceChildren(...all.flatMap((one, i) => {
			const value = newest.series(one)[POINTS - 1];
			const [text, unit] = as(value ?? (as === time ? null : 0));

			return i > 0 ? [el("small", { textContent: `· ${text} ${unit}` })]
				: [text, el("small", { textContent: unit })];
		}));
		curves.forEach((values, i) => {
			this.#lines[i].setAttribute("d", lineOf(values, end));
		});
		this.#area.setAttribute("d", areaOf(curves[0], end));
	}
}

const yOf = (value, end) => (100 - value / end * 95).toFixed(1);

/* Points without a value leave a gap. */
function lineOf(values, end) {
	let path = "";
	let up = true;

	values.forEach((value, x) => {
		if (value !== null)
			path += `${up ? "M" : "L"}${x} ${yOf(value, end)}`;
		up = value === null;
	});
	return path;
}

function areaOf(values, end) {
	const from = values.findIndex((value) => value !== null);

	if (from < 0)
		return "";
	const points = values.map((value, x) => `${x} ${yOf(value ?? 0, end)}`).slice(from);
	return `M${points.join("L")}V100H${from}Z`;
}

export const makeCards = () => CARDS.map((card) => new Card(card));
