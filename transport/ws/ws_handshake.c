/*
 * SHA-1 is computed with the functions of OpenSSL 1.1. Those of OpenSSL 3 look
 * the algorithm up for each digest, which takes four times as long.
 */
#define OPENSSL_API_COMPAT 0x10101000L

#include "transport/ws/ws_handshake.h"

#include <assert.h>
#include <openssl/sha.h>

#include "domain/text/base64.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* §1.3 */

bool
ws_handshake_is_wanted(const struct http_request *request)
{
	return http_header_has_token(request, STR("upgrade"), STR("websocket"));
}

static int
handshake_refuse(int status, const char *text, const char **why)
{
	*why = text;
	return status;
}

int
ws_handshake_check(const struct http_request *request, struct str *key,
    const char **why)
{
	size_t keys, versions;
	struct str version =
	    http_header_find(request, STR("sec-websocket-version"), &versions);

	*key = http_header_find(request, STR("sec-websocket-key"), &keys);
	if (!str_equal(request->method, STR("GET")))
		return handshake_refuse(405, "a WebSocket begins with GET",
		    why);
	if (request->minor_version < 1)
		return handshake_refuse(400, "a WebSocket needs HTTP/1.1", why);
	if (http_header_find(request, STR("host"), NULL).data == NULL)
		return handshake_refuse(400, "Host is missing", why);
	if (!ws_handshake_is_wanted(request))
		return handshake_refuse(400, "Upgrade must name websocket",
		    why);
	if (!http_header_has_token(request, STR("connection"), STR("upgrade")))
		return handshake_refuse(400, "Connection must name Upgrade",
		    why);
	/* Without a version it is invalid (§4.2.1 6); for another, §4.4. */
	if (versions != 1)
		return handshake_refuse(400,
		    "one Sec-WebSocket-Version is needed", why);
	if (!str_equal(version, STR("13")))
		return handshake_refuse(426, "Sec-WebSocket-Version must be 13",
		    why);
	if (keys != 1)
		return handshake_refuse(400, "one Sec-WebSocket-Key is needed",
		    why);
	if (!base64_is_of(*key, WS_KEY_BYTES))
		return handshake_refuse(400,
		    "Sec-WebSocket-Key is not 16 bytes", why);
	*why = "";
	return 101;
}

void
ws_handshake_accept(struct str key, char out[WS_ACCEPT_SIZE])
{
	char text[WS_KEY_SIZE + sizeof(GUID)];
	uint8_t digest[SHA_DIGEST_LENGTH];
	SHA_CTX context;
	char *end;

	assert(key.len == WS_KEY_SIZE);
	end = str_put(str_put(text, key), STR(GUID));
	SHA1_Init(&context);
	SHA1_Update(&context, text, (size_t)(end - text));
	SHA1_Final(digest, &context);
	base64_encode(digest, sizeof(digest), out);
	out[BASE64_SIZE(SHA_DIGEST_LENGTH)] = '\0';
}

/* §11.3.4: unlike other tokens, subprotocols are case-sensitive. */
bool
ws_handshake_offers(const struct http_request *request, const char *subprotocol)
{
	struct str wanted = str_from(subprotocol);

	for (size_t i = 0; i < request->header_count; i++) {
		struct str list = request->headers[i].value, element;

		if (!http_name_is(request->headers[i].name,
			STR("sec-websocket-protocol")))
			continue;
		while ((element = http_list_next(&list)).data != NULL)
			if (str_equal(element, wanted))
				return true;
	}
	return false;
}

/* Appends a line, unless there is no value; *len beyond size: it is full. */
static void
response_add(char *out, size_t size, size_t *len, struct str head,
    const char *value)
{
	struct str text = str_from(value != NULL ? value : "");
	size_t before = *len;

	if (value == NULL)
		return;
	*len += head.len + text.len + 2;
	if (*len <= size)
		str_put(str_put(str_put(out + before, head), text),
		    STR("\r\n"));
}

size_t
ws_handshake_response(struct str key, const char *subprotocol,
    const char *extensions, const char *traceparent, char *out, size_t size)
{
	char accept[WS_ACCEPT_SIZE];
	size_t len = 0;

	ws_handshake_accept(key, accept);
	response_add(out, size, &len,
	    STR("HTTP/1.1 101 Switching Protocols\r\n"
		"Upgrade: websocket\r\n"
		"Connection: Upgrade\r\n"
		"Sec-WebSocket-Accept: "),
	    accept);
	response_add(out, size, &len, STR("Sec-WebSocket-Protocol: "),
	    subprotocol);
	response_add(out, size, &len, STR("Sec-WebSocket-Extensions: "),
	    extensions);
	response_add(out, size, &len, STR("traceparent: "), traceparent);
	response_add(out, size, &len, STR(""), "");
	if (len >= size)
		return 0;
	out[len] = '\0';
	return len;
}
