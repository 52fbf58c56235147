#include "transport/net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "domain/log.h"
#include "transport/net/loop.h"
#include "wire/dialect.h"

/* An accept takes microseconds; a growing backlog delays all. */
#define ACCEPTS_A_TURN 256
#define BACKOFF_FIRST_MS 10
#define BACKOFF_MOST_MS 1000
#define BACKLOG 4096

/*
 * Unsent bytes in the kernel above which a socket counts as not writable:
 * without this, megabytes for each slow reader.
 */
#define UNSENT_MOST (128 * 1024)

/* Sockets beyond the limit: probes, and requests to be refused. */
#define CONNECTIONS_SPARE 64

static void
listener_pause(struct listener *listener, int64_t ms)
{
	event_del(listener->event);
	listener->paused = true;
	listener->resume_ms = listener->loop->now_ms + ms;
}

static void
listener_back_off(struct listener *listener)
{
	listener->backoff_ms = listener->backoff_ms == 0
				   ? BACKOFF_FIRST_MS
				   : listener->backoff_ms * 2;
	if (listener->backoff_ms > BACKOFF_MOST_MS)
		listener->backoff_ms = BACKOFF_MOST_MS;
	listener_pause(listener, listener->backoff_ms);
}

/*
 * No descriptor is left. A waiting socket is reset; if none waits, the spare
 * descriptor is used to accept and close one connection.
 */
static void
descriptor_free(struct listener *listener)
{
	struct loop *loop = listener->loop;
	int fd;

	log_limited(LOG_WARN, "cannot accept: %s", strerror(errno));
	if (accept_queue_drop(&loop->accept_queue) ||
	    proxy_wait_drop(&listener->proxy_wait, "limits.connections"))
		return;
	close(listener->spare_fd);
	fd = accept(listener->fd, NULL, NULL);
	if (fd >= 0)
		close(fd);
	listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	listener_back_off(listener);
}

static bool
loop_is_full(const struct loop *loop)
{
	const struct transport_limits *limits = loop->limits;
	size_t count = loop->conn_count + loop->accept_queue.count +
		       loop->proxy_wait_count;

	return (limits->connections > 0 &&
		   count >= limits->connections + CONNECTIONS_SPARE) ||
	       (limits->sockets > 0 && count >= limits->sockets);
}

/* Bounds peers that never send the request that would be refused. */
static bool
peer_has_too_many(const struct loop *loop, const struct peer *peer)
{
	size_t most = loop->limits->connections_per_ip;

	return most > 0 && peer_count(peer) > most + CONNECTIONS_SPARE;
}

static void
listener_admit(const struct accepted *accepted)
{
	struct listener *listener = accepted->listener;

	if (!listener->ops->accept(listener->arg, accepted)) {
		peer_table_leave(&listener->loop->peers, accepted->peer);
		log_limited(LOG_WARN, "no memory for a connection");
	}
}

/* Resets it: the peer is informed at once, and no TIME_WAIT stays here. */
static void
listener_refuse(const struct accepted *accepted, const char *limit)
{
	static const struct linger reset = { .l_onoff = 1 };
	struct loop *loop = accepted->listener->loop;

	if (limit != NULL)
		meter_count_refusal(&loop->meter, limit);
	peer_table_leave(&loop->peers, accepted->peer);
	setsockopt(accepted->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(accepted->fd);
}

static bool
listener_sees_probe(const struct accepted *accepted, struct str request)
{
	return accepted->listener->ops->is_probe(request);
}

static const struct accept_ops accept_ops = {
	.admit = listener_admit,
	.refuse = listener_refuse,
	.is_probe = listener_sees_probe,
};

/* Whether there is room for one more; sockets that wait are dropped for it. */
static bool
listener_has_room(struct listener *listener)
{
	struct loop *loop = listener->loop;

	return !loop_is_full(loop) || accept_queue_drop(&loop->accept_queue) ||
	       proxy_wait_drop(&listener->proxy_wait, "limits.connections");
}

/*
 * A socket from a host, be it the peer's or the one in its PROXY header. A
 * trusted proxy is not counted: its requests name the clients that are.
 */
static void
listener_offer(struct listener *listener, int fd,
    const struct host_address *from)
{
	struct loop *loop = listener->loop;
	struct accepted accepted = {
		.ops = &accept_ops,
		.listener = listener,
		.from = *from,
		.fd = fd,
	};
	bool is_proxy = address_ranges_contain(loop->proxies, from);

	if (!is_proxy &&
	    !peer_table_enter(&loop->peers, from, &accepted.peer)) {
		close(fd);
		return;
	}
	if (peer_has_too_many(loop, accepted.peer))
		listener_refuse(&accepted, "limits.connections_per_ip");
	else if (!listener_has_room(listener))
		listener_refuse(&accepted, "limits.connections");
	else if (is_proxy)
		listener_admit(&accepted);
	else if (!accept_queue_add(&loop->accept_queue, &accepted))
		listener_refuse(&accepted, "memory");
}

/* --- PROXY headers -------------------------------------------------------- */

static void
listener_refuse_socket(void *arg, int fd, const char *limit)
{
	struct accepted accepted = { .listener = arg, .fd = fd };

	listener_refuse(&accepted, limit);
}

static void
listener_offer_proxied(void *arg, int fd, const struct host_address *client)
{
	listener_offer(arg, fd, client);
}

static const struct proxy_wait_ops proxy_wait_ops = {
	.arrived = listener_offer_proxied,
	.refuse = listener_refuse_socket,
};

/* If proxies are trusted, only they may name clients. */
static void
listener_await_proxy(struct listener *listener, int fd,
    const struct host_address *from)
{
	const struct address_ranges *proxies = listener->loop->proxies;
	char text[HOST_ADDRESS_TEXT_SIZE];

	if (!address_ranges_are_empty(proxies) &&
	    !address_ranges_contain(proxies, from)) {
		host_address_format(from, text);
		log_limited(LOG_INFO, "%s is not in auth.trusted_proxies",
		    text);
		listener_refuse_socket(listener, fd, "auth.trusted_proxies");
	} else if (!listener_has_room(listener))
		listener_refuse_socket(listener, fd, "limits.connections");
	else if (!proxy_wait_add(&listener->proxy_wait, fd, from))
		listener_refuse_socket(listener, fd, "memory");
}

/* False: there is nothing more to accept now. */
static bool
listener_accept_one(struct listener *listener)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	int fd = accept4(listener->fd, (struct sockaddr *)&address, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct host_address from;

	if (fd >= 0) {
		listener->backoff_ms = 0;
		from = host_address_of((struct sockaddr *)&address);
		if (listener->expects_proxy)
			listener_await_proxy(listener, fd, &from);
		else
			listener_offer(listener, fd, &from);
		return true;
	}
	switch (errno) {
	case ECONNABORTED:
	case EPROTO:
	case EINTR:
		return true;
	case EAGAIN:
		return false;
	case EMFILE:
	case ENFILE:
		descriptor_free(listener);
		return false;
	default:
		listener_back_off(listener);
		return false;
	}
}

static void
accept_cb(int fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN; i++)
		if (!listener_accept_one(listener))
			return;
}

void
listener_tick(struct listener *listener)
{
	proxy_wait_tick(&listener->proxy_wait);
	if (!listener->paused || listener->loop->now_ms < listener->resume_ms)
		return;
	listener->paused = false;
	event_add(listener->event, NULL);
}

/* --- opening -------------------------------------------------------------- */

static void
socket_set_option(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) != 0)
		log_debug("setsockopt(%d, %d): %s", level, option,
		    strerror(errno));
}

/* Accepted sockets inherit these options, which saves system calls. */
static void
socket_prepare_tcp(int fd, const struct listener *listener)
{
	const struct transport_limits *limits = listener->loop->limits;

	socket_set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	socket_set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	socket_set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_MOST);
	/* The kernel gives up after us: a close frame may still arrive. */
	if (limits->write_stall_ms > 0)
		socket_set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
		    (int)(limits->write_stall_ms + limits->close_timeout_ms));
}

/*
 * Removes a socket file that refuses connections: a crash left it. Other kinds
 * of files refuse them, too, and are left alone.
 */
static void
socket_file_remove_stale(const struct address *address)
{
	const struct sockaddr_un *sun = (const void *)&address->storage;
	struct stat file;
	int fd;

	if (lstat(sun->sun_path, &file) != 0 || !S_ISSOCK(file.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)sun, address->len) != 0 &&
	    errno == ECONNREFUSED)
		unlink(sun->sun_path);
	close(fd);
}

static int
listener_bind(struct listener *listener)
{
	struct address *address = &listener->address;
	int family = address->storage.ss_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (family == AF_UNIX)
		socket_file_remove_stale(address);
	else {
		socket_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		socket_prepare_tcp(fd, listener);
	}
	if (family == AF_INET6)
		socket_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    !address->dual_stack);
	if (bind(fd, (struct sockaddr *)&address->storage, address->len) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	if (family != AF_UNIX)
		getsockname(fd, (struct sockaddr *)&address->storage,
		    &address->len);
	return fd;
}

/* For ":8080" on a host without IPv6. */
static void
address_use_v4(struct address *address)
{
	const struct sockaddr_in6 *sin6 = (const void *)&address->storage;
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = sin6->sin6_port,
	};

	memset(address, 0, sizeof(*address));
	memcpy(&address->storage, &sin, sizeof(sin));
	address->len = sizeof(sin);
}

static void
listener_init(struct listener *listener, struct loop *loop,
    const struct dialect *dialect, const struct listener_ops *ops, void *arg)
{
	memset(listener, 0, sizeof(*listener));
	listener->loop = loop;
	listener->ops = ops;
	listener->arg = arg;
	listener->dialect = dialect;
	proxy_wait_init(&listener->proxy_wait, loop, &proxy_wait_ops, listener);
}

/* The socket listens already. */
static bool
listener_watch(struct listener *listener)
{
	char text[ADDRESS_TEXT_SIZE];

	listener->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	listener->event = event_new(listener->loop->base, listener->fd,
	    EV_READ | EV_PERSIST, accept_cb, listener);
	if (listener->event != NULL && event_add(listener->event, NULL) == 0)
		return true;
	address_format(&listener->address, text);
	log_error("no memory to listen on %s", text);
	listener_close(listener);
	return false;
}

bool
listener_open(struct listener *listener, struct loop *loop,
    const struct address *address, const struct dialect *dialect,
    const struct listener_ops *ops, void *arg)
{
	char text[ADDRESS_TEXT_SIZE];

	listener_init(listener, loop, dialect, ops, arg);
	listener->address = *address;
	listener->fd = listener_bind(listener);
	if (listener->fd < 0 && errno == EAFNOSUPPORT && address->dual_stack) {
		address_use_v4(&listener->address);
		listener->fd = listener_bind(listener);
	}
	if (listener->fd < 0) {
		int error = errno;

		address_format(&listener->address, text);
		log_error("cannot listen on %s: %s", text, strerror(error));
		return false;
	}
	return listener_watch(listener);
}

bool
listener_adopt(struct listener *listener, struct loop *loop, int fd,
    const struct dialect *dialect, const struct listener_ops *ops, void *arg)
{
	int flags = fcntl(fd, F_GETFL);

	listener_init(listener, loop, dialect, ops, arg);
	listener->fd = fd;
	listener->is_passed = true;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    !address_of_socket(fd, &listener->address)) {
		log_error("descriptor %d: %s", fd, strerror(errno));
		close(fd);
		return false;
	}
	if (listener->address.storage.ss_family != AF_UNIX)
		socket_prepare_tcp(fd, listener);
	return listener_watch(listener);
}

void
listener_hold(struct listener *listener)
{
	event_del(listener->event);
	listener->paused = true;
	listener->resume_ms = INT64_MAX;
}

/* With the next tick. */
void
listener_release(struct listener *listener)
{
	listener->resume_ms = 0;
}

void
listener_close(struct listener *listener)
{
	const struct sockaddr_un *sun =
	    (const void *)&listener->address.storage;

	accept_queue_drop_all(&listener->loop->accept_queue, listener);
	while (proxy_wait_drop(&listener->proxy_wait, NULL))
		;
	if (listener->event != NULL)
		event_free(listener->event);
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->spare_fd >= 0)
		close(listener->spare_fd);
	if (listener->address.storage.ss_family == AF_UNIX &&
	    !listener->is_passed)
		unlink(sun->sun_path);
}
