/* The table entry of the action dialect, and its answer to plain HTTP. */
#include "wire/action/dialect_action.h"

#include "wire/common/http_compat.h"
#include "wire/common/wire_text.h"

/* The original upgrades every path and has no other (RFC 9110 §15.5.22). */
static bool
action_http_compat(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	(void)request;
	out->status = 426;
	out->content_type = "text/plain; charset=utf-8";
	out->headers = "Upgrade: websocket\r\n"
		       "Connection: Upgrade\r\n"
		       "Sec-WebSocket-Version: 13\r\n";
	wire_text_append(out->body,
	    STR("This is a WebSocket endpoint; use a WebSocket client.\n"));
	return true;
}

const struct dialect dialect_action = {
	.name = "action",
	.ids = ID_HEX8,
	.connect_flags = COMMAND_NO_LOBBY | COMMAND_NAMED_BY_ID | COMMAND_NO_DM,
	.every_path = true,
	.author_differs = 1ul << EVENT_MESSAGE,
	.decode = action_decode,
	.encode = action_encode,
	.http_compat = action_http_compat,
};
