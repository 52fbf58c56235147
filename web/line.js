/* The quiet line above the messages, and what is read out to who can't see. */

import { $ } from "./elements.js";
import { say } from "./side.js";

export const line = {
	timer: 0,

	say(what, { until = 0, retry = false, forMs = 0 } = {}) {
		const [words, countdown, button] = $("line").children;

		clearInterval(this.timer);
		$("line").hidden = !what;
		say(words, what);
		if (what)
			announce(what);
		say(countdown, "");
		button.hidden = !retry;
		if (forMs)
			this.timer = setTimeout(() => this.say(""), forMs);
		if (until)
			this.timer = setInterval(() => say(countdown,
				`Next try in ${Math.max(0, Math.ceil((until - Date.now()) / 1000))} s.`),
			250);
	},
};

/* Several in a moment are read out together. */
let announced = [];
export function announce(what) {
	if (announced.push(what) > 1)
		return;
	setTimeout(() => {
		$("announce").textContent = announced.slice(-5).join(". ");
		announced = [];
	}, 400);
}
