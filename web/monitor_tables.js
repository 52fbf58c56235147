/* The tables of the monitor: largest rooms, limits, closes and refusals. */

import { $, el } from "./elements.js";
import { bytes, short } from "./monitor_numbers.js";

const HIGH = 0.8; /* a limit that may soon be reached */
const OF_BYTES = /memory|output|input|quota/;

function bar(label, share, value, isHigh = false) {
	const filled = el("span", { className: "bar" });

	filled.style.setProperty("--part", `${100 * Math.min(1, share)}%`);
	return el("li", { className: isHigh ? "high" : "" },
		el("span", { className: "label", textContent: label }),
		el("span", { className: "track" }, filled),
		el("span", { className: "count", textContent: value }));
}

export function drawRooms({ largest }) {
	const most = Math.max(1, ...largest.map(({ members }) => members));

	$("none").hidden = largest.length > 0;
	$("rooms").replaceChildren(...largest.map(({ name, members }) =>
		bar(name, members / most, short(members))));
}

export function drawLimits({ limits }) {
	$("limits").replaceChildren(...limits.map(({ option, used, most }) => {
		const text = OF_BYTES.test(option)
			? (value) => bytes(value).join(" ") : short;

		return bar(option, used / most, `${text(used)} of ${text(most)}`,
			used > most * HIGH);
	}));
}

/* The most frequent first; `was` is as long ago as the curves go back. */
function rows(name, is, was) {
	const before = new Map(was?.[name].map(({ code, reason, count }) =>
		[`${code} ${reason}`, count]));

	return is[name].filter(({ count }) => count > 0)
		.sort((a, b) => b.count - a.count)
		.map(({ code, reason, count }) => el("tr", {},
			el("th", { at: { scope: "row" },
				textContent: `${code || ""} ${reason}`.trim() }),
			el("td", { textContent: short(count) }),
			el("td", { textContent:
				short(count - (before.get(`${code} ${reason}`) ?? 0)) })));
}

/** Totals since the start, and within the range that is shown. */
export function drawTotals(is, was, range) {
	for (const name of ["closes", "refusals"]) {
		const body = rows(name, is, was);

		$(`${name}-none`).hidden = body.length > 0;
		$(name).hidden = body.length === 0;
		$(name).tBodies[0].replaceChildren(...body);
	}
	for (const cell of document.querySelectorAll(".range"))
		cell.textContent = `Last ${range.name}`;
}
