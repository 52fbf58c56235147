/* Dialogs: forms in the page that are shown above it. */

import { $ } from "./elements.js";

/**
 * Returns a function that opens a dialog; errors of `submit` are shown in it.
 *
 * @param {string} id
 * @param {(...subject: any[]) => void} prepare  is given what it is opened with
 * @param {() => Promise<void>} submit
 */
export function makeDialog(id, prepare, submit) {
	const dialog = $(id);
	const [form] = dialog.children;
	const alert = form.querySelector(".bad");

	form.querySelector("[value=cancel]").onclick = () => dialog.close();
	form.onsubmit = async (event) => {
		event.preventDefault();
		try {
			await submit();
			dialog.close();
		} catch (error) {
			alert.textContent = `${error.message}.`;
		}
	};
	return (...subject) => {
		form.reset();
		alert.textContent = "";
		prepare(...subject);
		dialog.showModal();
	};
}
