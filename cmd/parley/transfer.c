#include "cmd/parley/transfer.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/parley/handshake.h"
#include "cmd/parley/http_answer.h"
#include "cmd/parley/tls.h"
#include "domain/base/str_trim.h"
#include "domain/text/file_name.h"
#include "wire/json/json_reader.h"

#define PIECE_BYTES 65536
#define ANSWER_MAX 65536
#define ANSWER_DEPTH 8
#define NUMBERS_MOST 1000 /* of a name that exists */

/* Hashing and syncing a large upload takes its time. */
static const struct timeval patience = { .tv_sec = 120 };

struct transfer {
	struct transfer_config config;
	struct bufferevent *bufferevent;
	struct addrinfo *addresses;
	const struct addrinfo *next_address;
	bool is_upload;
	bool is_connected;
	bool has_head;   /* download: the bytes of the file follow */
	bool is_created; /* download: the file is there, and incomplete */
	int file;
	uint64_t size;
	uint64_t done;
	unsigned percent;
	char request[HANDSHAKE_REQUEST_SIZE];
	size_t request_len;
	char path[PATH_MAX];
	char name[NAME_MAX + 1];
};

/* --- the end -------------------------------------------------------------- */

/* The owner may destroy the transfer. */
static void
transfer_end(struct transfer *transfer, const char *error, struct str result)
{
	transfer->config.ops->on_end(transfer->config.arg, error, result);
}

static void
transfer_fail_errno(struct transfer *transfer, const char *what)
{
	char why[PATH_MAX + 128];

	snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	transfer_end(transfer, why, STR(""));
}

/* The text of a refusal; else its status. */
static void
transfer_refused(struct transfer *transfer, unsigned status, struct str body)
{
	struct json_reader reader;
	struct json_member member;
	char why[256];
	size_t len;

	snprintf(why, sizeof(why), "HTTP status %u", status);
	json_open(&reader, body, ANSWER_DEPTH, NULL);
	while (json_next(&reader, &member))
		if (json_string_is(&member.key, STR("text")) &&
		    member.value.type == JSON_STRING &&
		    json_string_copy(&member.value.string, why, sizeof(why) - 1,
			&len))
			why[len] = '\0';
	transfer_end(transfer, why, STR(""));
}

static void
transfer_progress(struct transfer *transfer)
{
	unsigned percent =
	    transfer->size == 0
		? 100
		: (unsigned)(transfer->done * 100 / transfer->size);

	if (percent == transfer->percent)
		return;
	transfer->percent = percent;
	transfer->config.ops->on_progress(transfer->config.arg, percent);
}

/* --- the file ------------------------------------------------------------- */

/* "boat.png", "boat (2).png", … */
static void
numbered_path_write(const char *directory, const char *name, int number,
    char out[PATH_MAX])
{
	const char *dot = strrchr(name, '.');
	size_t stem =
	    dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);

	if (number == 1)
		snprintf(out, PATH_MAX, "%s%s", directory, name);
	else
		snprintf(out, PATH_MAX, "%s%.*s (%d)%s", directory, (int)stem,
		    name, number, name + stem);
}

static int
file_create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0644);
}

/* Within a directory, which ends with a slash or is empty. */
static int
file_create_numbered(struct transfer *transfer, const char *directory)
{
	int file = -1;

	for (int number = 1; number <= NUMBERS_MOST; number++) {
		char path[PATH_MAX];

		numbered_path_write(directory, transfer->name, number, path);
		file = file_create(path);
		if (file >= 0 || errno != EEXIST) {
			snprintf(transfer->path, sizeof(transfer->path), "%s",
			    path);
			break;
		}
	}
	return file;
}

/* False: it has ended. */
static bool
transfer_create_file(struct transfer *transfer)
{
	struct stat info;

	if (transfer->path[0] == '\0') {
		transfer->file = file_create_numbered(transfer, "");
	} else if (stat(transfer->path, &info) == 0 && S_ISDIR(info.st_mode)) {
		char directory[PATH_MAX];

		snprintf(directory, sizeof(directory), "%.*s/",
		    PATH_MAX - 2 - NAME_MAX, transfer->path);
		transfer->file = file_create_numbered(transfer, directory);
	} else {
		transfer->file = file_create(transfer->path);
	}
	if (transfer->file < 0) {
		transfer_fail_errno(transfer, transfer->path);
		return false;
	}
	transfer->is_created = true;
	return true;
}

static bool
file_write_all(int file, const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(file, bytes, len);

		if (written < 0)
			return false;
		bytes += written;
		len -= (size_t)written;
	}
	return true;
}

/* --- the connection ------------------------------------------------------- */

/* The next piece, when the last one is sent. */
static void
upload_continue(struct transfer *transfer)
{
	char piece[PIECE_BYTES];
	uint64_t left = transfer->size - transfer->done;
	ssize_t got;

	if (left == 0)
		return;
	got = read(transfer->file, piece,
	    left < sizeof(piece) ? (size_t)left : sizeof(piece));
	if (got <= 0) {
		transfer_end(transfer, "the file has become shorter", STR(""));
		return;
	}
	bufferevent_write(transfer->bufferevent, piece, (size_t)got);
	transfer->done += (uint64_t)got;
	if (transfer->done == transfer->size)
		bufferevent_set_timeouts(transfer->bufferevent, &patience,
		    &patience);
	transfer_progress(transfer);
}

static void
download_receive(struct transfer *transfer, struct evbuffer *in)
{
	size_t len;

	while ((len = evbuffer_get_contiguous_space(in)) > 0) {
		if (len > transfer->size - transfer->done)
			len = (size_t)(transfer->size - transfer->done);
		if (!file_write_all(transfer->file,
			evbuffer_pullup(in, (ev_ssize_t)len), len)) {
			transfer_fail_errno(transfer, transfer->path);
			return;
		}
		evbuffer_drain(in, len);
		transfer->done += len;
		if (transfer->done == transfer->size)
			break;
	}
	transfer_progress(transfer);
	if (transfer->done < transfer->size)
		return;
	transfer->is_created = false;
	transfer_end(transfer, NULL, str_from(transfer->path));
}

/* An answer that is not a file. */
static void
answer_receive(struct transfer *transfer, const struct http_answer *answer,
    struct str text)
{
	struct str body;

	if (answer->length > ANSWER_MAX) {
		transfer_end(transfer, "the answer is too long", STR(""));
		return;
	}
	if (text.len - answer->head_len < answer->length)
		return;
	body = str_slice(text.data + answer->head_len, answer->length);
	if (answer->status == 201 && transfer->is_upload)
		transfer_end(transfer, NULL, str_trim(body, STR(" \r\n")));
	else
		transfer_refused(transfer, answer->status, body);
}

static void
head_receive(struct transfer *transfer, struct evbuffer *in)
{
	size_t len = evbuffer_get_length(in);
	struct str text = str_slice((const char *)evbuffer_pullup(in, -1), len);
	struct http_answer answer;

	if (len == 0)
		return;
	switch (http_answer_read(text, &answer)) {
	case HTTP_ANSWER_SHORT:
		return;
	case HTTP_ANSWER_BAD:
		transfer_end(transfer, "the answer is not HTTP", STR(""));
		return;
	case HTTP_ANSWER_HEAD:
		break;
	}
	if (transfer->is_upload || answer.status != 200) {
		answer_receive(transfer, &answer, text);
		return;
	}
	transfer->size = answer.length;
	if (!transfer_create_file(transfer))
		return;
	transfer->has_head = true;
	evbuffer_drain(in, answer.head_len);
	download_receive(transfer, in);
}

static void
transfer_read_cb(struct bufferevent *bufferevent, void *arg)
{
	struct transfer *transfer = arg;
	struct evbuffer *in = bufferevent_get_input(bufferevent);

	if (transfer->has_head)
		download_receive(transfer, in);
	else
		head_receive(transfer, in);
}

static void
transfer_write_cb(struct bufferevent *bufferevent, void *arg)
{
	struct transfer *transfer = arg;

	(void)bufferevent;
	if (transfer->is_upload)
		upload_continue(transfer);
}

static bool transfer_connect(struct transfer *transfer);

static void
transfer_event_cb(struct bufferevent *bufferevent, short what, void *arg)
{
	struct transfer *transfer = arg;
	char why[256];

	if (what & BEV_EVENT_CONNECTED) {
		transfer->is_connected = true;
		bufferevent_enable(bufferevent, EV_READ | EV_WRITE);
		bufferevent_write(bufferevent, transfer->request,
		    transfer->request_len);
		return;
	}
	tls_failure(bufferevent, what, why, sizeof(why));
	if (transfer->is_connected || !transfer_connect(transfer))
		transfer_end(transfer, why, STR(""));
}

/* To the next address. False: there is none, or no memory. */
static bool
transfer_connect(struct transfer *transfer)
{
	const struct transfer_config *config = &transfer->config;
	const struct addrinfo *address = transfer->next_address;

	if (address == NULL)
		return false;
	transfer->next_address = address->ai_next;
	if (transfer->bufferevent != NULL)
		bufferevent_free(transfer->bufferevent);
	transfer->bufferevent =
	    config->url->tls
		? tls_bufferevent(config->tls, config->base, config->url->host)
		: bufferevent_socket_new(config->base, -1,
		      BEV_OPT_CLOSE_ON_FREE);
	if (transfer->bufferevent == NULL)
		return false;
	bufferevent_setcb(transfer->bufferevent, transfer_read_cb,
	    transfer_write_cb, transfer_event_cb, transfer);
	/* While an upload is sent there is nothing to read. */
	bufferevent_set_timeouts(transfer->bufferevent,
	    transfer->is_upload ? NULL : &patience, &patience);
	return bufferevent_socket_connect(transfer->bufferevent,
		   address->ai_addr, (int)address->ai_addrlen) == 0;
}

/* --- the beginning -------------------------------------------------------- */

void
transfer_destroy(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	if (transfer->bufferevent != NULL)
		bufferevent_free(transfer->bufferevent);
	if (transfer->addresses != NULL)
		freeaddrinfo(transfer->addresses);
	if (transfer->file >= 0)
		close(transfer->file);
	if (transfer->is_created)
		unlink(transfer->path);
	free(transfer);
}

static struct transfer *
transfer_create(const struct transfer_config *config, bool is_upload)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));

	if (transfer == NULL)
		return NULL;
	transfer->config = *config;
	transfer->is_upload = is_upload;
	transfer->file = -1;
	return transfer;
}

static void
transfer_write_request(struct transfer *transfer, const char *method,
    const char *target, const char *headers)
{
	const char *token = transfer->config.token;
	char host[HANDSHAKE_HOST_SIZE];

	handshake_host(transfer->config.url, host);
	transfer->request_len =
	    (size_t)snprintf(transfer->request, sizeof(transfer->request),
		"%s %s HTTP/1.1\r\n"
		"Host: %s\r\n"
		"User-Agent: parley/" PARLEY_VERSION "\r\n"
		"Connection: close\r\n"
		"%s%s%s%s\r\n",
		method, target, host, headers,
		token == NULL ? "" : "Authorization: Bearer ",
		token == NULL ? "" : token, token == NULL ? "" : "\r\n");
}

/* NULL: it was destroyed. */
static struct transfer *
transfer_begin(struct transfer *transfer, char *why, size_t size)
{
	const struct url *url = transfer->config.url;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int error =
	    getaddrinfo(url->host, url->port, &hints, &transfer->addresses);

	transfer->next_address = transfer->addresses;
	if (error == 0 && transfer_connect(transfer))
		return transfer;
	snprintf(why, size, "%s",
	    error != 0 ? gai_strerror(error) : "cannot connect");
	transfer_destroy(transfer);
	return NULL;
}

/* False: `why` explains it. */
static bool
upload_open(struct transfer *transfer, const char *path, char *why, size_t size)
{
	struct stat info;

	transfer->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (transfer->file < 0 || fstat(transfer->file, &info) < 0) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	if (!S_ISREG(info.st_mode)) {
		snprintf(why, size, "not a regular file");
		return false;
	}
	transfer->size = (uint64_t)info.st_size;
	return true;
}

struct transfer *
transfer_send(const struct transfer_config *config, const char *path, char *why,
    size_t size)
{
	struct transfer *transfer = transfer_create(config, true);
	struct url url = *config->url;
	char name[NAME_MAX + 1], length[48];

	file_name_sanitize(str_from(path), name, sizeof(name));
	url_set_path(&url, "/v1/files");
	if (transfer == NULL || !url_add_query(&url, "name", str_from(name))) {
		snprintf(why, size, "no memory, or the name is too long");
		transfer_destroy(transfer);
		return NULL;
	}
	if (!upload_open(transfer, path, why, size)) {
		transfer_destroy(transfer);
		return NULL;
	}
	snprintf(length, sizeof(length), "Content-Length: %" PRIu64 "\r\n",
	    transfer->size);
	transfer_write_request(transfer, "POST", url.target, length);
	return transfer_begin(transfer, why, size);
}

struct transfer *
transfer_get(const struct transfer_config *config, const char *target,
    const char *path, const char *name, char *why, size_t size)
{
	struct transfer *transfer = transfer_create(config, false);

	if (transfer == NULL || strlen(path) >= sizeof(transfer->path)) {
		snprintf(why, size, "no memory, or the path is too long");
		transfer_destroy(transfer);
		return NULL;
	}
	strcpy(transfer->path, path);
	file_name_sanitize(str_from(name), transfer->name,
	    sizeof(transfer->name));
	transfer_write_request(transfer, "GET", target, "");
	return transfer_begin(transfer, why, size);
}
