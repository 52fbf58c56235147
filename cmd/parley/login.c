#include "cmd/parley/login.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/parley/http_answer.h"
#include "cmd/parley/tls.h"
#include "wire/json/json_reader.h"
#include "wire/json/json_writer.h"

#define LOGIN_SECONDS 15 /* for each address */
#define RESPONSE_MAX 65536
#define RESPONSE_DEPTH 8

/* --- the password --------------------------------------------------------- */

/* Byte by byte: what follows the line is for others. */
static bool
login_read_line(int fd, char *out, size_t size)
{
	size_t len = 0;
	char byte;

	while (read(fd, &byte, 1) == 1 && byte != '\n') {
		if (len + 1 >= size)
			return false;
		out[len++] = byte;
	}
	out[len] = '\0';
	return len > 0;
}

bool
login_read_password(char *out, size_t size)
{
	const char *password = getenv("PARLEY_PASSWORD");

	if (password == NULL && !isatty(STDIN_FILENO))
		return login_read_line(STDIN_FILENO, out, size);
	if (password == NULL)
		password = getpass("Password: ");
	return password != NULL && password[0] != '\0' &&
	       (size_t)snprintf(out, size, "%s", password) < size;
}

/* --- the response --------------------------------------------------------- */

enum response_state {
	RESPONSE_SHORT,
	RESPONSE_WHOLE,
	RESPONSE_BAD
};

struct response {
	unsigned status;
	struct str body;
};

static enum response_state
response_read(struct str text, struct response *out)
{
	struct http_answer answer;

	switch (http_answer_read(text, &answer)) {
	case HTTP_ANSWER_SHORT:
		return RESPONSE_SHORT;
	case HTTP_ANSWER_BAD:
		return RESPONSE_BAD;
	case HTTP_ANSWER_HEAD:
		break;
	}
	if (answer.length > RESPONSE_MAX)
		return RESPONSE_BAD;
	out->status = answer.status;
	out->body = str_slice(text.data + answer.head_len, answer.length);
	return text.len - answer.head_len < answer.length ? RESPONSE_SHORT
							  : RESPONSE_WHOLE;
}

static bool
token_read(struct str body, char token[HANDSHAKE_TOKEN_SIZE])
{
	struct json_reader reader;
	struct json_member member;
	size_t len = 0;

	json_open(&reader, body, RESPONSE_DEPTH, NULL);
	while (json_next(&reader, &member))
		if (json_string_is(&member.key, STR("token")) &&
		    (member.value.type != JSON_STRING ||
			!json_string_copy(&member.value.string, token,
			    HANDSHAKE_TOKEN_SIZE - 1, &len)))
			return false;
	token[len] = '\0';
	return reader.error == JSON_OK && handshake_token_is_valid(token);
}

/* --- the request ---------------------------------------------------------- */

struct login {
	struct event_base *base;
	struct bufferevent *bufferevent;
	const char *request;
	size_t request_len;
	char *token;
	char *why;
	size_t why_size;
	bool connected;
	bool is_over;
	enum client_status status;
};

static void
login_over(struct login *login, enum client_status status, const char *why)
{
	if (login->is_over)
		return;
	login->is_over = true;
	login->status = status;
	snprintf(login->why, login->why_size, "%s", why);
	event_base_loopbreak(login->base);
}

static void
login_answered(struct login *login, const struct response *response)
{
	char why[80];

	if (response->status == 200 &&
	    token_read(response->body, login->token)) {
		login_over(login, CLIENT_DONE, "");
		return;
	}
	if (response->status == 401)
		snprintf(why, sizeof(why), "wrong user or password");
	else if (response->status == 404)
		snprintf(why, sizeof(why), "the server has no log-in");
	else if (response->status == 429)
		snprintf(why, sizeof(why), "too many log-ins; try later");
	else
		snprintf(why, sizeof(why),
		    "the server answered the log-in with HTTP status %u",
		    response->status);
	login_over(login,
	    response->status >= 500 ? CLIENT_UNAVAILABLE : CLIENT_FORBIDDEN,
	    why);
}

static void
login_read_cb(struct bufferevent *bufferevent, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bufferevent);
	struct login *login = arg;
	struct response response;

	switch (response_read(str_slice((const char *)evbuffer_pullup(in, -1),
				  evbuffer_get_length(in)),
	    &response)) {
	case RESPONSE_SHORT:
		break;
	case RESPONSE_WHOLE:
		login_answered(login, &response);
		break;
	case RESPONSE_BAD:
		login_over(login, CLIENT_PROTOCOL,
		    "the answer to the log-in is not HTTP");
	}
}

static void
login_event_cb(struct bufferevent *bufferevent, short what, void *arg)
{
	struct login *login = arg;
	char why[256];

	if (what & BEV_EVENT_CONNECTED) {
		login->connected = true;
		bufferevent_enable(bufferevent, EV_READ | EV_WRITE);
		bufferevent_write(bufferevent, login->request,
		    login->request_len);
		return;
	}
	tls_failure(bufferevent, what, why, sizeof(why));
	login_over(login, CLIENT_UNAVAILABLE, why);
}

static void
login_try(struct login *login, const struct url *url, struct tls *tls,
    const struct addrinfo *address)
{
	static const struct timeval patience = { .tv_sec = LOGIN_SECONDS };

	login->is_over = login->connected = false;
	login->bufferevent = url->tls
				 ? tls_bufferevent(tls, login->base, url->host)
				 : bufferevent_socket_new(login->base, -1,
				       BEV_OPT_CLOSE_ON_FREE);
	if (login->bufferevent == NULL) {
		login_over(login, CLIENT_NO_MEMORY, "no memory");
		return;
	}
	bufferevent_setcb(login->bufferevent, login_read_cb, NULL,
	    login_event_cb, login);
	bufferevent_set_timeouts(login->bufferevent, &patience, &patience);
	bufferevent_socket_connect(login->bufferevent, address->ai_addr,
	    (int)address->ai_addrlen);
	while (!login->is_over && event_base_loop(login->base, 0) == 0)
		;
	login_over(login, CLIENT_UNAVAILABLE, "no response");
	bufferevent_free(login->bufferevent);
}

/* All addresses, until one takes the connection. */
static enum client_status
login_try_all(struct login *login, const struct url *url, struct tls *tls)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *addresses;
	int error = getaddrinfo(url->host, url->port, &hints, &addresses);

	if (error != 0) {
		snprintf(login->why, login->why_size, "%s",
		    gai_strerror(error));
		return CLIENT_UNAVAILABLE;
	}
	for (struct addrinfo *at = addresses; at != NULL; at = at->ai_next) {
		login_try(login, url, tls, at);
		if (login->connected)
			break;
	}
	freeaddrinfo(addresses);
	return login->status;
}

static void
login_write_request(struct wire_text *out, const struct url *url,
    struct str user, struct str password)
{
	struct wire_text body;
	char host[HANDSHAKE_HOST_SIZE];

	handshake_host(url, host);
	wire_text_init(&body);
	wire_text_append(&body, STR("{\"user\":"));
	json_put_string(&body, user);
	wire_text_append(&body, STR(",\"password\":"));
	json_put_string(&body, password);
	wire_text_append(&body, STR("}"));
	wire_text_append(out, STR("POST /v1/login HTTP/1.1\r\nHost: "));
	wire_text_append(out, str_from(host));
	wire_text_append(out,
	    STR("\r\nUser-Agent: parley/" PARLEY_VERSION
		"\r\nConnection: close\r\nContent-Type: application/json\r\n"
		"Content-Length: "));
	json_put_unsigned(out, body.len);
	wire_text_append(out, STR("\r\n\r\n"));
	wire_text_append(out, str_slice(body.data, body.len));
	out->failed = out->failed || body.failed;
	wire_text_fini(&body);
}

enum client_status
login_run(struct event_base *base, const struct url *url, struct tls *tls,
    struct str user, struct str password, char token[HANDSHAKE_TOKEN_SIZE],
    char *why, size_t size)
{
	struct login login = {
		.base = base,
		.token = token,
		.why = why,
		.why_size = size,
		.status = CLIENT_NO_MEMORY,
	};
	struct wire_text request;

	wire_text_init(&request);
	login_write_request(&request, url, user, password);
	if (request.failed)
		snprintf(why, size, "no memory");
	else {
		login.request = request.data;
		login.request_len = request.len;
		login.status = login_try_all(&login, url, tls);
	}
	wire_text_fini(&request);
	return login.status;
}
