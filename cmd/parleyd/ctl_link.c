#include "cmd/parleyd/ctl_link.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "transport/tls/tls_client.h"
#include "transport/tls/tls_error.h"

#define TIMEOUT_S 30

bool
ctl_url_read(struct ctl_url *out, const char *text)
{
	const char *host, *end, *port;
	size_t len;

	*out = (struct ctl_url){ .is_tls = strncmp(text, "https://", 8) == 0 };
	if (strncmp(text, "unix:", 5) == 0) {
		out->path = text + 5;
		return true;
	}
	if (!out->is_tls && strncmp(text, "http://", 7) != 0)
		return false;
	host = text + (out->is_tls ? 8 : 7);
	end = host + strcspn(host, "/");
	port = memchr(host, ']', (size_t)(end - host));
	port = memchr(port != NULL ? port : host, ':',
	    (size_t)(end - (port != NULL ? port : host)));
	len = (size_t)((port != NULL ? port : end) - host);
	if (host[0] == '[' && len >= 2) {
		host++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(out->host) ||
	    (end[0] == '/' && end[1] != '\0'))
		return false;
	snprintf(out->host, sizeof(out->host), "%.*s", (int)len, host);
	if (port == NULL)
		snprintf(out->port, sizeof(out->port), "%s",
		    out->is_tls ? "443" : "80");
	else
		snprintf(out->port, sizeof(out->port), "%.*s",
		    (int)(end - port - 1), port + 1);
	return true;
}

static int
socket_open(int family, const struct sockaddr *address, socklen_t len)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, address, len) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
unix_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	return socket_open(AF_UNIX, (const void *)&address, sizeof(address));
}

static int
host_connect(const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &found) != 0) {
		errno = EHOSTUNREACH;
		return -1;
	}
	for (const struct addrinfo *at = found; at != NULL && fd < 0;
	     at = at->ai_next)
		fd = socket_open(at->ai_family, at->ai_addr, at->ai_addrlen);
	freeaddrinfo(found);
	return fd;
}

/* Also of a certificate that is refused. */
static bool
link_tls_fail(const struct ctl_link *link, char *why, size_t size)
{
	const char *reason = tls_error_take("the handshake failed");
	long fault =
	    link->ssl != NULL ? SSL_get_verify_result(link->ssl) : X509_V_OK;

	snprintf(why, size, "TLS: %s",
	    fault != X509_V_OK ? X509_verify_cert_error_string(fault) : reason);
	return false;
}

static bool
link_tls_begin(struct ctl_link *link, const char *host, const char *ca,
    char *why, size_t size)
{
	link->context = SSL_CTX_new(TLS_client_method());
	if (link->context == NULL || !tls_client_trust(link->context, ca))
		return link_tls_fail(link, why, size);
	link->ssl = SSL_new(link->context);
	return (link->ssl != NULL && tls_client_expect(link->ssl, host) &&
		   SSL_set_fd(link->ssl, link->fd) == 1 &&
		   SSL_connect(link->ssl) == 1) ||
	       link_tls_fail(link, why, size);
}

bool
ctl_link_open(struct ctl_link *link, const struct ctl_url *url, const char *ca,
    char *why, size_t size)
{
	*link = (struct ctl_link){
		.fd = url->path != NULL ? unix_connect(url->path)
					: host_connect(url->host, url->port),
	};
	if (link->fd < 0) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	if (!url->is_tls || link_tls_begin(link, url->host, ca, why, size))
		return true;
	ctl_link_close(link);
	return false;
}

void
ctl_link_close(struct ctl_link *link)
{
	SSL_free(link->ssl);
	SSL_CTX_free(link->context);
	close(link->fd);
}

bool
ctl_link_send(struct ctl_link *link, struct str text)
{
	if (link->ssl != NULL)
		return SSL_write(link->ssl, text.data, (int)text.len) ==
		       (int)text.len;
	while (text.len > 0) {
		ssize_t sent =
		    send(link->fd, text.data, text.len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		text.data += sent;
		text.len -= (size_t)sent;
	}
	return true;
}

ssize_t
ctl_link_receive(struct ctl_link *link, char *out, size_t size)
{
	int got;

	if (link->ssl == NULL)
		return recv(link->fd, out, size, 0);
	got = SSL_read(link->ssl, out, (int)size);
	if (got > 0)
		return got;
	return SSL_get_error(link->ssl, got) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}
