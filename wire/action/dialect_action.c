#include "wire/action/dialect_action.h"

#include "wire/common/http_compat.h"
#include "wire/common/wire_text.h"

/* There is nothing here but the WebSocket, at any path (RFC 9110 §15.5.22). */
bool
action_face(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	(void)request;
	out->status = 426;
	out->content_type = "text/plain; charset=utf-8";
	out->headers = "Upgrade: websocket\r\n"
		       "Connection: Upgrade\r\n"
		       "Sec-WebSocket-Version: 13\r\n";
	wire_text_append(out->body,
	    STR("Open a WebSocket here, with a WebSocket client.\n"));
	return true;
}

const struct dialect dialect_action = {
	.name = "action",
	.ids = ID_HEX8,
	.connect_flags = COMMAND_NO_LOBBY | COMMAND_NAMED_BY_ID,
	.every_path = true,
	.author_apart = 1ul << EVENT_SAID,
	.decode = action_decode,
	.encode = action_encode,
	.face = action_face,
};
