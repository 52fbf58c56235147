#include "transport/tls/tls_io.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "domain/log.h"
#include "transport/net/conn.h"
#include "transport/tls/tls_client.h"
#include "transport/tls/tls_error.h"
#include "transport/tls/tls_internal.h"

#define RECORD_SIZE 16384 /* the most that one record carries */

/*
 * OpenSSL writes each record through a BIO of ours, which accepts all of it
 * and keeps what the socket does not take. So a write never has to be
 * repeated with the same bytes, and at most one record waits here.
 */
struct tls_session {
	struct conn_io base;
	struct conn *conn;
	struct tls_context *context;
	SSL *ssl;
	bool is_client;
	bool is_established; /* its handshake is done */
	const char *failure; /* of the handshake of a client; NULL: none */
	char *unsent;        /* records; NULL: nothing */
	size_t unsent_len;
	size_t unsent_sent; /* of these */
	char *early;        /* of a client: for the end of the handshake */
	size_t early_len;
};

static struct tls_session *
tls_session_of(const struct conn *conn)
{
	return (struct tls_session *)conn->io;
}

/* --- the socket below OpenSSL --------------------------------------------- */

/* What the socket takes; 0: it is full; -1: it failed. */
static ssize_t
socket_send(struct tls_session *session, const void *data, size_t len)
{
	ssize_t sent =
	    send(session->conn->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return 0;
	return sent;
}

static bool
unsent_append(struct tls_session *session, const char *data, size_t len)
{
	char *unsent = realloc(session->unsent, session->unsent_len + len);

	if (unsent == NULL)
		return false;
	memcpy(unsent + session->unsent_len, data, len);
	session->unsent = unsent;
	session->unsent_len += len;
	conn_want_write(session->conn);
	return true;
}

static int
socket_bio_write(BIO *bio, const char *data, int len)
{
	struct tls_session *session = BIO_get_data(bio);
	ssize_t sent = 0;

	BIO_clear_retry_flags(bio);
	if (session->unsent == NULL)
		sent = socket_send(session, data, (size_t)len);
	if (sent < 0)
		return -1;
	if (sent < len &&
	    !unsent_append(session, data + sent, (size_t)(len - sent)))
		return -1;
	return len;
}

static int
socket_bio_read(BIO *bio, char *data, int len)
{
	struct tls_session *session = BIO_get_data(bio);
	ssize_t got = recv(session->conn->fd, data, (size_t)len, 0);

	BIO_clear_retry_flags(bio);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	return (int)got;
}

static long
socket_bio_ctrl(BIO *bio, int command, long number, void *arg)
{
	(void)bio;
	(void)number;
	(void)arg;
	return command == BIO_CTRL_FLUSH;
}

/* One for all connections, which may outlive any context. */
static const BIO_METHOD *
socket_bio_method(void)
{
	static BIO_METHOD *method;

	if (method != NULL)
		return method;
	method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "parley");
	if (method != NULL) {
		BIO_meth_set_write(method, socket_bio_write);
		BIO_meth_set_read(method, socket_bio_read);
		BIO_meth_set_ctrl(method, socket_bio_ctrl);
	}
	return method;
}

/* --- input ---------------------------------------------------------------- */

static void
handshake_note_failure(struct tls_session *session)
{
	long verdict = SSL_get_verify_result(session->ssl);
	const char *reason = tls_error_take("connection lost");

	if (session->is_established)
		return;
	if (!session->is_client)
		log_limited(LOG_INFO, "TLS handshake failed: %s", reason);
	else
		session->failure = verdict != X509_V_OK
				       ? X509_verify_cert_error_string(verdict)
				       : reason;
}

/* Sends what waited for the end of the handshake. */
static bool
early_send(struct tls_session *session)
{
	size_t written;
	bool is_sent =
	    session->early == NULL || SSL_write_ex(session->ssl, session->early,
					  session->early_len, &written) == 1;

	free(session->early);
	session->early = NULL;
	return is_sent;
}

/* False: the connection failed. */
static bool
handshake_finish(struct tls_session *session)
{
	session->is_established = true;
	if (session->is_client)
		return early_send(session);
	session->conn->loop->meter
	    .tls[SSL_session_reused(session->ssl) ? TLS_RESUMED : TLS_FULL]++;
	return true;
}

static ssize_t
tls_read(struct conn *conn, void *data, size_t len)
{
	struct tls_session *session = tls_session_of(conn);
	size_t got;
	int result, error;

	ERR_clear_error();
	result = SSL_read_ex(session->ssl, data, len, &got);
	error = SSL_get_error(session->ssl, result);
	if (!session->is_established && SSL_is_init_finished(session->ssl) &&
	    !handshake_finish(session))
		error = SSL_ERROR_SSL;
	switch (error) {
	case SSL_ERROR_NONE:
		return (ssize_t)got;
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		handshake_note_failure(session);
		errno = EPROTO;
		return -1;
	}
}

/* --- output --------------------------------------------------------------- */

/* Where in a list of vectors the next record begins. */
struct vector_position {
	const struct iovec *vectors;
	int count;
	size_t offset; /* in the first */
};

/*
 * The bytes of the next record: where they lie if one vector fills it or is
 * the last, else a copy.
 */
static struct iovec
record_gather(struct vector_position *at, char scratch[RECORD_SIZE])
{
	struct iovec record = { .iov_base = scratch };

	while (at->count > 0 && record.iov_len < RECORD_SIZE) {
		char *data = (char *)at->vectors->iov_base + at->offset;
		size_t len = at->vectors->iov_len - at->offset;
		size_t room = RECORD_SIZE - record.iov_len;
		size_t part = len < room ? len : room;

		if (record.iov_len == 0 && (at->count == 1 || len >= room))
			record.iov_base = data;
		else
			memcpy(scratch + record.iov_len, data, part);
		record.iov_len += part;
		at->offset += part;
		if (part == len) {
			at->vectors++;
			at->count--;
			at->offset = 0;
		}
	}
	return record;
}

/* Takes all of it, to be sent after the handshake. */
static ssize_t
early_append(struct tls_session *session, const struct iovec *vectors,
    int count)
{
	size_t total = 0;
	char *early;

	for (int i = 0; i < count; i++)
		total += vectors[i].iov_len;
	early = realloc(session->early, session->early_len + total);
	if (early == NULL)
		return -1;
	session->early = early;
	for (int i = 0; i < count; i++) {
		memcpy(early + session->early_len, vectors[i].iov_base,
		    vectors[i].iov_len);
		session->early_len += vectors[i].iov_len;
	}
	return (ssize_t)total;
}

static ssize_t
tls_write(struct conn *conn, struct iovec *vectors, int count)
{
	struct tls_session *session = tls_session_of(conn);
	struct vector_position at = { vectors, count, 0 };
	char scratch[RECORD_SIZE];
	size_t total = 0;

	if (session->is_client && !session->is_established)
		return early_append(session, vectors, count);
	/* There is no way to answer a peer before the handshake is done. */
	if (!SSL_is_init_finished(session->ssl)) {
		errno = EPROTO;
		return -1;
	}
	while (session->unsent == NULL && at.count > 0) {
		struct iovec record = record_gather(&at, scratch);
		size_t written;

		ERR_clear_error();
		if (SSL_write_ex(session->ssl, record.iov_base, record.iov_len,
			&written) != 1) {
			errno = EPROTO;
			return -1;
		}
		assert(written == record.iov_len);
		total += written;
	}
	if (total == 0)
		errno = EAGAIN;
	return total > 0 ? (ssize_t)total : -1;
}

static ssize_t
tls_send(struct conn *conn, const void *data, size_t len)
{
	struct iovec vector = { (void *)(uintptr_t)data, len };

	return tls_write(conn, &vector, 1);
}

static int
tls_flush(struct conn *conn)
{
	struct tls_session *session = tls_session_of(conn);
	ssize_t sent;

	if (session->unsent == NULL)
		return 1;
	sent = socket_send(session, session->unsent + session->unsent_sent,
	    session->unsent_len - session->unsent_sent);
	if (sent < 0)
		return -1;
	session->unsent_sent += (size_t)sent;
	if (session->unsent_sent < session->unsent_len)
		return 0;
	free(session->unsent);
	session->unsent = NULL;
	session->unsent_len = session->unsent_sent = 0;
	if ((SSL_get_shutdown(session->ssl) & SSL_SENT_SHUTDOWN) != 0)
		shutdown(conn->fd, SHUT_WR);
	return 1;
}

/* If there is no room for the last alert, tls_flush() sends it, and FIN. */
static void
tls_shutdown(struct conn *conn)
{
	struct tls_session *session = tls_session_of(conn);

	if (SSL_is_init_finished(session->ssl))
		SSL_shutdown(session->ssl);
	ERR_clear_error();
	if (session->unsent == NULL)
		shutdown(conn->fd, SHUT_WR);
}

/* --- life cycle ----------------------------------------------------------- */

static void
tls_io_destroy(struct conn *conn)
{
	struct tls_session *session = tls_session_of(conn);

	if (!session->is_established && !session->is_client)
		conn->loop->meter.tls[TLS_FAILED]++;
	SSL_free(session->ssl);
	tls_context_unref(session->context);
	free(session->unsent);
	free(session->early);
	free(session);
}

static const struct conn_io_ops tls_io_ops = {
	.read = tls_read,
	.send = tls_send,
	.write = tls_write,
	.flush = tls_flush,
	.shutdown = tls_shutdown,
	.destroy = tls_io_destroy,
};

/* NULL: no memory. */
static struct tls_session *
tls_session_create(struct conn *conn, struct tls_context *context)
{
	struct tls_session *session = calloc(1, sizeof(*session));
	const BIO_METHOD *method = socket_bio_method();
	BIO *bio = NULL;

	assert(conn->io == &conn_plain_io && !conn->has_sent);
	if (session == NULL || method == NULL)
		goto free_session;
	session->ssl = SSL_new(context->certificates[0]);
	bio = BIO_new(method);
	if (session->ssl == NULL || bio == NULL)
		goto free_ssl;
	session->conn = conn;
	session->context = tls_context_ref(context);
	BIO_set_data(bio, session);
	BIO_set_init(bio, 1);
	SSL_set_bio(session->ssl, bio, bio);
	session->base.ops = &tls_io_ops;
	conn->io = &session->base;
	return session;
free_ssl:
	BIO_free(bio);
	SSL_free(session->ssl);
free_session:
	free(session);
	return NULL;
}

bool
tls_accept(struct conn *conn, struct tls_context *context)
{
	struct tls_session *session = tls_session_create(conn, context);

	if (session == NULL)
		return false;
	SSL_set_accept_state(session->ssl);
	return true;
}

bool
tls_connect(struct conn *conn, struct tls_context *context, const char *host)
{
	struct tls_session *session = tls_session_create(conn, context);

	if (session == NULL)
		return false;
	session->is_client = true;
	SSL_set_connect_state(session->ssl);
	if (!tls_client_expect(session->ssl, host))
		return false;
	ERR_clear_error();
	switch (SSL_get_error(session->ssl, SSL_do_handshake(session->ssl))) {
	case SSL_ERROR_WANT_READ:
		return true;
	/* A server nearby may have answered already. */
	case SSL_ERROR_NONE:
		return handshake_finish(session);
	default:
		handshake_note_failure(session);
		return false;
	}
}

const char *
tls_connect_failure(const struct conn *conn)
{
	return conn->io->ops == &tls_io_ops ? tls_session_of(conn)->failure
					    : NULL;
}
