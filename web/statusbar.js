/* The status bar above the messages, and announcements to screen readers. */

import { $, setText } from "./elements.js";

export const statusbar = {
	timer: 0,

	show(text, { until = 0, retry = false, forMs = 0 } = {}) {
		const [label, countdown, button] = $("statusbar").children;

		clearInterval(this.timer);
		$("statusbar").hidden = !text;
		setText(label, text);
		if (text)
			announce(text);
		setText(countdown, "");
		button.hidden = !retry;
		if (forMs)
			this.timer = setTimeout(() => this.show(""), forMs);
		if (until)
			this.timer = setInterval(() => setText(countdown,
				`Next attempt in ${Math.max(0, Math.ceil((until - Date.now()) / 1000))} s.`),
			250);
	},
};

/* Announcements within 400 ms are read out together. */
let announced = [];
export function announce(text) {
	if (announced.push(text) > 1)
		return;
	setTimeout(() => {
		$("announce").textContent = announced.slice(-5).join(". ");
		announced = [];
	}, 400);
}
