/*
 * The monitor: polls GET /stats every second and plots the last two minutes.
 * Counters only grow; their differences are shown.
 */

import { $, el } from "./elements.js";

const INTERVAL_MS = 1000;
const SAMPLES = 120;
const SVG = "http://www.w3.org/2000/svg";

const samples = [];

/* --- numbers -------------------------------------------------------------- */

function short(value) {
	if (value >= 1e6)
		return `${(value / 1e6).toFixed(value < 1e7 ? 2 : 1)} M`;
	if (value >= 1e4)
		return `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)} k`;
	return value >= 100 || Number.isInteger(value)
		? String(Math.round(value)) : value.toFixed(1);
}

function bytes(value) {
	const units = ["B", "KiB", "MiB", "GiB"];
	let unit = 0;

	for (; value >= 1024 && unit < 3; unit++)
		value /= 1024;
	return [value.toFixed(value < 10 && unit > 0 ? 1 : 0), units[unit]];
}

function time(us) {
	if (us === null)
		return ["–", ""];
	if (us < 1000)
		return [String(Math.round(us)), "µs"];
	return us < 1e6 ? [(us / 1e3).toFixed(us < 1e4 ? 1 : 0), "ms"]
		: [(us / 1e6).toFixed(1), "s"];
}

const rate = (name) => (is, was) =>
	(is[name] - was[name]) / ((is.uptime_ms - was.uptime_ms) / 1000);

/*
 * A percentile of a histogram's growth, interpolated linearly within the bucket.
 */
function percentile(name, share) {
	return (is, was) => {
		const { bounds, counts } = is[name];
		const grown = counts.map((n, i) => n - was[name].counts[i]);
		const all = grown.reduce((sum, n) => sum + n, 0);
		let left = all * share;

		if (all === 0)
			return null;
		for (let i = 0; i < grown.length; i++) {
			const low = i > 0 ? bounds[i - 1] : 0;
			if (left <= grown[i])
				return low + ((bounds[i] ?? low) - low) * (left / grown[i]);
			left -= grown[i];
		}
		return bounds[bounds.length - 1];
	};
}

/* --- cards ---------------------------------------------------------------- */

const count = (value) => [short(value), ""];

const cards = [
	{ name: "Connections", of: (is) => is.connections, as: count },
	{ name: "Rooms", of: (is) => is.rooms, as: count },
	{ name: "Messages", of: rate("messages"), as: (v) => [short(v), "/ s"] },
	{ name: "Deliveries", of: rate("deliveries"), as: (v) => [short(v), "/ s"] },
	{ name: "Latency, p50 · p99", of: percentile("latency_us", 0.5),
		second: percentile("latency_us", 0.99), as: time },
	{ name: "Loop lag, p50 · p99", of: percentile("loop_lag_us", 0.5),
		second: percentile("loop_lag_us", 0.99), as: time },
	{ name: "Memory", of: (is) => is.resident_bytes, as: bytes },
	{ name: "Processor", as: (v) => [short(v), "%"],
		of: (is, was) => rate("cpu_ms")(is, was) / 10 },
];

function svg(name, className) {
	const element = document.createElementNS(SVG, name);

	element.setAttribute("class", className);
	return element;
}

function makeCard(card) {
	const plot = svg("svg", "");

	plot.setAttribute("viewBox", `0 0 ${SAMPLES - 1} 100`);
	plot.setAttribute("preserveAspectRatio", "none");
	plot.setAttribute("aria-hidden", "true");
	card.area = svg("path", "area");
	card.paths = [svg("path", "line"), svg("path", "line second")];
	plot.append(card.area, ...card.paths);
	card.now = el("p", { className: "now" });
	card.peak = el("p", { className: "peak quiet" });
	return el("li", {}, el("h2", { textContent: card.name }), card.peak,
		card.now, plot);
}

/* One value per sample; null where there is no difference yet. */
function series(of) {
	return samples.map((is, i) => (i > 0 ? of(is, samples[i - 1]) : null));
}

function pathOf(values, most) {
	const from = SAMPLES - values.length;
	let path = "";
	let up = true;

	values.forEach((value, i) => {
		if (value !== null)
			path += `${up ? "M" : "L"}${from + i} ${(96 - value / most * 90).toFixed(1)}`;
		up = value === null;
	});
	return path;
}

function areaOf(values, most) {
	const filled = values.map((value) => value ?? 0).slice(1);
	const path = pathOf(filled, most);

	return path && `${path}V100H${SAMPLES - filled.length}Z`;
}

function draw(card) {
	const all = [card.of, card.second].filter(Boolean).map(series);
	const most = Math.max(1e-9, ...all.flat().filter((v) => v !== null));

	card.area.setAttribute("d", areaOf(all[0], most));
	card.peak.textContent = most > 1e-9
		? `peak ${card.as(most).join(" ")}` : "";
	card.now.replaceChildren();
	all.forEach((values, i) => {
		const [value, unit] = card.as(values[values.length - 1] ??
			(card.as === time ? null : 0));
		card.paths[i].setAttribute("d", pathOf(values, most));
		card.now.append(i > 0 ? el("small", { textContent: `· ${value} ${unit}` })
			: value, i > 0 ? "" : el("small", { textContent: unit }));
	});
}

function drawRooms({ largest }) {
	const most = Math.max(1, ...largest.map(({ members }) => members));

	$("none").hidden = largest.length > 0;
	$("rooms").replaceChildren(...largest.map(({ name, members }) => {
		const bar = el("span", { className: "bar" });
		bar.style.setProperty("--part", `${100 * members / most}%`);
		return el("li", {},
			el("span", { className: "label", textContent: name }), bar,
			el("span", { className: "count", textContent: short(members) }));
	}));
}

/* --- polling --------------------------------------------------------------- */

function duration(ms) {
	const minutes = Math.floor(ms / 60000);

	if (minutes < 1)
		return `${Math.floor(ms / 1000)} s`;
	if (minutes < 120)
		return `${minutes} min`;
	return minutes < 2880 ? `${Math.floor(minutes / 60)} h`
		: `${Math.floor(minutes / 1440)} days`;
}

function addSample(sample) {
	const last = samples[samples.length - 1];

	if (last && sample.uptime_ms < last.uptime_ms)
		samples.length = 0; /* the server restarted */
	else if (last && sample.uptime_ms === last.uptime_ms)
		return;
	samples.push(sample);
	if (samples.length > SAMPLES)
		samples.shift();
	cards.forEach(draw);
	drawRooms(sample);
	$("state").textContent = `${sample.server}, up for ${duration(sample.uptime_ms)}`;
	document.body.classList.remove("stale");
}

async function poll() {
	try {
		const answer = await fetch("monitor/stats", { cache: "no-store" });
		addSample(await answer.json());
	} catch {
		if (!document.body.classList.contains("stale"))
			$("state").textContent =
				`No response since ${new Date().toLocaleTimeString()}`;
		document.body.classList.add("stale");
	}
	setTimeout(poll, document.hidden ? 10 * INTERVAL_MS : INTERVAL_MS);
}

$("cards").append(...cards.map(makeCard));
poll();
