/* A server that is a socket of the test, and calls to it. */
#ifndef TESTS_SUPPORT_TRANSPORT_OTHER_SERVER_H
#define TESTS_SUPPORT_TRANSPORT_OTHER_SERVER_H

#include <openssl/ssl.h>

#include "tests/support/transport/certificate.h"
#include "tests/support/transport/recorder.h"
#include "transport/http/http_call.h"

struct other_server {
	struct recorder recorder; /* with the loop of the calls */
	struct http_target target;
	int listening;
	int peer; /* what it has accepted; -1: nothing */
	char request[4096];
	const char *headers; /* more lines of requests */
	/* the last call, and its result */
	struct http_call *call;
	unsigned results;
	int status;
	char body[HTTP_CALL_BODY_MAX + 1];
	size_t len;
	char why[128];
	uint64_t retry_after_s;
	bool calls_again; /* when it has a result, once */
	/* under TLS */
	struct certificate certificate, other_certificate;
	SSL_CTX *context;
	SSL *ssl; /* at the peer's end; NULL: nothing was accepted */
};

/* A URL with %u for the port. */
void other_server_init(struct other_server *, const char *url);
void other_server_fini(struct other_server *);

/* The same under TLS, for a client that trusts this authority. */
void other_server_init_tls(struct other_server *, const char *url, bool trusts);
void other_server_fini_tls(struct other_server *);

/* Number of connections that the loop has. */
size_t other_server_connections(const struct other_server *);

/* Begins a call, without a turn. */
void other_server_begin(struct other_server *, const char *json);

/* The same, until the server has the request. */
void other_server_post(struct other_server *, const char *json);
void other_server_post_tls(struct other_server *, const char *json);

/* A turn: the server accepts and reads. */
void other_server_turn(struct other_server *);

/* Until the server has a request under TLS, or the call has a result. */
void other_server_turn_tls(struct other_server *);

/* Sends this, and a turn follows. */
void other_server_answer(struct other_server *, const char *text);
void other_server_answer_tls(struct other_server *, const char *text);

/* The server closes what it has accepted, and may accept anew. */
void other_server_close(struct other_server *);

#endif
