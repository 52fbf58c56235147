/* How far a conversation has been read: `seq` is 0 where messages have none. */

export class ReadState {
	top = 0; /* the newest message */
	read = 0; /* the newest that was read, here or on another device */
	unread = 0;

	/** As the server counts; messages of our own count as unread there. */
	load({ seq, read, unread }) {
		Object.assign(this, { top: seq, read, unread });
	}

	/** A message: unread unless it is seen at once, or our own. */
	add({ seq = 0, own }, isSeen) {
		this.top = Math.max(this.top, seq);
		if (isSeen)
			this.readAll();
		else if (!own)
			this.unread++;
	}

	/** @returns {boolean} whether there is anything new to report to the server */
	readAll() {
		const moved = this.read < this.top;

		this.read = this.top;
		this.unread = 0;
		return moved;
	}

	/** Another device has read up to there. */
	readElsewhere(seq) {
		if (seq <= this.read)
			return;
		this.read = Math.min(seq, this.top);
		this.unread = Math.min(this.unread, this.top - this.read);
	}

	/** The numbering has restarted. */
	reset() {
		Object.assign(this, { top: 0, read: 0 });
	}
}
