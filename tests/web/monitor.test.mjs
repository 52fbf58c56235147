import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fakes.mjs";

const { axisEnd, percentile, POINTS, rate, RANGES, Samples } = await load("monitor_samples.js");
const { bytes, duration, short, time } = await load("monitor_numbers.js");

const messages = rate((is) => is.messages);
const at = (uptime_ms, count = 0) => ({ uptime_ms, messages: count });

test("a point is a second, and two minutes are kept", () => {
	const samples = new Samples(RANGES[0]);

	for (let i = 0; i <= 300; i++)
		samples.add(at(i * 1000, i * 5));
	assert.equal(samples.items.length, POINTS + 1);
	assert.deepEqual(samples.series(messages), Array(POINTS).fill(5));
});

test("an hour has a point for every 30 seconds", () => {
	const samples = new Samples(RANGES[1]);

	for (let i = 0; i <= 3700; i++)
		samples.add(at(i * 1000, i));
	assert.equal(samples.items.length, POINTS + 1);
	assert.deepEqual(samples.series(messages), Array(POINTS).fill(1));
});

test("what was not asked for is a gap", () => {
	const samples = new Samples(RANGES[0]);

	for (const seconds of [0, 1, 2, 10, 11])
		samples.add(at(seconds * 1000));
	const known = samples.series(messages).map((value) => value !== null);
	assert.deepEqual(known.slice(-12), [false, true, true, false, false, false, false, false,
		false, false, true, true]);
});

test("a sample that is late leaves no gap", () => {
	const samples = new Samples(RANGES[0]);

	for (const ms of [0, 1000, 2600, 3600, 5400, 6400])
		samples.add(at(ms));
	assert.deepEqual(samples.series(messages).slice(-6), Array(6).fill(0));
});

test("a server that restarts begins anew", () => {
	const samples = new Samples(RANGES[0]);

	samples.add(at(50000, 9));
	samples.add(at(1000, 0));
	assert.deepEqual(samples.items, [at(1000, 0)]);
});

test("percentiles are those of the growth", () => {
	const sample = (counts) => ({ latency: { bounds: [10, 20, 40], counts } });
	const p50 = percentile((is) => is.latency, 0.5);
	const p99 = percentile((is) => is.latency, 0.99);
	const was = sample([90, 0, 0, 0]);

	assert.equal(p50(sample([90, 0, 0, 0]), was), null);
	assert.equal(p50(sample([90, 10, 0, 0]), was), 15);
	assert.equal(p99(sample([90, 0, 100, 0]), was), 39.8);
	assert.equal(p99(sample([90, 0, 0, 1]), was), 40);
});

test("an axis ends at a round number", () => {
	assert.deepEqual([0.4, 1, 1.1, 2, 4.5, 5.1, 99, 100, 1234].map((n) => axisEnd(n)),
		[0.5, 1, 2, 2, 5, 10, 100, 100, 2000]);
	assert.deepEqual([1, 600, 1024, 7.9 * 2 ** 20, 900 * 2 ** 20].map((n) => axisEnd(n, true)),
		[1, 1000, 1024, 10 * 2 ** 20, 1000 * 2 ** 20]);
});

test("numbers are short, and have their units", () => {
	assert.deepEqual([0, 9.96, 123.4, 12345, 1234567].map(short),
		["0", "10.0", "123", "12.3 k", "1.23 M"]);
	assert.deepEqual([512, 1536, 5 * 1024 ** 4].map(bytes),
		[["512", "B"], ["1.5", "KiB"], ["5.0", "TiB"]]);
	assert.deepEqual([null, 999, 1500, 2.5e6].map(time),
		[["–", ""], ["999", "µs"], ["1.5", "ms"], ["2.5", "s"]]);
	assert.deepEqual([1000, 90000, 3 * 3600e3, 3 * 86400e3].map(duration),
		["1 s", "1 min", "3 h", "3 days"]);
});
