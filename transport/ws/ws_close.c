/* The payload of a close frame: RFC 6455 §5.5.1, §7.4. */
#include <assert.h>
#include <string.h>

#include "transport/ws/ws_message.h"

bool
ws_close_code_is_valid(unsigned code)
{
	switch (code) {
	case 1004: /* reserved */
	case WS_CLOSE_NO_STATUS:
	case WS_CLOSE_ABNORMAL:
		return false;
	default:
		/* 1012 to 1014 were registered after the RFC; 1015 is never
		 * sent. From 3000 on codes are for libraries and programs. */
		return (code >= 1000 && code <= 1014) ||
		       (code >= 3000 && code <= 4999);
	}
}

/* The length of the text, cut between two characters. */
static size_t
utf8_length_within(struct str text, size_t most)
{
	if (text.len <= most)
		return text.len;
	while (most > 0 && ((uint8_t)text.data[most] & 0xc0) == 0x80)
		most--;
	return most;
}

size_t
ws_close_payload(unsigned code, struct str reason, char out[WS_CONTROL_MAX])
{
	size_t len;

	if (code == WS_CLOSE_NO_STATUS)
		return 0;
	assert(ws_close_code_is_valid(code));
	out[0] = (char)(code >> 8);
	out[1] = (char)(code & 0xff);
	len = utf8_length_within(reason, WS_CONTROL_MAX - 2);
	if (len > 0)
		memcpy(out + 2, reason.data, len);
	return 2 + len;
}
