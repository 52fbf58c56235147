#include "cmd/parley/handshake.h"

#include <stdio.h>
#include <strings.h>

#include "domain/base/str_trim.h"
#include "transport/ws/ws_handshake.h"

void
handshake_key(const uint8_t nonce[HANDSHAKE_NONCE_BYTES],
    char out[HANDSHAKE_KEY_SIZE])
{
	base64_encode(nonce, HANDSHAKE_NONCE_BYTES, out);
	out[HANDSHAKE_KEY_SIZE - 1] = '\0';
}

void
handshake_host(const struct url *url, char out[HANDSHAKE_HOST_SIZE])
{
	bool bracket = strchr(url->host, ':') != NULL;
	bool usual = strcmp(url->port, url->tls ? "443" : "80") == 0;

	snprintf(out, HANDSHAKE_HOST_SIZE, "%s%s%s%s%s", bracket ? "[" : "",
	    url->host, bracket ? "]" : "", usual ? "" : ":",
	    usual ? "" : url->port);
}

bool
handshake_token_is_valid(const char *token)
{
	size_t len = 0;

	while (token[len] > ' ' && token[len] <= '~')
		len++;
	return len > 0 && len < HANDSHAKE_TOKEN_SIZE && token[len] == '\0';
}

size_t
handshake_request(const struct url *url, const char *key, const char *token,
    char out[HANDSHAKE_REQUEST_SIZE])
{
	char host[HANDSHAKE_HOST_SIZE];

	handshake_host(url, host);
	return (size_t)snprintf(out, HANDSHAKE_REQUEST_SIZE,
	    "GET %s HTTP/1.1\r\n"
	    "Host: %s\r\n"
	    "User-Agent: parley/" PARLEY_VERSION "\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: %s\r\n"
	    "%s%s%s\r\n",
	    url->target, host, key,
	    token == NULL ? "" : "Authorization: Bearer ",
	    token == NULL ? "" : token, token == NULL ? "" : "\r\n");
}

/* "HTTP/1.1 101 Switching Protocols"; 0: not a status line. */
static unsigned
status_line_read(struct str line)
{
	unsigned status = 0;

	if (line.len < 12 || memcmp(line.data, "HTTP/1.1 ", 9) != 0)
		return 0;
	for (size_t i = 9; i < 12; i++) {
		if (line.data[i] < '0' || line.data[i] > '9')
			return 0;
		status = status * 10 + (unsigned)(line.data[i] - '0');
	}
	return line.len == 12 || line.data[12] == ' ' ? status : 0;
}

/* The headers that a client must check: §4.1, second list. */
struct promises {
	const char *accept;
	unsigned upgrade, connection, accepted, foreign;
};

static bool
header_text_is(struct str text, const char *word)
{
	return text.len == strlen(word) &&
	       strncasecmp(text.data, word, text.len) == 0;
}

static void
header_check(struct promises *seen, struct str line)
{
	const char *colon = memchr(line.data, ':', line.len);
	struct str name, value;

	if (colon == NULL)
		return;
	name = str_slice(line.data, (size_t)(colon - line.data));
	value = str_trim(str_slice(colon + 1,
			     (size_t)(line.data + line.len - colon - 1)),
	    STR_BLANKS);
	if (header_text_is(name, "upgrade"))
		seen->upgrade += header_text_is(value, "websocket");
	else if (header_text_is(name, "connection"))
		seen->connection += header_text_is(value, "upgrade");
	else if (header_text_is(name, "sec-websocket-accept"))
		seen->accepted += str_equal(value, str_from(seen->accept));
	else if (header_text_is(name, "sec-websocket-extensions") ||
		 header_text_is(name, "sec-websocket-protocol"))
		seen->foreign++; /* nothing was offered */
}

static struct str
head_next_line(struct str *text)
{
	const char *end = memmem(text->data, text->len, "\r\n", 2);
	struct str line = str_slice(text->data, (size_t)(end - text->data));

	*text = str_slice(end + 2, text->len - line.len - 2);
	return line;
}

enum handshake_result
handshake_read(struct str response, const char *key, size_t *used,
    unsigned *status)
{
	const char *end = memmem(response.data, response.len, "\r\n\r\n", 4);
	char accept[WS_ACCEPT_SIZE];
	struct promises seen = { .accept = accept };

	*status = 0;
	if (end == NULL)
		return response.len >= HANDSHAKE_RESPONSE_MAX ? HANDSHAKE_BAD
							      : HANDSHAKE_SHORT;
	*used = (size_t)(end - response.data) + 4;
	response.len = *used - 2;
	*status = status_line_read(head_next_line(&response));
	if (*status != 101)
		return *status == 0 ? HANDSHAKE_BAD : HANDSHAKE_REFUSED;
	ws_handshake_accept(str_from(key), accept);
	while (response.len > 0)
		header_check(&seen, head_next_line(&response));
	return seen.upgrade == 1 && seen.connection == 1 &&
		       seen.accepted == 1 && seen.foreign == 0
		   ? HANDSHAKE_DONE
		   : HANDSHAKE_BAD;
}
