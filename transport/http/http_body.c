#include "transport/http/http_body.h"

#include "transport/http/http.h"

/* The most digits of a chunk's size: 2 GiB and more are refused. */
#define SIZE_DIGITS 8

/* Chunk extensions and trailers are ignored, up to this size. */
#define FRAMING_MOST 4096

enum body_state {
	BODY_LENGTH,       /* `remaining` bytes */
	BODY_SIZE,         /* the hexadecimal size of a chunk */
	BODY_EXTENSION,    /* what may follow it on its line */
	BODY_SIZE_LF,      /* the end of that line */
	BODY_CHUNK,        /* `remaining` bytes of a chunk */
	BODY_CHUNK_CR,     /* the line end behind it */
	BODY_CHUNK_LF,     /* … */
	BODY_TRAILER,      /* a line of the trailer begins, or the last one */
	BODY_TRAILER_LINE, /* the rest of such a line */
	BODY_TRAILER_LF,   /* the end of that line */
	BODY_LAST_LF,      /* the end of the empty line */
	BODY_DONE
};

void
http_body_init_length(struct http_body *body, uint64_t length)
{
	*body = (struct http_body){
		.remaining = length,
		.most = length,
		.state = length == 0 ? BODY_DONE : BODY_LENGTH,
	};
}

void
http_body_init_chunked(struct http_body *body, uint64_t most)
{
	*body = (struct http_body){ .most = most, .state = BODY_SIZE };
}

bool
http_body_is_whole(const struct http_body *body)
{
	return body->state == BODY_DONE;
}

static enum http_body_result
read_size(struct http_body *body, char c)
{
	int digit = http_hex_digit(c);

	if (digit >= 0) {
		if (body->digits++ == SIZE_DIGITS)
			return HTTP_BODY_BAD;
		body->remaining = body->remaining << 4 | (uint64_t)digit;
		return HTTP_BODY_MORE;
	}
	if (body->digits == 0)
		return HTTP_BODY_BAD;
	if (body->remaining > body->most - body->received)
		return HTTP_BODY_TOO_LARGE;
	if (c != ';' && c != '\r')
		return HTTP_BODY_BAD;
	body->state = c == ';' ? BODY_EXTENSION : BODY_SIZE_LF;
	return HTTP_BODY_MORE;
}

/* A character of a line that is ignored: visible, blank, beyond ASCII. */
static bool
is_ignored(char c)
{
	return ((uint8_t)c >= ' ' && c != 0x7f) || c == '\t';
}

static enum http_body_result
body_expect(struct http_body *body, char c, char wanted, enum body_state next)
{
	if (c != wanted)
		return HTTP_BODY_BAD;
	body->state = (uint8_t)next;
	return HTTP_BODY_MORE;
}

/* A trailer has the form of a header, and is ignored. */
static enum http_body_result
read_trailer(struct http_body *body, char c)
{
	if (c == '\r' && body->has_name)
		return body_expect(body, c, '\r', BODY_TRAILER_LF);
	if (body->has_name)
		return is_ignored(c) ? HTTP_BODY_MORE : HTTP_BODY_BAD;
	if (body->state == BODY_TRAILER_LINE && c == ':') {
		body->has_name = true;
		return HTTP_BODY_MORE;
	}
	if (body->state == BODY_TRAILER && c == '\r')
		return body_expect(body, c, '\r', BODY_LAST_LF);
	body->state = BODY_TRAILER_LINE;
	return http_is_token_char(c) ? HTTP_BODY_MORE : HTTP_BODY_BAD;
}

/* Reads one byte outside of chunk data: sizes, line ends, trailers. */
static enum http_body_result
read_framing(struct http_body *body, char c)
{
	switch ((enum body_state)body->state) {
	case BODY_SIZE:
		return read_size(body, c);
	case BODY_EXTENSION:
		if (c == '\r')
			return body_expect(body, c, '\r', BODY_SIZE_LF);
		return is_ignored(c) ? HTTP_BODY_MORE : HTTP_BODY_BAD;
	case BODY_SIZE_LF:
		body->digits = 0;
		return body_expect(body, c, '\n',
		    body->remaining > 0 ? BODY_CHUNK : BODY_TRAILER);
	case BODY_CHUNK_CR:
		return body_expect(body, c, '\r', BODY_CHUNK_LF);
	case BODY_CHUNK_LF:
		return body_expect(body, c, '\n', BODY_SIZE);
	case BODY_TRAILER:
	case BODY_TRAILER_LINE:
		return read_trailer(body, c);
	case BODY_TRAILER_LF:
		body->has_name = false;
		return body_expect(body, c, '\n', BODY_TRAILER);
	case BODY_LAST_LF:
		return body_expect(body, c, '\n', BODY_DONE);
	case BODY_LENGTH:
	case BODY_CHUNK:
	case BODY_DONE:
		break;
	}
	return HTTP_BODY_BAD;
}

static bool
counts_as_framing(const struct http_body *body)
{
	return body->state == BODY_EXTENSION || body->state == BODY_TRAILER ||
	       body->state == BODY_TRAILER_LINE;
}

static enum http_body_result
take_piece(struct http_body *body, const char *data, size_t len, size_t *used,
    struct str *piece)
{
	size_t take = len < body->remaining ? len : (size_t)body->remaining;

	*piece = str_slice(data, take);
	*used += take;
	body->remaining -= take;
	body->received += take;
	if (body->remaining == 0)
		body->state =
		    body->state == BODY_LENGTH ? BODY_DONE : BODY_CHUNK_CR;
	return HTTP_BODY_PIECE;
}

enum http_body_result
http_body_feed(struct http_body *body, const char *data, size_t len,
    size_t *used, struct str *piece)
{
	enum http_body_result result;

	*used = 0;
	while (body->state != BODY_DONE && *used < len) {
		if (body->state == BODY_LENGTH || body->state == BODY_CHUNK)
			return take_piece(body, data + *used, len - *used, used,
			    piece);
		if (counts_as_framing(body) && ++body->framing > FRAMING_MOST)
			return HTTP_BODY_BAD;
		result = read_framing(body, data[(*used)++]);
		if (result != HTTP_BODY_MORE)
			return result;
	}
	return body->state == BODY_DONE ? HTTP_BODY_END : HTTP_BODY_MORE;
}
