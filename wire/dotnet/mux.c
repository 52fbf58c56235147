#include "wire/dotnet/mux.h"

#include <assert.h>

#define MAGIC_BYTES 4

static const uint8_t hello[MUX_HELLO_BYTES] = { 0x2f, 0xdf, 0x1d, 0x50 };

/* --- reading -------------------------------------------------------------- */

/* Collects up to `size` bytes. False: some are missing. */
static bool
mux_head_read(struct mux_reader *reader, struct str *input, size_t size)
{
	size_t len = size - reader->head_len;

	if (len > input->len)
		len = input->len;
	str_put((char *)reader->head + reader->head_len,
	    str_slice(input->data, len));
	reader->head_len = (uint8_t)(reader->head_len + len);
	*input = str_slice(input->data + len, input->len - len);
	return reader->head_len == size;
}

/* A peer that speaks something else is found with its first byte. */
static enum mux_result
mux_hello_read(struct mux_reader *reader, struct str *input)
{
	bool is_whole = mux_head_read(reader, input, MUX_HELLO_BYTES);
	size_t magic =
	    reader->head_len < MAGIC_BYTES ? reader->head_len : MAGIC_BYTES;

	if (memcmp(reader->head, hello, magic) != 0)
		return MUX_BAD_MAGIC;
	if (!is_whole)
		return MUX_SHORT;
	if (memcmp(reader->head, hello, MUX_HELLO_BYTES) == 0)
		return MUX_NO_ODD;
	reader->has_hello = true;
	reader->head_len = 0;
	return MUX_HELLO;
}

static enum mux_result
mux_frame_read(struct mux_reader *reader, struct str *input)
{
	const uint8_t *head = reader->head;

	if (!mux_head_read(reader, input, MUX_HEAD_BYTES))
		return MUX_SHORT;
	reader->head_len = 0;
	reader->in_frame = true;
	reader->code = head[0];
	reader->channel = (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 |
			  (uint32_t)head[3] << 8 | head[4];
	reader->remaining = (uint16_t)(head[5] << 8 | head[6]);
	return reader->remaining > MUX_PAYLOAD_MOST ? MUX_TOO_LONG : MUX_FRAME;
}

enum mux_result
mux_read(struct mux_reader *reader, struct str *input)
{
	if (reader->in_frame)
		return input->len > 0 ? MUX_FRAME : MUX_SHORT;
	if (reader->has_hello)
		return mux_frame_read(reader, input);
	return mux_hello_read(reader, input);
}

size_t
mux_available(const struct mux_reader *reader, struct str input)
{
	return input.len < reader->remaining ? input.len : reader->remaining;
}

struct str
mux_take(struct mux_reader *reader, struct str *input, size_t len)
{
	struct str taken = str_slice(input->data, len);

	assert(reader->in_frame && len <= mux_available(reader, *input));
	*input = str_slice(input->data + len, input->len - len);
	reader->remaining = (uint16_t)(reader->remaining - len);
	reader->in_frame = reader->remaining > 0;
	return taken;
}

/* --- writing -------------------------------------------------------------- */

void
mux_put_hello(struct wire_text *out)
{
	wire_text_append(out, str_slice((const char *)hello, sizeof(hello)));
}

static void
mux_head_write(char *at, enum mux_code code, uint32_t channel, size_t len)
{
	at[0] = (char)code;
	for (int i = 0; i < 4; i++)
		at[1 + i] = (char)(channel >> (24 - 8 * i));
	at[5] = (char)(len >> 8);
	at[6] = (char)len;
}

void
mux_put_frame(struct wire_text *out, enum mux_code code, uint32_t channel)
{
	char head[MUX_HEAD_BYTES];

	mux_head_write(head, code, channel, 0);
	wire_text_append(out, str_slice(head, sizeof(head)));
}

/* From the end, so that no payload is overwritten before it has moved. */
void
mux_wrap_content(struct wire_text *text, uint32_t channel)
{
	size_t frames = (text->len + MUX_PAYLOAD_MOST - 1) / MUX_PAYLOAD_MOST;

	if (wire_text_reserve(text, frames * MUX_HEAD_BYTES) == NULL)
		return;
	for (size_t i = frames; i-- > 0;) {
		size_t from = i * MUX_PAYLOAD_MOST;
		size_t len = text->len - from;
		char *to = text->data + from + i * MUX_HEAD_BYTES;

		if (len > MUX_PAYLOAD_MOST)
			len = MUX_PAYLOAD_MOST;
		memmove(to + MUX_HEAD_BYTES, text->data + from, len);
		mux_head_write(to, MUX_CONTENT, channel, len);
	}
	text->len += frames * MUX_HEAD_BYTES;
}
