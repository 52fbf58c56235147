/* The server as its clients reach it, through the proxies between. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "cmd/parley/frames.h"
#include "cmd/parley/handshake.h"
#include "cmd/parleyd/doctor/checks.h"
#include "transport/tls/tls_client.h"
#include "transport/tls/tls_error.h"

/* To connect, and for each answer. */
#define ANSWER_MS 15000

/* A time-out at which a proxy ends a connection is a round number of these. */
#define SECOND_MS 1000

static int64_t
probe_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- a stream of bytes ---------------------------------------------------- */

struct probe {
	struct findings *findings;
	struct url url;
	int fd;
	SSL_CTX *context; /* NULL: without TLS */
	SSL *ssl;
	struct frames frames;
	char in[16384];
	int64_t last_ms; /* of the last byte in either direction */
	unsigned pings;  /* of the server */
	bool is_open;
	bool has_answer; /* something came after the handshake */
	unsigned close_code;
};

/* Within a time; false: errno has the reason. */
static bool
probe_connect_one(struct probe *probe, const struct addrinfo *at)
{
	struct pollfd poll_fd = { .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0;

	probe->fd = socket(at->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe->fd < 0)
		return false;
	poll_fd.fd = probe->fd;
	if (connect(probe->fd, at->ai_addr, at->ai_addrlen) == 0)
		return true;
	if (errno != EINPROGRESS)
		error = errno;
	else if (poll(&poll_fd, 1, ANSWER_MS) != 1)
		error = ETIMEDOUT;
	else
		getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error == 0)
		return true;
	close(probe->fd);
	probe->fd = -1;
	errno = error;
	return false;
}

static bool
probe_connect(struct probe *probe)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	bool is_connected = false;
	int error =
	    getaddrinfo(probe->url.host, probe->url.port, &hints, &found);

	if (error != 0) {
		finding_add(probe->findings, FINDING_ERROR, "%s: %s",
		    probe->url.host, gai_strerror(error));
		return false;
	}
	for (const struct addrinfo *at = found; at != NULL && !is_connected;
	     at = at->ai_next)
		is_connected = probe_connect_one(probe, at);
	freeaddrinfo(found);
	if (!is_connected) {
		finding_add(probe->findings, FINDING_ERROR, "%s port %s: %s",
		    probe->url.host, probe->url.port, strerror(errno));
		finding_set_remedy(probe->findings,
		    "a firewall, or a server that does not listen there: "
		    "--listen :8080");
	}
	return is_connected;
}

/* Whether the socket is ready before a moment. */
static bool
probe_wait(struct probe *probe, short events, int64_t until_ms)
{
	struct pollfd poll_fd = { .fd = probe->fd, .events = events };
	int64_t left = until_ms - probe_clock_ms();

	return left > 0 && poll(&poll_fd, 1, (int)left) == 1;
}

/* What a call of OpenSSL waits for; 0: it has failed. */
static short
tls_wants(const struct probe *probe, int result)
{
	switch (SSL_get_error(probe->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return POLLIN;
	case SSL_ERROR_WANT_WRITE:
		return POLLOUT;
	default:
		return 0;
	}
}

static void
tls_fault_report(struct probe *probe)
{
	long fault = SSL_get_verify_result(probe->ssl);
	const char *reason = tls_error_take("the connection ended");

	if (fault != X509_V_OK) {
		finding_add(probe->findings, FINDING_ERROR,
		    "the certificate of %s: %s", probe->url.host,
		    X509_verify_cert_error_string(fault));
		finding_set_remedy(probe->findings,
		    "a certificate for this name, with the certificates "
		    "between it and its authority in the same file");
	} else
		finding_add(probe->findings, FINDING_ERROR, "TLS: %s", reason);
}

static bool
probe_start_tls(struct probe *probe, const char *ca)
{
	int64_t until_ms = probe_clock_ms() + ANSWER_MS;
	int result;
	short wants;

	probe->context = SSL_CTX_new(TLS_client_method());
	if (probe->context == NULL || !tls_client_trust(probe->context, ca)) {
		finding_add(probe->findings, FINDING_ERROR, "--ca %s: %s",
		    ca == NULL ? "" : ca, tls_error_take("not usable"));
		return false;
	}
	probe->ssl = SSL_new(probe->context);
	if (probe->ssl == NULL || SSL_set_fd(probe->ssl, probe->fd) != 1 ||
	    !tls_client_expect(probe->ssl, probe->url.host))
		return false;
	while ((result = SSL_connect(probe->ssl)) != 1) {
		wants = tls_wants(probe, result);
		if (wants != 0 && probe_wait(probe, wants, until_ms))
			continue;
		tls_fault_report(probe);
		return false;
	}
	return true;
}

/* One request or frame; it fits into the socket's buffer. */
static bool
probe_send(struct probe *probe, const char *data, size_t len)
{
	probe->last_ms = probe_clock_ms();
	if (probe->ssl != NULL)
		return SSL_write(probe->ssl, data, (int)len) == (int)len;
	return send(probe->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/*
 * Reads before a moment. Returns the number of bytes; 0: the connection has
 * ended; -1: the time is over.
 */
static ssize_t
probe_receive(struct probe *probe, char *at, size_t size, int64_t until_ms)
{
	ssize_t got;

	do {
		got = probe->ssl != NULL ? SSL_read(probe->ssl, at, (int)size)
					 : recv(probe->fd, at, size, 0);
		if (got > 0) {
			probe->last_ms = probe_clock_ms();
			return got;
		}
		if (probe->ssl != NULL ? tls_wants(probe, (int)got) == 0
				       : got == 0 || errno != EAGAIN)
			return 0;
	} while (probe_wait(probe, POLLIN, until_ms));
	return -1;
}

/* --- frames --------------------------------------------------------------- */

static bool
probe_send_control(struct probe *probe, enum ws_opcode opcode,
    struct str payload)
{
	static const uint8_t mask[4]; /* all zero: it changes nothing */
	uint8_t frame[FRAMES_HEAD_MAX + WS_CONTROL_MAX];
	size_t head = frames_write_head(opcode, payload.len, mask, frame);

	memcpy(frame + head, payload.data, payload.len);
	return probe_send(probe, (const char *)frame, head + payload.len);
}

static bool
probe_on_text(void *arg, struct str text)
{
	(void)arg;
	(void)text;
	return true;
}

static bool
probe_on_ping(void *arg, struct str payload)
{
	struct probe *probe = arg;

	probe->pings++;
	return probe_send_control(probe, WS_PONG, payload);
}

static bool
probe_on_close(void *arg, unsigned code, struct str reason)
{
	struct probe *probe = arg;

	(void)reason;
	probe->close_code = code;
	probe->is_open = false;
	return false;
}

static bool
probe_feed(struct probe *probe, const char *data, size_t len)
{
	static const struct frames_ops ops = {
		.text = probe_on_text,
		.ping = probe_on_ping,
		.close = probe_on_close,
	};
	bool on = true;

	probe->has_answer |= len > 0;
	return frames_feed(&probe->frames, &ops, probe, data, len, &on) == 0 &&
	       on;
}

/* Reads frames until then. False: the connection has ended. */
static bool
probe_read_frames(struct probe *probe, int64_t until_ms, bool until_answer)
{
	while (!until_answer || !probe->has_answer) {
		ssize_t got = probe_receive(probe, probe->in, sizeof(probe->in),
		    until_ms);

		if (got < 0)
			return true;
		if (got == 0 || !probe_feed(probe, probe->in, (size_t)got))
			return false;
	}
	return true;
}

/* --- the handshake -------------------------------------------------------- */

static const struct {
	unsigned status;
	const char *remedy;
} refusals[] = {
	{ 400, "the proxy has to pass the headers Upgrade and Connection on" },
	{ 401, "--token TOKEN: the server asks who connects" },
	{ 403, "auth.origins, or the rules of the proxy" },
	{ 404, "the path of a WebSocket is /ws" },
	{ 426, "the proxy has to pass the headers Upgrade and Connection on" },
	{ 429, "auth.trusted_proxies, if clients share the proxy's address" },
	{ 502, "the proxy does not reach the server" },
	{ 503, "/readyz?verbose has the reason" },
	{ 504, "the proxy does not reach the server" },
};

static void
refusal_report(struct probe *probe, unsigned status)
{
	finding_add(probe->findings, FINDING_ERROR,
	    "the handshake is answered with %u instead of 101", status);
	for (size_t i = 0; i < COUNT_OF(refusals); i++)
		if (refusals[i].status == status)
			finding_set_remedy(probe->findings, "%s",
			    refusals[i].remedy);
	if (status / 100 == 2)
		finding_set_remedy(probe->findings, "%s", refusals[0].remedy);
}

static bool
probe_upgrade(struct probe *probe, const char *token)
{
	char key[HANDSHAKE_KEY_SIZE], request[HANDSHAKE_REQUEST_SIZE];
	uint8_t nonce[HANDSHAKE_NONCE_BYTES] = { 0 };
	int64_t until_ms = probe_clock_ms() + ANSWER_MS;
	enum handshake_result result = HANDSHAKE_SHORT;
	size_t have = 0, used = 0;
	unsigned status = 0;

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return false;
	handshake_key(nonce, key);
	if (!probe_send(probe, request,
		handshake_request(&probe->url, key, token, request)))
		return false;
	while (result == HANDSHAKE_SHORT && have < sizeof(probe->in)) {
		ssize_t got = probe_receive(probe, probe->in + have,
		    sizeof(probe->in) - have, until_ms);

		if (got <= 0)
			break;
		have += (size_t)got;
		result = handshake_read(str_slice(probe->in, have), key, &used,
		    &status);
	}
	if (result == HANDSHAKE_DONE)
		return probe_feed(probe, probe->in + used, have - used);
	if (result == HANDSHAKE_REFUSED)
		refusal_report(probe, status);
	else
		finding_add(probe->findings, FINDING_ERROR,
		    "the handshake is not answered as a WebSocket");
	return false;
}

/* --- what is found -------------------------------------------------------- */

static void
end_report(struct probe *probe, int64_t begun_ms)
{
	int64_t now_ms = probe_clock_ms();
	/* Rounded: both clocks are read a little late. */
	int64_t silence_s =
	    (now_ms - probe->last_ms + SECOND_MS / 2) / SECOND_MS;

	if (!probe->is_open) {
		finding_add(probe->findings, FINDING_WARNING,
		    "closed with %u after %lld s", probe->close_code,
		    (long long)(now_ms - begun_ms) / SECOND_MS);
		finding_set_remedy(probe->findings,
		    "the log of the server has the reason");
		return;
	}
	finding_add(probe->findings, FINDING_ERROR,
	    "cut off without a close frame after %lld s, %lld s of them "
	    "without "
	    "a byte (pings of the server: %u)",
	    (long long)(now_ms - begun_ms) / SECOND_MS, (long long)silence_s,
	    probe->pings);
	finding_set_remedy(probe->findings,
	    "the idle time-out of a proxy is %lld s: raise it, or set "
	    "limits.ping_interval below it",
	    (long long)silence_s);
}

/* The greeting comes, or at least a pong. */
static void
probe_watch(struct probe *probe, int wait_s)
{
	int64_t begun_ms = probe_clock_ms();

	probe->is_open = true;
	if (!probe_send_control(probe, WS_PING, STR("doctor")) ||
	    !probe_read_frames(probe, begun_ms + ANSWER_MS, true)) {
		end_report(probe, begun_ms);
		return;
	}
	if (!probe->has_answer) {
		finding_add(probe->findings, FINDING_ERROR,
		    "the handshake succeeds, and nothing else arrives");
		finding_set_remedy(probe->findings,
		    "a proxy keeps it back: switch its buffering off");
		return;
	}
	finding_add(probe->findings, FINDING_OK,
	    "connected%s, answers within %lld ms",
	    probe->ssl != NULL ? " under TLS" : "",
	    (long long)(probe_clock_ms() - begun_ms));
	if (!probe_read_frames(probe, begun_ms + wait_s * SECOND_MS, false)) {
		end_report(probe, begun_ms);
		return;
	}
	finding_add(probe->findings, FINDING_OK,
	    "still open after %d s (pings of the server: %u)", wait_s,
	    probe->pings);
}

void
check_url(struct doctor *doctor)
{
	struct probe probe = { .findings = &doctor->findings, .fd = -1 };
	struct str bye = STR("\x03\xe8"); /* 1000 */

	if (!url_parse(&probe.url, str_from(doctor->url))) {
		finding_add(&doctor->findings, FINDING_ERROR,
		    "%s is no URL such as wss://chat.example.org/ws",
		    doctor->url);
		return;
	}
	if (strcmp(probe.url.target, "/") == 0)
		url_set_path(&probe.url, "/ws");
	signal(SIGPIPE, SIG_IGN);
	frames_init(&probe.frames);
	if (probe_connect(&probe) &&
	    (!probe.url.tls || probe_start_tls(&probe, doctor->ca)) &&
	    probe_upgrade(&probe, doctor->token)) {
		probe_watch(&probe, doctor->wait_s);
		probe_send_control(&probe, WS_CLOSE, bye);
	}
	frames_fini(&probe.frames);
	SSL_free(probe.ssl);
	SSL_CTX_free(probe.context);
	if (probe.fd >= 0)
		close(probe.fd);
}
