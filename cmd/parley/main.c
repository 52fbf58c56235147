/* parley: a chat client for terminals and scripts. */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>

#include "cmd/parley/subcommand.h"
#include "wire/json/json_dupkeys.h"

static int (*const runs[])(const struct subcommand *) = {
	[SUBCOMMAND_CHAT] = chat_run,
	[SUBCOMMAND_SEND] = send_run,
	[SUBCOMMAND_TAIL] = tail_run,
	[SUBCOMMAND_ROOMS] = rooms_run,
};

/* libevent's own messages are suppressed: callers report errors. */
static void
log_discard(int severity, const char *message)
{
	(void)severity;
	(void)message;
}

static int
subcommand_run(const struct args *args)
{
	struct subcommand mode = { .args = args, .base = event_base_new() };
	int status = CLIENT_NO_MEMORY;
	char why[256];

	if (mode.base == NULL)
		return status;
	if (args->url.tls) {
		mode.tls = tls_create(&args->tls, why, sizeof(why));
		if (mode.tls == NULL) {
			report_error("%s", why);
			status = STATUS_USAGE;
			goto free_base;
		}
	}
	status = runs[args->mode](&mode);
	tls_destroy(mode.tls);
free_base:
	event_base_free(mode.base);
	return status;
}

int
main(int argc, char **argv)
{
	struct args args;
	char why[256];

	signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(log_discard);
	if (!args_read(&args, argc, argv, why, sizeof(why))) {
		report_error("%s; see parley --help", why);
		return STATUS_USAGE;
	}
	if (args.mode == SUBCOMMAND_HELP || args.mode == SUBCOMMAND_VERSION) {
		fputs(args.mode == SUBCOMMAND_HELP ? args_usage
						   : "parley " PARLEY_VERSION
						     "\n",
		    stdout);
		return CLIENT_DONE;
	}
	return subcommand_run(&args);
}
