/* Replaces accept4() in the test program. */
#include "tests/support/transport/fake_accept.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int next_error;
static unsigned failures;
static const char *from;

void
accept_fails(int error, unsigned times)
{
	next_error = error;
	failures = times;
}

void
accept_comes_from(const char *host)
{
	from = host;
}

int
accept4(int fd, __SOCKADDR_ARG address, socklen_t *len, int flags)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int accepted;

	if (failures > 0) {
		failures--;
		errno = next_error;
		return -1;
	}
	accepted =
	    (int)syscall(SYS_accept4, fd, address.__sockaddr__, len, flags);
	if (accepted >= 0 && from != NULL) {
		int parsed = inet_pton(AF_INET, from, &sin.sin_addr);

		assert(parsed == 1);
		memcpy(address.__sockaddr__, &sin, sizeof(sin));
		*len = sizeof(sin);
	}
	return accepted;
}
