/* The receiving side of permessage-deflate: RFC 7692 §7.2.2. */
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "transport/ws/ws_deflate.h"

#define BASE_SIZE 16384 /* of the buffer between messages */

struct ws_inflater {
	z_stream stream;
	unsigned ratio;
	size_t floor;
	unsigned char *out;
	size_t capacity;
	bool ended; /* the last block was final */
};

/* §7.2.2 1: the sender omits this at the end. */
static const struct str tail = { "\x00\x00\xff\xff", 4 };

struct ws_inflater *
ws_inflater_create(unsigned ratio, size_t floor)
{
	struct ws_inflater *inflater = calloc(1, sizeof(*inflater));

	if (inflater == NULL)
		return NULL;
	ws_inflater_set_bounds(inflater, ratio, floor);
	inflater->capacity = BASE_SIZE;
	inflater->out = malloc(inflater->capacity);
	if (inflater->out == NULL)
		goto free_inflater;
	/* Negative: without the zlib header. Clients may use the largest
	 * window. */
	if (inflateInit2(&inflater->stream, -MAX_WBITS) != Z_OK)
		goto free_out;
	return inflater;

free_out:
	free(inflater->out);
free_inflater:
	free(inflater);
	return NULL;
}

void
ws_inflater_set_bounds(struct ws_inflater *inflater, unsigned ratio,
    size_t floor)
{
	inflater->ratio = ratio;
	inflater->floor = floor;
}

void
ws_inflater_destroy(struct ws_inflater *inflater)
{
	if (inflater == NULL)
		return;
	inflateEnd(&inflater->stream);
	free(inflater->out);
	free(inflater);
}

static bool
inflater_resize(struct ws_inflater *inflater, size_t capacity)
{
	unsigned char *out = realloc(inflater->out, capacity);

	if (out == NULL)
		return false;
	inflater->out = out;
	inflater->capacity = capacity;
	return true;
}

/* The largest result for `len` bytes of input: `most`, or less for a bomb. */
static size_t
inflate_bound(const struct ws_inflater *inflater, size_t len, size_t most)
{
	size_t bomb = SIZE_MAX;

	if (inflater->ratio != 0 && len <= SIZE_MAX / inflater->ratio)
		bomb = len * inflater->ratio;
	if (bomb < inflater->floor)
		bomb = inflater->floor;
	return bomb < most ? bomb : most;
}

/*
 * Makes space for output. One byte beyond `most` detects that the message is
 * longer.
 */
static enum ws_inflate_result
inflater_reserve(struct ws_inflater *inflater, size_t produced, size_t most)
{
	size_t capacity = inflater->capacity, room;

	if (produced > most)
		return WS_INFLATE_TOO_BIG;
	if (produced == capacity) {
		capacity = capacity <= SIZE_MAX / 2 ? 2 * capacity : SIZE_MAX;
		if (capacity - 1 > most)
			capacity = most + 1;
		if (!inflater_resize(inflater, capacity))
			return WS_INFLATE_NO_MEMORY;
	}
	room = capacity - produced;
	if (room - 1 > most - produced)
		room = most - produced + 1;
	inflater->stream.next_out = inflater->out + produced;
	inflater->stream.avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
	return WS_INFLATE_OK;
}

/* One call of inflate(). */
static enum ws_inflate_result
inflater_step(struct ws_inflater *inflater)
{
	z_stream *stream = &inflater->stream;

	/*
	 * §7.2.3.4, §7.2.3.5: a message may continue after a final block, and
	 * refer to data before it: keep the window.
	 */
	if (inflater->ended)
		inflateResetKeep(stream);
	inflater->ended = false;
	switch (inflate(stream, Z_SYNC_FLUSH)) {
	case Z_STREAM_END:
		inflater->ended = true;
		return WS_INFLATE_OK;
	case Z_OK:
	case Z_BUF_ERROR: /* no progress was possible: not an error */
		return WS_INFLATE_OK;
	case Z_MEM_ERROR:
		return WS_INFLATE_NO_MEMORY;
	default:
		return WS_INFLATE_BAD;
	}
}

/* Inflates a piece of the message. */
static enum ws_inflate_result
inflater_feed(struct ws_inflater *inflater, struct str piece, size_t most,
    size_t *produced)
{
	z_stream *stream = &inflater->stream;
	enum ws_inflate_result result;

	do {
		if (stream->avail_in == 0) {
			stream->next_in = (z_const Bytef *)piece.data;
			stream->avail_in =
			    piece.len < UINT_MAX ? (uInt)piece.len : UINT_MAX;
			piece.data += stream->avail_in;
			piece.len -= stream->avail_in;
		}
		result = inflater_reserve(inflater, *produced, most);
		if (result == WS_INFLATE_OK)
			result = inflater_step(inflater);
		*produced = (size_t)(stream->next_out - inflater->out);
	} while (result == WS_INFLATE_OK &&
		 (stream->avail_in > 0 || stream->avail_out == 0 ||
		     piece.len > 0));
	return result;
}

/* At the end of a block and of a byte: data_type in zlib.h, inflate(). */
static bool
is_at_end(const struct ws_inflater *inflater)
{
	return inflater->ended || inflater->stream.data_type == 128;
}

enum ws_inflate_result
ws_inflater_run(struct ws_inflater *inflater, struct str message, size_t most,
    char **out, size_t *out_len)
{
	size_t produced = 0, limit = inflate_bound(inflater, message.len, most);
	enum ws_inflate_result result = WS_INFLATE_OK;

	if (inflater->capacity > BASE_SIZE)
		(void)inflater_resize(inflater, BASE_SIZE);
	inflateReset(&inflater->stream);
	inflater->stream.avail_in = 0;
	inflater->ended = false;
	/* Some clients send an empty message as nothing at all. */
	if (message.len > 0) {
		result = inflater_feed(inflater, message, limit, &produced);
		if (result == WS_INFLATE_OK)
			result =
			    inflater_feed(inflater, tail, limit, &produced);
		if (result == WS_INFLATE_OK && !is_at_end(inflater))
			result = WS_INFLATE_BAD;
	}
	*out = (char *)inflater->out;
	*out_len = produced;
	return result;
}
