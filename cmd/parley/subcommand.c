#include "cmd/parley/subcommand.h"

#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>

#include "cmd/parley/sanitize.h"

struct client *
subcommand_client(const struct subcommand *mode, bool needs_room,
    const struct client_ops *ops, void *arg)
{
	const struct args *args = mode->args;
	struct client_config config = {
		.base = mode->base,
		.dialect = args->dialect,
		.url = args->url,
		.tls = mode->tls,
		.token = mode->token,
		.name = args->name,
		.room = args->room,
		.epoch = args->epoch,
		.seq = args->seq,
		.history = args->history,
		.needs_room = needs_room,
		.transient = args->transient,
		.ops = ops,
		.arg = arg,
	};

	return client_create(&config);
}

void
report_error(const char *format, ...)
{
	struct wire_text plain;
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	wire_text_init(&plain);
	sanitize_line(&plain, str_from(text));
	fprintf(stderr, "parley: %.*s\n", (int)plain.len,
	    plain.data == NULL ? "" : plain.data);
	wire_text_fini(&plain);
}

void
run_lost(void *arg, const char *why)
{
	(void)arg;
	report_error("connection lost (%s), reconnecting", why);
}

void
run_over(void *arg, enum client_status status, const char *why)
{
	struct run *run = arg;

	if (status != CLIENT_DONE) {
		run->status = (int)status;
		report_error("%s", why);
	}
	event_base_loopbreak(run->mode->base);
}

void
run_interrupt_cb(int number, short what, void *arg)
{
	struct run *run = arg;

	(void)number;
	(void)what;
	run->status = STATUS_INTERRUPTED;
	client_end(run->client);
}
