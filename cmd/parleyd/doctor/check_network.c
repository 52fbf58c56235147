/* Addresses to listen on, and a program that is asked. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/parleyd/doctor/checks.h"
#include "transport/http/http_call.h"

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

void
check_auth_hook(struct doctor *doctor)
{
	struct findings *findings = &doctor->findings;
	const struct auth_options *auth = &doctor->options->auth;
	const struct timeval timeout = { .tv_sec = 5 };
	struct http_target target;
	bool is_reached = false;
	char why[512];

	if (auth->hook_url[0] == '\0')
		return;
	if (!http_target_find(&target, str_from(auth->hook_url), why,
		sizeof(why)))
		target.address_count = 0;
	else
		snprintf(why, sizeof(why), "no address accepts connections");
	for (size_t i = 0; i < target.address_count && !is_reached; i++) {
		const struct address *at = &target.addresses[i];
		int fd = socket(at->storage.ss_family,
		    SOCK_STREAM | SOCK_CLOEXEC, 0);

		/* It bounds connect(), too. */
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
		    sizeof(timeout));
		is_reached = connect(fd, (const struct sockaddr *)&at->storage,
				 at->len) == 0;
		if (fd >= 0)
			close(fd);
	}
	if (is_reached) {
		finding_add(findings, FINDING_OK, "%s accepts connections",
		    auth->hook_url);
		return;
	}
	finding_add(findings, FINDING_ERROR, "auth.hook_url %s: %s",
	    auth->hook_url, why);
	finding_set_remedy(findings,
	    "start that program; until then clients are %s",
	    auth->hook_down == HOOK_DOWN_DENY ? "refused" : "guests");
}
