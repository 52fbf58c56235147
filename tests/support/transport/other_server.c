#include "tests/support/transport/other_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "transport/tls/tls_context.h"

static void
server_on_done(void *arg, int status, struct str body, const char *why)
{
	struct other_server *server = arg;

	malloc_spare(true);
	server->results++;
	server->status = status;
	ck_assert_uint_le(body.len, HTTP_CALL_BODY_MAX);
	memcpy(server->body, body.data, body.len);
	server->body[body.len] = '\0';
	server->len = body.len;
	snprintf(server->why, sizeof(server->why), "%s",
	    why != NULL ? why : "");
	if (status != 0)
		server->retry_after_s = http_call_retry_after_s(server->call);
	if (server->calls_again) {
		server->calls_again = false;
		other_server_begin(server, "again");
	}
	malloc_spare(false);
}

void
other_server_init(struct other_server *server, const char *url_of_port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	char url[64], why[128];

	memset(server, 0, sizeof(*server));
	server->headers = "";
	recorder_init(&server->recorder);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(server->listening, (struct sockaddr *)&sin, len),
	    0);
	ck_assert_int_eq(listen(server->listening, 128), 0);
	getsockname(server->listening, (struct sockaddr *)&sin, &len);
	snprintf(url, sizeof(url), url_of_port, (unsigned)ntohs(sin.sin_port));
	ck_assert_msg(http_target_find(&server->target, str_from(url), why,
			  sizeof(why)),
	    "%s", why);
	server->peer = -1;
}

void
other_server_fini(struct other_server *server)
{
	recorder_fini(&server->recorder);
	if (server->listening >= 0)
		close(server->listening);
	if (server->peer >= 0)
		close(server->peer);
}

size_t
other_server_connections(const struct other_server *server)
{
	return server->recorder.rig.worker.loop.conn_count;
}

void
other_server_begin(struct other_server *server, const char *json)
{
	server->call = http_call_post(&server->recorder.rig.worker.loop,
	    &server->target, str_from(server->headers), str_from(json), 2000,
	    server_on_done, server);
}

static void
server_accept(struct other_server *server)
{
	if (server->peer < 0)
		server->peer =
		    accept4(server->listening, NULL, NULL, SOCK_NONBLOCK);
}

void
other_server_turn(struct other_server *server)
{
	ssize_t got = 0;

	rig_turn(&server->recorder.rig);
	server_accept(server);
	if (server->peer >= 0)
		got = recv(server->peer, server->request,
		    sizeof(server->request) - 1, 0);
	if (got > 0)
		server->request[got] = '\0';
	rig_turn(&server->recorder.rig);
}

void
other_server_post(struct other_server *server, const char *json)
{
	server->request[0] = '\0';
	other_server_begin(server, json);
	ck_assert_ptr_nonnull(server->call);
	other_server_turn(server);
	other_server_turn(server);
}

void
other_server_answer(struct other_server *server, const char *text)
{
	malloc_spare(true);
	ck_assert_int_eq(send(server->peer, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
	malloc_spare(false);
	other_server_turn(server);
}

void
other_server_close(struct other_server *server)
{
	close(server->peer);
	server->peer = -1;
	SSL_free(server->ssl);
	server->ssl = NULL;
}

/* --- under TLS ------------------------------------------------------------ */

void
other_server_init_tls(struct other_server *server, const char *url, bool trusts)
{
	char why[128];

	other_server_init(server, url);
	ck_assert(server->target.is_tls);
	certificate_make(&server->certificate);
	certificate_make(&server->other_certificate);
	server->target.tls =
	    tls_context_create_client(trusts ? server->certificate.path
					     : server->other_certificate.path,
		why, sizeof(why));
	ck_assert_msg(server->target.tls != NULL, "%s", why);
	server->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate_chain_file(server->context,
	    server->certificate.path);
	SSL_CTX_use_PrivateKey_file(server->context,
	    server->certificate.key_path, SSL_FILETYPE_PEM);
}

void
other_server_fini_tls(struct other_server *server)
{
	SSL_free(server->ssl);
	SSL_CTX_free(server->context);
	tls_context_unref(server->target.tls);
	certificate_remove(&server->certificate);
	certificate_remove(&server->other_certificate);
	other_server_fini(server);
}

static void
server_begin_tls(struct other_server *server)
{
	setsockopt(server->peer, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 },
	    sizeof(int));
	server->ssl = SSL_new(server->context);
	SSL_set_fd(server->ssl, server->peer);
	SSL_set_accept_state(server->ssl);
}

void
other_server_turn_tls(struct other_server *server)
{
	unsigned results = server->results;
	size_t got = 0;

	for (int i = 0; i < 100 && got == 0 && server->results == results;
	     i++) {
		rig_turn(&server->recorder.rig);
		server_accept(server);
		if (server->peer >= 0 && server->ssl == NULL)
			server_begin_tls(server);
		if (server->ssl != NULL &&
		    SSL_read_ex(server->ssl, server->request,
			sizeof(server->request) - 1, &got) == 1)
			server->request[got] = '\0';
	}
}

void
other_server_post_tls(struct other_server *server, const char *json)
{
	server->request[0] = '\0';
	other_server_begin(server, json);
	ck_assert_ptr_nonnull(server->call);
	other_server_turn_tls(server);
}

void
other_server_answer_tls(struct other_server *server, const char *text)
{
	size_t written;

	ck_assert_int_eq(SSL_write_ex(server->ssl, text, strlen(text),
			     &written),
	    1);
	rig_turn(&server->recorder.rig);
}
