#include "cmd/parleyd/handover_channel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "domain/base/array.h"

/* The kernel takes up to 253 at once. */
#define SOCKETS_AT_ONCE 250

/* What is read at once: memory grows with what has arrived. */
#define READ_BYTES ((size_t)1024 * 1024)

#define HANDOVER_MAGIC 0x70617231u

struct handover_head {
	uint32_t magic;
	uint32_t step;
	uint64_t bytes;
	uint64_t sockets;
};

union socket_control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(SOCKETS_AT_ONCE * sizeof(int))];
};

void
handover_message_fini(struct handover_message *message)
{
	for (size_t i = 0; i < message->socket_count; i++)
		if (message->sockets[i] >= 0)
			close(message->sockets[i]);
	free(message->sockets);
	free(message->bytes);
	*message = (struct handover_message){ .bytes = NULL };
}

bool
handover_channel_init(int fd, int64_t timeout_ms)
{
	struct timeval timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};

	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
		   sizeof(timeout)) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		   sizeof(timeout)) == 0;
}

/* --- sending -------------------------------------------------------------- */

static bool
bytes_send(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		at += sent;
		len -= (size_t)sent;
	}
	return true;
}

/* With one byte, which carries them. */
static bool
sockets_send(int fd, const int *sockets, size_t count)
{
	union socket_control control = { .bytes = "" };
	struct iovec byte = { (char[1]){ 0 }, 1 };
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), sockets, count * sizeof(int));
	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == 1;
}

bool
handover_send(int fd, enum handover_step step, struct str bytes,
    const int *sockets, size_t count)
{
	struct handover_head head = {
		.magic = HANDOVER_MAGIC,
		.step = step,
		.bytes = bytes.len,
		.sockets = count,
	};

	if (!bytes_send(fd, &head, sizeof(head)))
		return false;
	for (size_t at = 0; at < count; at += SOCKETS_AT_ONCE) {
		size_t some =
		    count - at < SOCKETS_AT_ONCE ? count - at : SOCKETS_AT_ONCE;

		if (!sockets_send(fd, sockets + at, some))
			return false;
	}
	return bytes_send(fd, bytes.data, bytes.len);
}

size_t
handover_bytes(struct str bytes)
{
	return sizeof(struct handover_head) + bytes.len;
}

bool
handover_send_some(int fd, enum handover_step step, struct str bytes,
    size_t *sent)
{
	struct handover_head head = {
		.magic = HANDOVER_MAGIC,
		.step = step,
		.bytes = bytes.len,
	};
	struct iovec parts[] = {
		{ &head, sizeof(head) },
		{ (char *)(uintptr_t)bytes.data, bytes.len },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	size_t skip = *sent < sizeof(head) ? *sent : sizeof(head);
	ssize_t taken;

	assert(*sent < handover_bytes(bytes));
	parts[0].iov_base = (char *)&head + skip;
	parts[0].iov_len -= skip;
	parts[1].iov_base = (char *)parts[1].iov_base + (*sent - skip);
	parts[1].iov_len -= *sent - skip;
	taken = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (taken > 0)
		*sent += (size_t)taken;
	return taken > 0 || (taken < 0 && (errno == EAGAIN || errno == EINTR));
}

/* --- receiving ------------------------------------------------------------ */

static bool
bytes_receive(int fd, void *data, size_t len)
{
	char *at = data;

	while (len > 0) {
		ssize_t got = recv(fd, at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}

static bool
sockets_add(struct handover_message *out, size_t *capacity,
    const struct cmsghdr *header)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int *grown = array_grow(out->sockets, out->socket_count,
		    capacity, sizeof(*out->sockets));

		if (grown == NULL)
			return false;
		out->sockets = grown;
		memcpy(&out->sockets[out->socket_count++],
		    CMSG_DATA(header) + i * sizeof(int), sizeof(int));
	}
	return true;
}

static bool
sockets_receive(int fd, struct handover_message *out, size_t *capacity)
{
	union socket_control control;
	char byte;
	struct iovec vector = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header;
	ssize_t got;

	do
		got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got <= 0) {
		if (got == 0)
			errno = 0;
		return false;
	}
	header = CMSG_FIRSTHDR(&message);
	errno = EPROTO;
	return header != NULL && header->cmsg_type == SCM_RIGHTS &&
	       (message.msg_flags & MSG_CTRUNC) == 0 &&
	       sockets_add(out, capacity, header);
}

static bool
payload_receive(int fd, struct handover_message *out, size_t len)
{
	while (out->len < len) {
		size_t some =
		    len - out->len < READ_BYTES ? len - out->len : READ_BYTES;
		char *grown = realloc(out->bytes, out->len + some);

		if (grown == NULL)
			return false;
		out->bytes = grown;
		if (!bytes_receive(fd, out->bytes + out->len, some))
			return false;
		out->len += some;
	}
	return true;
}

/* What is behind the head. */
static bool
message_receive(int fd, const struct handover_head *head,
    struct handover_message *out)
{
	size_t capacity = 0;

	*out = (struct handover_message){ .bytes = NULL };
	while (out->socket_count < head->sockets)
		if (!sockets_receive(fd, out, &capacity))
			goto fini;
	if (payload_receive(fd, out, head->bytes))
		return true;
fini:
	handover_message_fini(out);
	return false;
}

static bool
handover_head_receive(int fd, struct handover_head *head)
{
	if (!bytes_receive(fd, head, sizeof(*head)))
		return false;
	errno = EPROTO;
	return head->magic == HANDOVER_MAGIC;
}

bool
handover_receive(int fd, enum handover_step step, struct handover_message *out)
{
	struct handover_head head;

	if (!handover_head_receive(fd, &head) || head.step != step)
		return false;
	if (out == NULL)
		return head.bytes == 0 && head.sockets == 0;
	return message_receive(fd, &head, out);
}

bool
handover_receive_either(int fd, enum handover_step step,
    enum handover_step other, struct handover_message *out, bool *is_other)
{
	struct handover_head head;

	if (!handover_head_receive(fd, &head) ||
	    (head.step != step && head.step != other))
		return false;
	*is_other = head.step == other;
	return message_receive(fd, &head, out);
}
