#include "cmd/parleyd/ctl_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "domain/base/count_of.h"
#include "wire/json/json_writer.h"

int
ctl_error_print(const struct ctl *ctl, int status, const char *what,
    const char *detail)
{
	fprintf(stderr, "parleyd: %s: %s%s\n", ctl->tool, what, detail);
	return status;
}

bool
ctl_read_url(struct ctl *ctl)
{
	if (ctl_url_read(&ctl->where, ctl->url))
		return true;
	ctl_error_print(ctl, 0, ctl->url,
	    ": expected http://HOST:PORT, https://HOST:PORT or unix:/PATH");
	return false;
}

void
ctl_request_add(struct ctl_request *request, const char *text)
{
	wire_text_append(&request->target, str_from(text));
}

void
ctl_request_add_encoded(struct ctl_request *request, const char *text)
{
	/* RFC 3986 §2.1. */
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text != '\0'; text++) {
		char encoded[4];

		if (strchr(plain, *text) != NULL)
			snprintf(encoded, sizeof(encoded), "%c", *text);
		else
			snprintf(encoded, sizeof(encoded), "%%%02X",
			    (unsigned)(unsigned char)*text);
		ctl_request_add(request, encoded);
	}
}

/* --- the connection ------------------------------------------------------- */

/* Prints lines that are whole, and keeps the rest; empty ones are no data. */
static void
ctl_lines_print(struct wire_text *in, FILE *out)
{
	const char *at = in->data, *end;

	while ((end = memchr(at, '\n', in->len - (size_t)(at - in->data))) !=
	       NULL) {
		if (end > at)
			fprintf(out, "%.*s\n", (int)(end - at), at);
		at = end + 1;
	}
	in->len -= (size_t)(at - in->data);
	memmove(in->data, at, in->len);
	fflush(out);
}

/* The body of a stream that has begun; false: its head is not there yet. */
static bool
ctl_stream_has_begun(struct wire_text *in)
{
	const char *body = memmem(in->data, in->len, "\r\n\r\n", 4);

	if (body == NULL || in->len < 12 ||
	    memcmp(in->data, "HTTP/1.1 200", 12) != 0)
		return false;
	body += 4;
	in->len -= (size_t)(body - in->data);
	memmove(in->data, body, in->len);
	return true;
}

/*
 * Until the server closes. Of a stream *in has what was not printed: an answer
 * that is no stream.
 */
static bool
ctl_receive_all(const struct ctl *ctl, struct ctl_link *link, bool is_stream,
    struct wire_text *in)
{
	bool has_begun = false;

	for (;;) {
		char *at = wire_text_reserve(in, 65536);
		ssize_t got =
		    at == NULL ? -1 : ctl_link_receive(link, at, 65536);

		if (got <= 0)
			return got == 0;
		in->len += (size_t)got;
		if (is_stream && !has_begun)
			has_begun = ctl_stream_has_begun(in);
		if (has_begun)
			ctl_lines_print(in, ctl->out);
	}
}

static void
head_write(const struct ctl *ctl, const struct ctl_request *request,
    struct wire_text *out)
{
	const char *const pieces[] = { request->method, " ",
		request->target.data,
		request->is_stream ? " HTTP/1.0\r\nHost: "
				   : " HTTP/1.1\r\nHost: ",
		ctl->where.path != NULL ? "localhost" : ctl->where.host,
		"\r\nConnection: close\r\nAuthorization: Bearer ", ctl->key,
		"\r\nContent-Length: " };

	for (size_t i = 0; i < COUNT_OF(pieces); i++)
		wire_text_append(out, str_from(pieces[i]));
	json_put_unsigned(out, request->body.len);
	wire_text_append(out, STR("\r\n\r\n"));
	wire_text_append(out, str_slice(request->body.data, request->body.len));
}

/* False: `why` names the problem. */
static bool
ctl_exchange(const struct ctl *ctl, const struct ctl_request *request,
    struct wire_text *answer, char *why, size_t size)
{
	struct wire_text out = { 0 };
	struct ctl_link link;
	bool done = false;

	if (!ctl_link_open(&link, &ctl->where, ctl->ca, why, size))
		return false;
	head_write(ctl, request, &out);
	done = !out.failed &&
	       ctl_link_send(&link, str_slice(out.data, out.len)) &&
	       ctl_receive_all(ctl, &link, request->is_stream, answer);
	if (!done)
		snprintf(why, size, "%s", strerror(errno));
	wire_text_fini(&out);
	ctl_link_close(&link);
	return done;
}

/* --- the answer ----------------------------------------------------------- */

static int
answer_print(struct ctl *ctl, struct wire_text *answer)
{
	char *body;
	int status;

	wire_text_append(answer, str_slice("", 1));
	if (answer->failed ||
	    sscanf(answer->data, "HTTP/1.1 %3d ", &status) != 1 ||
	    (body = strstr(answer->data, "\r\n\r\n")) == NULL)
		return ctl_error_print(ctl, EX_PROTOCOL,
		    "this is not the answer of ", "an HTTP server");
	if (status / 100 != 2) {
		body[4 + strcspn(body + 4, "\n")] = '\0';
		ctl_error_print(ctl, 0, "refused: ", body + 4);
		return EXIT_FAILURE;
	}
	fputs(body + 4, ctl->out);
	return fflush(ctl->out) == 0 ? EXIT_SUCCESS : EX_IOERR;
}

int
ctl_request_run(struct ctl *ctl, struct ctl_request *request)
{
	struct wire_text answer = { 0 };
	char why[256];
	int status;

	wire_text_append(&request->target, str_slice("", 1));
	if (ctl_exchange(ctl, request, &answer, why, sizeof(why)))
		/* A stream that has ended leaves nothing. */
		status = request->is_stream && answer.len == 0
			     ? EXIT_SUCCESS
			     : answer_print(ctl, &answer);
	else {
		fprintf(stderr, "parleyd: %s: %s: %s\n", ctl->tool, ctl->url,
		    why);
		status = EX_UNAVAILABLE;
	}
	wire_text_fini(&request->target);
	wire_text_fini(&request->body);
	wire_text_fini(&answer);
	return status;
}
