/* parley: a chat client for terminals and scripts. */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/parley/login.h"
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

/* What a password may have; servers take less. */
#define PASSWORD_SIZE 4096

/* CLIENT_DONE: mode->token is set, if there is a user; else it was reported. */
static int
subcommand_log_in(struct subcommand *mode, char token[HANDSHAKE_TOKEN_SIZE])
{
	const struct args *args = mode->args;
	char password[PASSWORD_SIZE], why[256];
	int status;

	mode->token = args->token;
	if (args->user.data == NULL)
		return CLIENT_DONE;
	if (!login_read_password(password, sizeof(password))) {
		report_error("no password was given, or it is too long");
		return STATUS_USAGE;
	}
	status = (int)login_run(mode->base, &args->url, mode->tls, args->user,
	    str_from(password), token, why, sizeof(why));
	explicit_bzero(password, sizeof(password));
	if (status != CLIENT_DONE)
		report_error("cannot log in: %s", why);
	mode->token = token;
	return status;
}

static int
subcommand_run(const struct args *args)
{
	struct subcommand mode = { .args = args, .base = event_base_new() };
	char token[HANDSHAKE_TOKEN_SIZE], why[256];
	int status = CLIENT_NO_MEMORY;

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
	status = subcommand_log_in(&mode, token);
	if (status == CLIENT_DONE)
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
