/*
 * One file on its way to the server, by tus 1.0: it is created, and its bytes
 * follow. After a lost connection the server is asked how many have arrived.
 */

const REFUSALS = {
	file_too_large: "The file is too large",
	file_type_refused: "Files of this type are not allowed",
	quota_reached: "Your files take all the space you have",
	files_full: "The server has no space for more files",
	unauthorized: "You may not send files",
	forbidden: "You may not send files",
};
const FINAL = [413, 415]; /* the same file is refused again */
const UNFINISHED = "The upload failed: no connection";
const PAUSES_MS = [500, 1000, 2000, 4000, 8000]; /* without any progress */
const TUS = { "Tus-Resumable": "1.0.0" };

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

/** UTF-8 in base64, as in Upload-Metadata. */
const metadata = (text) =>
	btoa(String.fromCharCode(...new TextEncoder().encode(text)));

const pause = (ms) => new Promise((resolve) => {
	setTimeout(resolve, ms);
});

export class Upload {
	/** "uploading", "done" or "failed". */
	state = "uploading";
	progress = 0; /* 0 to 1 */
	error = "";
	isFinal = false; /* it fails again */
	isWaiting = false; /* it is sent once it is uploaded */
	/** @type {any} the server's description of the file; it may be unfinished */
	answer = null;
	sides = {}; /* of a picture: width, height */
	previewed = Promise.resolve(); /* the sides are known */
	finished = Promise.resolve(); /* uploaded, or not */
	/** @type {?XMLHttpRequest} */
	#request = null;
	#isCancelled = false;
	#onChange;

	/**
	 * @param {File} file
	 * @param {(upload: Upload) => void} onChange
	 */
	constructor(file, onChange) {
		this.file = file;
		this.#onChange = onChange;
	}

	/**
	 * Begins, or goes on where an earlier start has failed. `finished` is
	 * resolved at the end, whatever it is.
	 */
	start() {
		Object.assign(this, { state: "uploading", error: "" });
		this.finished = this.#run();
	}

	async #run() {
		const failed = await this.#create() ?? await this.#sendBytes() ??
			await this.#complete();

		if (this.#isCancelled) {
			this.#remove();
			return;
		}
		this.state = failed ? "failed" : "done";
		if (failed) {
			this.error = failed.status === 0 ? UNFINISHED : refusalOf(failed);
			this.isFinal = FINAL.includes(failed.status);
			if (failed.status === 404)
				this.answer = null; /* the server has nothing of it */
		}
		this.#onChange(this);
	}

	/* Each of these resolves with the request that has failed, or null. */

	async #create() {
		if (this.answer)
			return null;
		const { name, type, size } = this.file;
		const request = await this.#ask("POST", "v1/files", { ...TUS,
			"Upload-Length": String(size),
			"Upload-Metadata": `filename ${metadata(name)},filetype ` +
				metadata(type || "application/octet-stream"),
		});

		if (request.status !== 201)
			return request;
		this.answer = answerOf(request);
		return null;
	}

	async #sendBytes() {
		const { size } = this.file;
		let offset = this.answer.offset;

		for (let failures = 0; offset < size && !this.#isCancelled;) {
			const request = await this.#ask("PATCH", this.#path, { ...TUS,
				"Content-Type": "application/offset+octet-stream",
				"Upload-Offset": String(offset),
			}, this.file.slice(offset));

			if (request.status === 204)
				return null;
			/* The server may still have read from a connection that broke. */
			if (![0, 409].includes(request.status) || failures === PAUSES_MS.length)
				return request;
			await pause(PAUSES_MS[failures]);
			const arrived = await this.#askOffset();
			failures = arrived > offset ? 0 : failures + 1;
			offset = Math.max(offset, arrived);
			this.answer.offset = offset;
		}
		return null;
	}

	/* 0: the server cannot be asked. */
	async #askOffset() {
		const request = await this.#ask("HEAD", this.#path, TUS);

		return request.status === 200
			? Number(request.getResponseHeader("Upload-Offset")) : 0;
	}

	/* The type is known when all bytes are there. */
	async #complete() {
		const request = await this.#ask("HEAD", this.#path, {});

		if (request.status !== 200)
			return request;
		this.answer.type = request.getResponseHeader("Content-Type") ?? this.answer.type;
		return null;
	}

	/** @returns {Promise<XMLHttpRequest>} it has ended; status 0: without an answer */
	#ask(method, path, headers, body = null) {
		const request = new XMLHttpRequest();
		const { size } = this.file;

		this.#request = request;
		request.open(method, new URL(path, document.baseURI));
		for (const [name, value] of Object.entries(headers))
			request.setRequestHeader(name, value);
		if (body)
			request.upload.onprogress = ({ loaded }) => {
				this.progress = (size - body.size + loaded) / size;
				this.#onChange(this);
			};
		return new Promise((resolve) => {
			request.onloadend = () => resolve(request);
			request.send(body);
		});
	}

	get #path() {
		const { id, key } = this.answer;

		return `v1/files/${id}${key ? `?key=${key}` : ""}`;
	}

	#remove() {
		if (this.answer)
			fetch(new URL(this.#path, document.baseURI),
				{ method: "DELETE" }).catch(() => {}); /* it expires */
	}

	/** Ends it, and removes what the server has of it. */
	cancel() {
		this.#isCancelled = true;
		if (this.state === "uploading")
			this.#request?.abort();
		else
			this.#remove();
	}

	/** The part of a message that shares it. */
	get part() {
		const { id, key, name, type, size, url } = this.answer;

		return { id, key, name, type, size, url, ...this.sides };
	}
}
