/* Numbers of the monitor, each as its text and its unit. */

/** 1234567 → "1.23 M" */
export function short(value) {
	if (value >= 1e6)
		return `${(value / 1e6).toFixed(value < 1e7 ? 2 : 1)} M`;
	if (value >= 1e4)
		return `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)} k`;
	return value >= 100 || Number.isInteger(value)
		? String(Math.round(value)) : value.toFixed(1);
}

export const count = (value) => [short(value), ""];
export const perSecond = (value) => [short(value), "/ s"];
export const percent = (value) => [short(value), "%"];

export function bytes(value) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let unit = 0;

	for (; value >= 1024 && unit < units.length - 1; unit++)
		value /= 1024;
	return [value.toFixed(value < 10 && unit > 0 ? 1 : 0), units[unit]];
}

/** Of microseconds; null: there were none. */
export function time(us) {
	if (us === null)
		return ["–", ""];
	if (us < 1000)
		return [String(Math.round(us)), "µs"];
	return us < 1e6 ? [(us / 1e3).toFixed(us < 1e4 ? 1 : 0), "ms"]
		: [(us / 1e6).toFixed(1), "s"];
}

export function duration(ms) {
	const minutes = Math.floor(ms / 60000);

	if (minutes < 1)
		return `${Math.floor(ms / 1000)} s`;
	if (minutes < 120)
		return `${minutes} min`;
	return minutes < 2880 ? `${Math.floor(minutes / 60)} h`
		: `${Math.floor(minutes / 1440)} days`;
}
