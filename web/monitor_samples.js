/* What the monitor keeps of the server's statistics, and what it makes of them. */

/** The ranges that can be shown; the points of each are so far apart. */
export const RANGES = [
	{ name: "2 minutes", every_ms: 1000 },
	{ name: "1 hour", every_ms: 30000 },
];
export const POINTS = 120;
const JITTER_MS = 500; /* polls are not that punctual */

/**
 * Samples of one range, oldest first; counters of a sample are totals.
 */
export class Samples {
	/** @type {any[]} */
	items = [];

	/** @param {{every_ms: number}} range */
	constructor({ every_ms }) {
		this.every_ms = every_ms;
	}

	/** A point more, unless it is too early; a restart of the server begins anew. */
	add(sample) {
		const last = this.items[this.items.length - 1];

		if (last && sample.uptime_ms < last.uptime_ms)
			this.items.length = 0;
		else if (last && sample.uptime_ms - last.uptime_ms < this.every_ms - JITTER_MS)
			return;
		this.items.push(sample);
		if (this.items.length > POINTS + 1)
			this.items.shift();
	}

	/**
	 * A value for each point, by its age: the last one is now. Null: there is no
	 * sample, or none before it. A sample that came late counts for two points.
	 *
	 * @param {(is: any, was: any) => ?number} of
	 * @returns {?number[]}
	 */
	series(of) {
		const values = Array(POINTS).fill(null);
		const now = this.items[this.items.length - 1]?.uptime_ms ?? 0;

		for (let i = 1; i < this.items.length; i++) {
			const at = this.#point(this.items[i], now);
			const before = this.#point(this.items[i - 1], now);

			for (let point = before === at - 2 ? at - 1 : at; point <= at; point++)
				if (point >= 0)
					values[point] = of(this.items[i], this.items[i - 1]);
		}
		return values;
	}

	#point({ uptime_ms }, now) {
		return POINTS - 1 - Math.round((now - uptime_ms) / this.every_ms);
	}
}

/** The growth of a counter in a second. */
export const rate = (get) => (is, was) =>
	(get(is) - get(was)) / ((is.uptime_ms - was.uptime_ms) / 1000);

/**
 * A percentile of a histogram's growth, interpolated linearly within the bucket.
 * What is beyond the last bound counts as that. Null: there was nothing.
 */
export function percentile(get, share) {
	return (is, was) => {
		const { bounds, counts } = get(is);
		const before = get(was).counts;
		const grown = counts.map((n, i) => n - before[i]);
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

/**
 * The end of an axis: 1, 2 or 5 times a power of ten, at least the value; of bytes
 * in their unit.
 */
export function axisEnd(most, isOfBytes = false) {
	const unit = isOfBytes ? 1024 ** Math.floor(Math.log2(most) / 10) : 1;
	const power = unit * 10 ** Math.floor(Math.log10(most / unit));

	return [1, 2, 5, 10].map((n) => n * power).find((end) => end >= most * (1 - 1e-9));
}
