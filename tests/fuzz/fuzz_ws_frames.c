/* Frame headers and masks: decoding, encoding and decoding again. */
#include <stdlib.h>

#include "transport/ws/ws_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ws_frames_require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_head(const uint8_t *data, size_t size)
{
	uint8_t out[WS_FRAME_HEAD_MAX];
	struct ws_frame_head head;
	size_t used = 0, written;

	if (ws_frame_decode(data, size, &head, &used) != WS_FRAME_OK)
		return;
	ws_frames_require(used >= 2 && used <= WS_FRAME_HEAD_MAX &&
			  used <= size);
	written =
	    ws_frame_encode(head.opcode, head.fin, head.rsv, head.length, out);
	ws_frames_require(written == used - (head.masked ? 4 : 0));
	ws_frames_require(out[0] == data[0] && out[1] == (data[1] & 0x7f));
	for (size_t i = 2; i < written; i++)
		ws_frames_require(out[i] == data[i]);
	for (size_t len = 0; len < used; len++)
		ws_frames_require(ws_frame_decode(data, len, &head, &used) ==
				  WS_FRAME_SHORT);
}

/* The first four bytes are the mask; the rest is masked in two pieces. */
static void
check_mask(const uint8_t *data, size_t size)
{
	const uint8_t *payload = data + 4;
	uint8_t copy[64];
	size_t len = size - 4 < sizeof(copy) ? size - 4 : sizeof(copy);

	for (size_t at = 0; at <= len; at++) {
		for (size_t i = 0; i < len; i++)
			copy[i] = payload[i];
		ws_frame_mask(copy, at, data, 0);
		ws_frame_mask(copy + at, len - at, data, at);
		for (size_t i = 0; i < len; i++)
			ws_frames_require(copy[i] ==
					  (payload[i] ^ data[i % 4]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_head(data, size);
	if (size >= 4)
		check_mask(data, size);
	return 0;
}
