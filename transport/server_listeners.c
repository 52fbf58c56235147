/* The addresses that a server listens on, and what it accepts there. */
#include <assert.h>
#include <stdlib.h>

#include "domain/log.h"
#include "transport/http/http_conn.h"
#include "transport/net/conn.h"
#include "transport/routes.h"
#include "transport/server_internal.h"
#include "transport/tls/tls_io.h"
#include "wire/dialect.h"

static bool
server_accept(void *arg, const struct accepted *accepted)
{
	struct server_listener *at = arg;
	struct server *server = at->server;
	struct worker *worker = &server->worker;
	struct http_client peer = { accepted->from, at->tls };
	struct conn *conn = http_conn_create(&worker->http, &worker->loop,
	    accepted->fd, accepted->peer, at->listener.dialect);

	if (conn == NULL)
		return false;
	http_conn_set_peer(conn, &peer);
	if (at->tls && !tls_accept(conn, server->tls))
		conn_abort(conn);
	return true;
}

static const struct listener_ops listener_ops = {
	.accept = server_accept,
	.is_probe = routes_is_probe,
};

static void
log_listening(const struct server_listener *at)
{
	const struct dialect *dialect = at->listener.dialect;
	char text[ADDRESS_TEXT_SIZE];

	address_format(&at->listener.address, text);
	if (dialect == NULL)
		log_info("listening on %s", text);
	else
		log_info("listening on %s (%s%s%s)", text, dialect->name,
		    at->tls ? ", TLS" : "",
		    at->listener.expects_proxy ? ", PROXY" : "");
}

static bool
server_listener_open(struct server_listener *at,
    const struct server_listen *listen)
{
	struct loop *loop = &at->server->worker.loop;

	at->configured = listen->address;
	if (listen->passed_fd != 0) {
		if (!listener_adopt(&at->listener, loop, listen->passed_fd,
			listen->dialect, &listener_ops, at))
			return false;
		at->listener.is_passed = !listen->has_file;
		return true;
	}
	return listener_open(&at->listener, loop, &listen->address,
	    listen->dialect, &listener_ops, at);
}

bool
server_open_listeners(struct server *server)
{
	const struct server_config *config = &server->config;

	server->listeners =
	    calloc(config->listen_count, sizeof(*server->listeners));
	if (server->listeners == NULL)
		return false;
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct server_listen *listen = &config->listen[i];
		struct server_listener *at = &server->listeners[i];

		assert(!listen->tls || server->tls != NULL);
		at->server = server;
		at->tls = listen->tls;
		if (!server_listener_open(at, listen))
			return false;
		at->listener.expects_proxy = listen->proxy;
		log_listening(at);
		server->listener_count++;
	}
	return true;
}

void
server_close_listeners(struct server *server)
{
	for (size_t i = 0; i < server->listener_count; i++)
		listener_close(&server->listeners[i].listener);
	free(server->listeners);
}

void
server_each_address(const struct server *server, server_visit_address *visit,
    void *arg)
{
	for (size_t i = 0; i < server->listener_count; i++) {
		const struct server_listener *at = &server->listeners[i];
		struct server_listen bound = {
			.address = at->listener.address,
			.dialect = at->listener.dialect,
			.tls = at->tls,
			.proxy = at->listener.expects_proxy,
		};

		visit(&bound, arg);
	}
}

void
server_each_listener(const struct server *server, server_visit_listener *visit,
    void *arg)
{
	for (size_t i = 0; i < server->listener_count; i++) {
		const struct server_listener *at = &server->listeners[i];
		struct server_listen listen = {
			.address = at->configured,
			.dialect = at->listener.dialect,
			.tls = at->tls,
			.proxy = at->listener.expects_proxy,
			.has_file = !at->listener.is_passed,
		};

		visit(&listen, at->listener.fd, arg);
	}
}

void
server_hold_tls_listeners(struct server *server)
{
	for (size_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].tls)
			listener_hold(&server->listeners[i].listener);
}

void
server_accept_again(struct server *server)
{
	for (size_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].tls)
			listener_release(&server->listeners[i].listener);
}
