/* Addresses to listen on, and programs that are asked. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/parleyd/doctor/checks.h"
#include "transport/http/http_target.h"

/* 0, or why an address cannot be bound. */
static int
bind_error(const struct address *address)
{
	int family = address->storage.ss_family, on = 1, error = 0;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	/* A connection that has just ended is no obstacle. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address->storage,
		address->len) != 0)
		error = errno;
	close(fd);
	return error;
}

/* A name is checked when the sockets are passed, a path with its directory. */
static void
listen_check(struct doctor *doctor, const struct server_listen *at)
{
	struct findings *findings = &doctor->findings;
	char text[ADDRESS_TEXT_SIZE];
	int error;

	if (address_passed_name(&at->address) != NULL ||
	    at->address.storage.ss_family == AF_UNIX)
		return;
	address_format(&at->address, text);
	error = bind_error(&at->address);
	if (error == 0)
		finding_add(findings, FINDING_OK, "%s is free", text);
	else if (error == EADDRINUSE)
		finding_add(findings, FINDING_OK,
		    "%s is in use: a server runs there already", text);
	else {
		finding_add(findings, FINDING_ERROR, "%s: %s", text,
		    strerror(error));
		if (error == EACCES)
			finding_set_remedy(findings,
			    "a port below 1024 takes parleyd.socket of "
			    "systemd, "
			    "or CAP_NET_BIND_SERVICE");
		else
			finding_set_remedy(findings,
			    "an address of this machine, or :PORT for all");
	}
}

void
check_listen(struct doctor *doctor)
{
	const struct options *options = doctor->options;
	const struct listen_list *list = &options->listeners;
	bool is_exposed = false;

	for (size_t i = 0; i < list->count; i++) {
		listen_check(doctor, &list->at[i]);
		is_exposed |= !address_is_local(&list->at[i].address);
	}
	list = &options->admin.listeners;
	for (size_t i = 0; i < list->count; i++)
		listen_check(doctor, &list->at[i]);
	if (!is_exposed || options->auth.kind != AUTH_OPEN)
		return;
	finding_add(&doctor->findings, FINDING_WARNING,
	    "auth.kind is open: every client that reaches the server may join "
	    "rooms and choose any free name");
	finding_set_remedy(&doctor->findings,
	    "auth.kind = password, jwt, proxy or hook");
}

/* --- programs ------------------------------------------------------------- */

static bool
address_accepts(const struct address *address)
{
	const struct timeval timeout = { .tv_sec = 5 };
	int fd =
	    socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool accepts;

	/* It bounds connect(), too. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	accepts = connect(fd, (const struct sockaddr *)&address->storage,
		      address->len) == 0;
	if (fd >= 0)
		close(fd);
	return accepts;
}

/* False: it is a finding that the program cannot be reached. */
static bool
program_check(struct doctor *doctor, const char *option, const char *url)
{
	struct findings *findings = &doctor->findings;
	struct http_target target;
	char why[512];

	if (!http_target_find(&target, str_from(url), why, sizeof(why)))
		target.address_count = 0;
	else
		snprintf(why, sizeof(why), "no address accepts connections");
	for (size_t i = 0; i < target.address_count; i++) {
		if (!address_accepts(&target.addresses[i]))
			continue;
		finding_add(findings, FINDING_OK, "%s accepts connections",
		    url);
		return true;
	}
	finding_add(findings, FINDING_ERROR, "%s %s: %s", option, url, why);
	return false;
}

void
check_auth_hook(struct doctor *doctor)
{
	const struct auth_options *auth = &doctor->options->auth;

	if (auth->hook_url[0] == '\0' ||
	    program_check(doctor, "auth.hook_url", auth->hook_url))
		return;
	finding_set_remedy(&doctor->findings,
	    "start that program; until then clients are %s",
	    auth->hook_down == HOOK_DOWN_DENY ? "refused" : "guests");
}

/* One that is asked before something happens. */
static void
question_check(struct doctor *doctor, const char *option, const char *url)
{
	if (url[0] == '\0' || program_check(doctor, option, url))
		return;
	finding_set_remedy(&doctor->findings,
	    "start that program; until then hooks.failure decides: %s",
	    options_word(doctor->options, "hooks.failure"));
}

void
check_hooks(struct doctor *doctor)
{
	const struct hooks_options *hooks = &doctor->options->hooks;

	if (hooks->url[0] != '\0' &&
	    !program_check(doctor, "hooks.url", hooks->url))
		finding_set_remedy(&doctor->findings,
		    "start that program; until then events wait, in up to "
		    "hooks.memory");
	question_check(doctor, "hooks.before_connect", hooks->before_connect);
	question_check(doctor, "hooks.before_join", hooks->before_join);
	question_check(doctor, "hooks.before_publish", hooks->before_publish);
}
