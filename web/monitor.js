/*
 * The monitor: polls the statistics of the server every second and shows the
 * last two minutes, or the last hour, which the server has kept.
 */

import { $, el } from "./elements.js";
import { makeCards } from "./monitor_cards.js";
import { prepareMembers } from "./monitor_members.js";
import { duration } from "./monitor_numbers.js";
import { RANGES, Samples } from "./monitor_samples.js";
import { drawLimits, drawRooms, drawTotals } from "./monitor_tables.js";

const INTERVAL_MS = 1000;

const samples = RANGES.map((range) => new Samples(range));
const cards = makeCards();
let shown = 0; /* an index of RANGES */
let receivedAt = 0; /* the last answer */

function draw() {
	const newest = samples[0];
	const { items } = samples[shown];
	const last = newest.items[newest.items.length - 1];

	if (!last)
		return;
	for (const card of cards)
		card.draw(newest, samples[shown], RANGES[shown]);
	drawRooms(last);
	drawLimits(last);
	drawTotals(last, items.find(({ closes }) => closes), RANGES[shown]);
}

function addSample(sample) {
	samples.forEach((one) => one.add(sample));
	receivedAt = Date.now();
	draw();
	$("state").textContent = `${sample.server}, up for ${duration(sample.uptime_ms)}`;
	document.body.classList.remove("stale");
}

function showStale() {
	$("state").textContent = receivedAt === 0 ? "No response"
		: `No response since ${new Date(receivedAt).toLocaleTimeString()}; ` +
			`the figures are ${duration(Date.now() - receivedAt)} old`;
	document.body.classList.add("stale");
}

async function poll() {
	try {
		const answer = await fetch("monitor/stats", { cache: "no-store",
			signal: AbortSignal.timeout(5 * INTERVAL_MS) });
		addSample(await answer.json());
	} catch {
		showStale();
	}
	setTimeout(poll, document.hidden ? 10 * INTERVAL_MS : INTERVAL_MS);
}

function makeRangeButton(range, i) {
	return el("button", {
		type: "button", textContent: range.name, at: { "aria-pressed": String(i === shown) },
		onclick: () => {
			shown = i;
			[...$("ranges").children].forEach((button, at) =>
				button.setAttribute("aria-pressed", String(at === i)));
			draw();
		},
	});
}

/* Without it the hour begins now. */
async function loadHistory() {
	try {
		const answer = await fetch("monitor/history", { cache: "no-store" });
		const { samples: kept } = await answer.json();

		kept.forEach((sample) => samples[samples.length - 1].add(sample));
	} catch {
		showStale();
	}
}

$("ranges").append(...RANGES.map(makeRangeButton));
$("cards").append(...cards.map(({ element }) => element));
prepareMembers();
loadHistory().then(poll);
