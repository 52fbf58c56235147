/* A blocking connection to a server: TCP, TLS over it, or a Unix socket. */
#ifndef PARLEYD_CTL_LINK_H
#define PARLEYD_CTL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "domain/base/str.h"

struct ctl_url {
	char host[256]; /* "" for a Unix socket */
	char port[8];
	const char
	    *path; /* of a Unix socket, in the text of the URL; or NULL */
	bool is_tls;
};

/* "http://host:port", "https://[::1]:8443/", "unix:/path". False: malformed. */
bool ctl_url_read(struct ctl_url *, const char *text);

struct ctl_link {
	int fd;
	struct ssl_ctx_st *context; /* NULL: without TLS */
	struct ssl_st *ssl;
};

/*
 * Under TLS the certificate is verified against the authorities in the file
 * `ca`; NULL: those that the system trusts. False: `why` names the problem.
 */
bool ctl_link_open(struct ctl_link *, const struct ctl_url *, const char *ca,
    char *why, size_t size);

void ctl_link_close(struct ctl_link *);

bool ctl_link_send(struct ctl_link *, struct str);

/* How many bytes came; 0: the end; -1: it failed. */
ssize_t ctl_link_receive(struct ctl_link *, char *out, size_t size);

#endif
