#include "cmd/parley/transfer.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cmd/parley/handshake.h"
#include "cmd/parley/tls.h"
#include "cmd/parley/transfer_internal.h"
#include "wire/json/json_reader.h"

#define ANSWER_MAX 65536
#define ANSWER_DEPTH 8
#define FAILURES_MOST 10 /* one after the other, without a byte between */

/* Hashing and syncing a large upload takes its time. */
static const struct timeval patience = { .tv_sec = 120 };

/* --- the end -------------------------------------------------------------- */

void
transfer_end(struct transfer *transfer, const char *error, struct str result)
{
	transfer->config.ops->on_end(transfer->config.arg, error, result);
}

void
transfer_fail(struct transfer *transfer, const char *why)
{
	transfer_end(transfer, why, STR(""));
}

/* The text of a refusal; else its status. */
static void
transfer_refused(struct transfer *transfer, unsigned status, struct str body)
{
	struct json_reader reader;
	struct json_member member;
	char why[256];
	size_t len;

	snprintf(why, sizeof(why), "HTTP status %u", status);
	json_open(&reader, body, ANSWER_DEPTH, NULL);
	while (json_next(&reader, &member))
		if (json_string_is(&member.key, STR("text")) &&
		    member.value.type == JSON_STRING &&
		    json_string_copy(&member.value.string, why, sizeof(why) - 1,
			&len))
			why[len] = '\0';
	transfer_fail(transfer, why);
}

/* --- requests ------------------------------------------------------------- */

static void
transfer_ask_after(struct transfer *transfer, uint32_t ms)
{
	struct timeval wait = { ms / 1000, ms % 1000 * 1000 };

	if (transfer->bufferevent != NULL)
		bufferevent_free(transfer->bufferevent);
	transfer->bufferevent = NULL;
	if (event_add(transfer->next_request, &wait) != 0)
		transfer_fail(transfer, "no memory");
}

void
transfer_ask(struct transfer *transfer)
{
	transfer_ask_after(transfer, 0);
}

void
transfer_try_again(struct transfer *transfer, const char *why)
{
	uint32_t chance;

	if (!transfer->has_begun || transfer->failures == FAILURES_MOST ||
	    getrandom(&chance, sizeof(chance), 0) != sizeof(chance)) {
		transfer_fail(transfer, why);
		return;
	}
	transfer->failures++;
	transfer->kind->on_failure(transfer);
	transfer_ask_after(transfer,
	    backoff_next_ms(&transfer->backoff, chance));
}

void
transfer_progress(struct transfer *transfer)
{
	unsigned percent =
	    transfer->size == 0
		? 100
		: (unsigned)(transfer->done * 100 / transfer->size);

	if (percent == transfer->percent)
		return;
	transfer->percent = percent;
	transfer->config.ops->on_progress(transfer->config.arg, percent);
}

void
transfer_forget_failures(struct transfer *transfer)
{
	transfer->failures = 0;
	transfer->backoff = (struct backoff){ 0 };
}

bool
transfer_target_is_valid(struct str target)
{
	for (size_t i = 0; i < target.len; i++)
		if (target.data[i] <= ' ' || target.data[i] > '~')
			return false;
	return target.len > 0 && target.len < URL_TARGET_SIZE &&
	       target.data[0] == '/';
}

static void
transfer_send_request(struct transfer *transfer)
{
	const char *token = transfer->config.token, *method;
	char host[HANDSHAKE_HOST_SIZE], request[HANDSHAKE_REQUEST_SIZE];
	char headers[1024] = "";

	handshake_host(transfer->config.url, host);
	transfer->is_sending = transfer->is_head = transfer->has_head = false;
	method =
	    transfer->kind->write_request(transfer, headers, sizeof(headers));
	snprintf(request, sizeof(request),
	    "%s %s HTTP/1.1\r\n"
	    "Host: %s\r\n"
	    "User-Agent: parley/" PARLEY_VERSION "\r\n"
	    "Connection: close\r\n"
	    "%s%s%s%s\r\n",
	    method, transfer->target, host, headers,
	    token == NULL ? "" : "Authorization: Bearer ",
	    token == NULL ? "" : token, token == NULL ? "" : "\r\n");
	/* While an upload is sent there is nothing to read. */
	bufferevent_set_timeouts(transfer->bufferevent,
	    transfer->is_sending ? NULL : &patience, &patience);
	bufferevent_write(transfer->bufferevent, request, strlen(request));
}

/* --- answers -------------------------------------------------------------- */

static void
answer_receive(struct transfer *transfer, const struct http_answer *answer,
    struct str text)
{
	struct str head = str_slice(text.data, answer->head_len);
	size_t len = transfer->is_head ? 0 : (size_t)answer->length;
	struct str body = str_slice(text.data + answer->head_len, len);

	if (answer->length > ANSWER_MAX)
		transfer_fail(transfer, "the answer is too long");
	else if (text.len - answer->head_len < len)
		return;
	else if (answer->status == 503)
		transfer_try_again(transfer, "the server is busy");
	else if (!transfer->kind->on_answer(transfer, answer->status, head,
		     body))
		transfer_refused(transfer, answer->status, body);
}

static void
head_receive(struct transfer *transfer, struct evbuffer *in)
{
	size_t len = evbuffer_get_length(in);
	struct str text = str_slice((const char *)evbuffer_pullup(in, -1), len);
	const struct transfer_kind *kind = transfer->kind;
	struct http_answer answer;

	if (len == 0)
		return;
	switch (http_answer_read(text, &answer)) {
	case HTTP_ANSWER_SHORT:
		return;
	case HTTP_ANSWER_BAD:
		transfer_fail(transfer, "the answer is not HTTP");
		return;
	case HTTP_ANSWER_HEAD:
		break;
	}
	if (kind->on_head == NULL || !kind->on_head(transfer, &answer,
					 str_slice(text.data, answer.head_len)))
		answer_receive(transfer, &answer, text);
}

/* --- the connection ------------------------------------------------------- */

static void
transfer_read_cb(struct bufferevent *bufferevent, void *arg)
{
	struct transfer *transfer = arg;
	struct evbuffer *in = bufferevent_get_input(bufferevent);

	if (transfer->has_head)
		transfer->kind->on_bytes(transfer, in);
	else
		head_receive(transfer, in);
}

static void
transfer_write_cb(struct bufferevent *bufferevent, void *arg)
{
	struct transfer *transfer = arg;

	(void)bufferevent;
	if (!transfer->is_sending)
		return;
	transfer->kind->on_written(transfer);
}

static bool transfer_connect(struct transfer *transfer);

static void
transfer_event_cb(struct bufferevent *bufferevent, short what, void *arg)
{
	struct transfer *transfer = arg;
	char why[256];

	if (what & BEV_EVENT_CONNECTED) {
		transfer->is_connected = true;
		bufferevent_enable(bufferevent, EV_READ | EV_WRITE);
		transfer_send_request(transfer);
		return;
	}
	tls_failure(bufferevent, what, why, sizeof(why));
	if (transfer->is_connected || !transfer_connect(transfer))
		transfer_try_again(transfer, why);
}

/* To the next address. False: there is none, or no memory. */
static bool
transfer_connect(struct transfer *transfer)
{
	const struct transfer_config *config = &transfer->config;
	const struct addrinfo *address = transfer->next_address;

	if (address == NULL)
		return false;
	transfer->next_address = address->ai_next;
	if (transfer->bufferevent != NULL)
		bufferevent_free(transfer->bufferevent);
	transfer->bufferevent =
	    config->url->tls
		? tls_bufferevent(config->tls, config->base, config->url->host)
		: bufferevent_socket_new(config->base, -1,
		      BEV_OPT_CLOSE_ON_FREE);
	if (transfer->bufferevent == NULL)
		return false;
	bufferevent_setcb(transfer->bufferevent, transfer_read_cb,
	    transfer_write_cb, transfer_event_cb, transfer);
	bufferevent_set_timeouts(transfer->bufferevent, &patience, &patience);
	return bufferevent_socket_connect(transfer->bufferevent,
		   address->ai_addr, (int)address->ai_addrlen) == 0;
}

static void
transfer_ask_cb(evutil_socket_t fd, short what, void *arg)
{
	struct transfer *transfer = arg;
	const struct url *url = transfer->config.url;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int error;

	(void)fd;
	(void)what;
	if (transfer->addresses != NULL)
		freeaddrinfo(transfer->addresses);
	transfer->addresses = NULL;
	transfer->is_connected = false;
	error = getaddrinfo(url->host, url->port, &hints, &transfer->addresses);
	transfer->next_address = transfer->addresses;
	if (error != 0 || !transfer_connect(transfer))
		transfer_try_again(transfer,
		    error != 0 ? gai_strerror(error) : "cannot connect");
}

/* --- life cycle ----------------------------------------------------------- */

bool
transfer_init(struct transfer *transfer, const struct transfer_config *config,
    const struct transfer_kind *kind)
{
	transfer->config = *config;
	transfer->kind = kind;
	transfer->next_request =
	    event_new(config->base, -1, 0, transfer_ask_cb, transfer);
	return transfer->next_request != NULL;
}

void
transfer_destroy(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	if (transfer->bufferevent != NULL)
		bufferevent_free(transfer->bufferevent);
	if (transfer->addresses != NULL)
		freeaddrinfo(transfer->addresses);
	if (transfer->next_request != NULL)
		event_free(transfer->next_request);
	transfer->kind->destroy(transfer);
}
