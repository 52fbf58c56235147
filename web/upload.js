/* One file on its way to the server. */

const REFUSALS = {
	file_too_large: "The file is too large",
	file_type_refused: "Files of this type are not allowed",
	quota_reached: "Your files take all the space you have",
	files_full: "The server has no space for more files",
	unauthorized: "You may not send files",
	forbidden: "You may not send files",
};
const UNFINISHED = "The upload failed: no connection";

/* The answer of the server as JSON; null if it is none. */
function answerOf(request) {
	try {
		return JSON.parse(request.responseText);
	} catch {
		return null;
	}
}

function refusalOf(request) {
	const answer = answerOf(request);

	if (!answer && [404, 413].includes(request.status))
		return "This server takes no files";
	return REFUSALS[answer?.error] ??
		`The upload failed: the server answered with ${request.status}`;
}

export class Upload {
	/** "uploading", "done" or "failed". */
	state = "uploading";
	progress = 0; /* 0 to 1 */
	error = "";
	isWaiting = false; /* it is sent once it is uploaded */
	/** @type {any} what the server says of the file */
	answer = null;
	sides = {}; /* of a picture: width, height */
	previewed = Promise.resolve(); /* the sides are known */
	finished = Promise.resolve(); /* uploaded, or not */
	#request = null;
	#onChange;

	/**
	 * @param {File} file
	 * @param {(upload: Upload) => void} onChange
	 */
	constructor(file, onChange) {
		this.file = file;
		this.#onChange = onChange;
	}

	/** `finished` is resolved at the end, whatever it is. */
	start() {
		const request = new XMLHttpRequest();
		const path = `v1/files?name=${encodeURIComponent(this.file.name)}`;

		Object.assign(this, { state: "uploading", progress: 0, error: "" });
		this.#request = request;
		request.open("POST", new URL(path, document.baseURI));
		request.setRequestHeader("Content-Type",
			this.file.type || "application/octet-stream");
		request.upload.onprogress = ({ loaded, total }) => {
			this.progress = total > 0 ? loaded / total : 0;
			this.#onChange(this);
		};
		this.finished = new Promise((resolve) => {
			request.onloadend = () => resolve();
		}).then(() => this.#end(request));
		request.send(this.file);
	}

	#end(request) {
		const isDone = request.status === 201;

		this.state = isDone ? "done" : "failed";
		this.answer = isDone ? answerOf(request) : null;
		if (!isDone)
			this.error = request.status === 0 ? UNFINISHED : refusalOf(request);
		this.#onChange(this);
	}

	/** Ends it; a file that is stored already is removed. */
	cancel() {
		this.#request?.abort();
		if (this.answer)
			fetch(new URL(`v1${this.answer.url.split("/v1")[1]}`, document.baseURI),
				{ method: "DELETE" }).catch(() => {}); /* it expires */
	}

	/** The part of a message that shares it. */
	get part() {
		const { id, key, name, type, size, url } = this.answer;

		return { id, key, name, type, size, url, ...this.sides };
	}
}
