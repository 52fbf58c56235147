/* Files that are chosen, pasted or dropped, above the message box until they are sent. */

import { sizeText } from "./attachments.js";
import { page } from "./conversations.js";
import { $, el } from "./elements.js";
import { announce } from "./statusbar.js";
import { Upload } from "./upload.js";

const PREVIEW_PX = 48;
const PREVIEW_BYTES = 32e6; /* larger pictures take long to decode */

const list = $("uploads");
const items = new WeakMap(); /* upload → its element */

/* --- shown ------------------------------------------------------------ */

function showUpload(upload) {
	const item = items.get(upload);
	const bar = item.querySelector("progress");

	bar.hidden = upload.state !== "uploading";
	bar.value = upload.progress;
	item.querySelector(".bad").textContent = upload.error && `${upload.error}.`;
	item.querySelector(".again").hidden = upload.state !== "failed" || upload.isFinal;
	item.querySelector(".note").hidden = !upload.isWaiting || upload.state !== "uploading";
}

function onChange(upload) {
	const before = items.get(upload).querySelector(".bad").textContent;

	showUpload(upload);
	if (upload.error && !before)
		announce(`${upload.file.name}: ${upload.error}`);
}

/** Shows the files of the current conversation. */
export function showTray() {
	list.replaceChildren(...page.current.uploads.map((upload) => items.get(upload)));
	list.hidden = page.current.uploads.length === 0;
}

/* A picture that the browser can decode, scaled down. */
async function addPreview(upload) {
	const { file } = upload;

	if (!file.type.startsWith("image/") || file.size > PREVIEW_BYTES)
		return;
	const bitmap = await createImageBitmap(file);
	const { width, height } = bitmap;
	const scale = PREVIEW_PX / Math.max(width, height, PREVIEW_PX);
	const canvas = el("canvas", {
		width: Math.max(1, Math.round(width * scale)),
		height: Math.max(1, Math.round(height * scale)),
		at: { "aria-hidden": "true" },
	});

	canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
	bitmap.close();
	upload.sides = { width, height };
	items.get(upload).prepend(canvas);
}

function create(target, upload) {
	const { name, size } = upload.file;
	const label = { at: { "aria-label": `Upload of ${name}` }, max: 1 };

	return el("li", {},
		el("div", {},
			el("p", {}, el("span", { className: "label", textContent: name }),
				el("span", { className: "quiet", textContent: ` ${sizeText(size)}` })),
			el("progress", label),
			el("p", { className: "note quiet", textContent: "Is sent once it is uploaded",
				hidden: true }),
			el("p", { className: "bad" })),
		el("button", { type: "button", className: "again", textContent: "Retry",
			onclick: () => start(upload) }),
		el("button", { type: "button", className: "icon", textContent: "✕",
			at: { "aria-label": `Remove ${name}` },
			onclick: () => remove(target, upload) }));
}

/* --- changed ---------------------------------------------------------- */

function start(upload) {
	upload.isWaiting = false;
	upload.start();
	showUpload(upload);
}

function discard(target, upload) {
	target.uploads = target.uploads.filter((one) => one !== upload);
	showTray();
}

function remove(target, upload) {
	upload.cancel();
	discard(target, upload);
	$("text").focus();
}

/** Uploads files, to be sent to the current conversation. */
export function addFiles(files) {
	const target = page.current;

	for (const file of files) {
		const upload = new Upload(file, onChange);

		items.set(upload, create(target, upload));
		target.uploads.push(upload);
		upload.previewed = addPreview(upload).catch(() => {}); /* not a picture */
		start(upload);
	}
	showTray();
}

/** Those that can be sent. */
export const hasUploads = (target) =>
	target.uploads.some(({ state, isWaiting }) => state !== "failed" && !isWaiting);

/**
 * The parts of messages that share the files, when all are uploaded. Those that
 * failed stay.
 */
export async function takeUploads(target) {
	const taken = target.uploads.filter(({ state, isWaiting }) =>
		state !== "failed" && !isWaiting);

	for (const upload of taken) {
		upload.isWaiting = true;
		showUpload(upload);
	}
	await Promise.all(taken.flatMap(({ finished, previewed }) => [finished, previewed]));
	const done = taken.filter((upload) =>
		upload.state === "done" && target.uploads.includes(upload));
	for (const upload of done)
		discard(target, upload);
	return done.map(({ part }) => part);
}

/* --- the ways to choose files --------------------------------------------- */

const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

export function prepareTray() {
	const room = $("room");
	const input = $("files");

	$("attach").onclick = () => input.click();
	input.onchange = () => {
		addFiles(input.files);
		input.value = "";
		$("text").focus();
	};
	$("text").addEventListener("paste", (event) => {
		const { files, types } = event.clipboardData;

		if (files.length === 0 || types.includes("text/plain"))
			return;
		event.preventDefault();
		addFiles(files);
	});
	room.addEventListener("dragover", (event) => {
		if (!hasFiles(event))
			return;
		event.preventDefault();
		room.classList.add("dropping");
	});
	room.addEventListener("dragleave", ({ relatedTarget }) => {
		if (!(relatedTarget instanceof Node) || !room.contains(relatedTarget))
			room.classList.remove("dropping");
	});
	room.addEventListener("drop", (event) => {
		room.classList.remove("dropping");
		if (!hasFiles(event))
			return;
		event.preventDefault();
		addFiles(event.dataTransfer.files);
	});
}
