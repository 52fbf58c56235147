#include "cmd/parleyd/listen_file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "domain/log.h"
#include "transport/server.h"
#include "wire/dialect.h"

bool
listen_host(const struct address *address, char out[LISTEN_HOST_SIZE])
{
	const struct sockaddr_in *sin = (const void *)&address->storage;
	const struct sockaddr_in6 *sin6 = (const void *)&address->storage;
	sa_family_t family = address->storage.ss_family;

	if (family == AF_INET && sin->sin_addr.s_addr == htonl(INADDR_ANY))
		snprintf(out, LISTEN_HOST_SIZE, "localhost:%u",
		    (unsigned)ntohs(sin->sin_port));
	else if (family == AF_INET6 &&
		 IN6_IS_ADDR_UNSPECIFIED(&sin6->sin6_addr))
		snprintf(out, LISTEN_HOST_SIZE, "localhost:%u",
		    (unsigned)ntohs(sin6->sin6_port));
	else
		address_format(address, out);
	return family == AF_INET || family == AF_INET6;
}

static void
address_write(const struct server_listen *at, void *arg)
{
	char host[LISTEN_HOST_SIZE];
	FILE *file = arg;

	/* Of the API, or for balancers only. */
	if (at->dialect == NULL || at->proxy)
		return;
	if (listen_host(&at->address, host))
		fprintf(file, "ws%s://%s/ws %s\n", at->tls ? "s" : "", host,
		    at->dialect->name);
	else
		fprintf(file, "%s %s\n", host, at->dialect->name);
}

bool
listen_file_write(const char *path, const struct server *server)
{
	char fresh[512];
	FILE *file;
	bool written;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	file = fopen(fresh, "we");
	if (file == NULL) {
		log_error("listen_file %s: %s", fresh, strerror(errno));
		return false;
	}
	server_each_address(server, address_write, file);
	written = ferror(file) == 0;
	if (fclose(file) != 0 || !written || rename(fresh, path) < 0) {
		log_error("listen_file %s: %s", path, strerror(errno));
		unlink(fresh);
		return false;
	}
	return true;
}

void
listen_file_remove(const char *path)
{
	if (unlink(path) < 0)
		log_warn("listen_file %s: %s", path, strerror(errno));
}
