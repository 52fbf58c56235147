#include "cmd/parleyd/passed_sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "domain/log.h"

/* SD_LISTEN_FDS_START */
#define FIRST_PASSED 3

/* --- reading -------------------------------------------------------------- */

/* The value of a variable; -1: it is no number. */
static long
number_of_variable(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long value;

	if (text == NULL || *text == '\0')
		return -1;
	value = strtol(text, &end, 10);
	return *end == '\0' ? value : -1;
}

/* Why a descriptor is not usable; NULL: it is. */
static const char *
socket_fault(int fd)
{
	int type = 0, listens = 0;
	socklen_t size = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
		return strerror(errno);
	if (type != SOCK_STREAM)
		return "not a stream socket";
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0)
		return strerror(errno);
	return listens ? NULL : "the socket does not listen (Accept=no)";
}

/* Takes the next name off a list with colons between. */
static void
name_take(const char **names, char out[256])
{
	size_t len = strcspn(*names, ":");

	snprintf(out, 256, "%.*s", (int)len, *names);
	*names += len + ((*names)[len] == ':');
}

bool
passed_sockets_read(struct passed_sockets *sockets)
{
	const char *names = getenv("LISTEN_FDNAMES");
	long count = number_of_variable("LISTEN_FDS");
	const char *why;

	sockets->count = 0;
	if (number_of_variable("LISTEN_PID") != getpid() || count <= 0)
		return true;
	if (count > PASSED_SOCKETS_MOST) {
		log_error("%ld sockets are passed, %d may be", count,
		    PASSED_SOCKETS_MOST);
		return false;
	}
	if (names == NULL)
		names = "";
	for (int fd = FIRST_PASSED; fd < FIRST_PASSED + count; fd++) {
		struct passed_socket *at = &sockets->at[sockets->count++];

		*at = (struct passed_socket){ .fd = fd };
		name_take(&names, at->name);
		why = socket_fault(fd);
		if (why == NULL && !address_of_socket(fd, &at->address))
			why = strerror(errno);
		if (why == NULL)
			continue;
		log_error("descriptor %d (%s): %s", fd, at->name, why);
		return false;
	}
	return true;
}

/* --- matching ------------------------------------------------------------- */

static bool
socket_is_wanted(const struct passed_socket *socket,
    const struct address *wanted)
{
	const char *name = address_passed_name(wanted);
	char text[ADDRESS_TEXT_SIZE];

	if (socket->is_used)
		return false;
	if (socket->configured[0] != '\0') {
		address_format(wanted, text);
		return strcmp(text, socket->configured) == 0;
	}
	return name != NULL ? strcmp(name, socket->name) == 0
			    : address_is_same(wanted, &socket->address);
}

size_t
passed_sockets_match(struct passed_sockets *sockets,
    const struct listen_list *list, struct server_listen *out)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct address *wanted = &list->at[i].address;
		size_t before = count;

		for (size_t k = 0; k < sockets->count; k++) {
			if (!socket_is_wanted(&sockets->at[k], wanted))
				continue;
			sockets->at[k].is_used = true;
			out[count] = list->at[i];
			out[count].has_file = sockets->at[k].has_file;
			out[count++].passed_fd = sockets->at[k].fd;
			if (address_passed_name(wanted) == NULL)
				break;
		}
		if (count > before)
			continue;
		if (address_passed_name(wanted) != NULL) {
			log_error("no socket with the name %s is passed",
			    address_passed_name(wanted));
			return 0;
		}
		out[count++] = list->at[i];
	}
	return count;
}

bool
passed_sockets_has(const struct passed_sockets *sockets,
    const struct address *wanted)
{
	for (size_t i = 0; i < sockets->count; i++)
		if (socket_is_wanted(&sockets->at[i], wanted))
			return true;
	return false;
}

void
passed_sockets_close_unused(struct passed_sockets *sockets)
{
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < sockets->count; i++) {
		struct passed_socket *at = &sockets->at[i];
		const struct sockaddr_un *sun =
		    (const void *)&at->address.storage;

		if (at->is_used)
			continue;
		at->is_used = true;
		close(at->fd);
		if (at->has_file)
			unlink(sun->sun_path);
		address_format(&at->address, text);
		log_info("not listening on %s any more", text);
	}
}

bool
passed_sockets_are_used(const struct passed_sockets *sockets)
{
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < sockets->count; i++) {
		const struct passed_socket *at = &sockets->at[i];

		if (at->is_used)
			continue;
		address_format(&at->address, text);
		log_error("descriptor %d (%s, %s) is passed, and listen names "
			  "neither its address nor fd:%s",
		    at->fd, text, at->name, at->name);
		return false;
	}
	return true;
}
