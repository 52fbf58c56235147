/* What a close frame carries: RFC 6455 §5.5.1, §7.4. */
#include <assert.h>
#include <string.h>

#include "transport/ws/ws_message.h"

bool
ws_close_code_is_valid(unsigned code)
{
	switch (code) {
	case 1004: /* reserved, meaning nothing */
	case WS_CLOSE_NO_STATUS:
	case WS_CLOSE_ABNORMAL:
		return false;
	default:
		/* 1012 to 1014 were registered after the RFC; 1015 never
		 * travels. From 3000 on everybody is free. */
		return (code >= 1000 && code <= 1014) ||
		       (code >= 3000 && code <= 4999);
	}
}

/* A reason must stay UTF-8 when it is cut. */
static size_t
whole_characters(struct str text, size_t most)
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
	len = whole_characters(reason, WS_CONTROL_MAX - 2);
	if (len > 0)
		memcpy(out + 2, reason.data, len);
	return 2 + len;
}
