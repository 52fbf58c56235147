/* Uploads by tus 1.0: they go on where a broken connection left them. */

#include <errno.h>
#include <event2/bufferevent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/parley/transfer_internal.h"
#include "domain/base/str_trim.h"
#include "domain/text/base64.h"
#include "domain/text/file_name.h"

#define PIECE_BYTES 65536
#define TUS "Tus-Resumable: 1.0.0\r\n"
#define TARGET "/v1/files"

enum upload_step {
	UPLOAD_CREATE, /* it is given a place at the server */
	UPLOAD_APPEND, /* its bytes are sent */
	UPLOAD_ASK     /* how far it came */
};

struct upload {
	struct transfer base; /* first: its address is this one */
	enum upload_step step;
	int file;
	uint64_t confirmed; /* bytes that the server has, at least */
	char *answer;       /* that to its creation; NULL: none yet */
	char name[NAME_MAX + 1];
};

static struct upload *
upload_of(struct transfer *transfer)
{
	return (struct upload *)transfer;
}

/* --- requests ------------------------------------------------------------- */

static const char *
upload_write_request(struct transfer *transfer, char *headers, size_t size)
{
	struct upload *upload = upload_of(transfer);
	char name[BASE64_SIZE(NAME_MAX) + 1] = "";

	switch (upload->step) {
	case UPLOAD_CREATE:
		base64_encode(upload->name, strlen(upload->name), name);
		snprintf(headers, size,
		    TUS "Upload-Length: %" PRIu64 "\r\n"
			"Upload-Metadata: filename %s\r\n"
			"Content-Length: 0\r\n",
		    transfer->size, name);
		return "POST";
	case UPLOAD_APPEND:
		transfer->is_sending = true;
		snprintf(headers, size,
		    TUS "Upload-Offset: %" PRIu64 "\r\n"
			"Content-Type: application/offset+octet-stream\r\n"
			"Content-Length: %" PRIu64 "\r\n",
		    transfer->done, transfer->size - transfer->done);
		return "PATCH";
	case UPLOAD_ASK:
		break;
	}
	transfer->is_head = true;
	snprintf(headers, size, TUS);
	return "HEAD";
}

/* The next piece; behind the last one, the answer is awaited. */
static void
upload_on_written(struct transfer *transfer)
{
	static const struct timeval patience = { .tv_sec = 120 };
	uint64_t left = transfer->size - transfer->done;
	char piece[PIECE_BYTES];
	ssize_t got;

	if (left == 0)
		return;
	got = read(upload_of(transfer)->file, piece,
	    left < sizeof(piece) ? (size_t)left : sizeof(piece));
	if (got <= 0) {
		transfer_fail(transfer, "the file has become shorter");
		return;
	}
	bufferevent_write(transfer->bufferevent, piece, (size_t)got);
	transfer->done += (uint64_t)got;
	if (transfer->done == transfer->size)
		bufferevent_set_timeouts(transfer->bufferevent, &patience,
		    &patience);
	transfer_progress(transfer);
}

/* --- answers -------------------------------------------------------------- */

/* From this byte on, which is the next one that the server wants. */
static void
upload_append(struct upload *upload, uint64_t offset)
{
	struct transfer *transfer = &upload->base;

	if (offset > transfer->size ||
	    lseek(upload->file, (off_t)offset, SEEK_SET) < 0) {
		transfer_fail(transfer, "the server has more than the file");
		return;
	}
	if (offset > upload->confirmed)
		transfer_forget_failures(transfer);
	upload->confirmed = transfer->done = offset;
	transfer_progress(transfer);
	if (offset == transfer->size) {
		transfer_end(transfer, NULL, str_from(upload->answer));
		return;
	}
	upload->step = UPLOAD_APPEND;
	transfer_ask(transfer);
}

static void
upload_created(struct upload *upload, struct str head, struct str body)
{
	struct str location = http_answer_header(head, "Location");

	body = str_trim(body, STR(" \r\n"));
	free(upload->answer);
	upload->answer = strndup(body.data, body.len);
	if (upload->answer == NULL || !transfer_target_is_valid(location)) {
		transfer_fail(&upload->base, "no memory, or a bad answer");
		return;
	}
	*str_put(upload->base.target, location) = '\0';
	upload->base.has_begun = true;
	upload->confirmed = 0;
	upload_append(upload, 0);
}

/* A server that keeps files in memory has forgotten the upload. */
static void
upload_begin_again(struct upload *upload)
{
	upload->step = UPLOAD_CREATE;
	strcpy(upload->base.target, TARGET);
	transfer_try_again(&upload->base,
	    "the server has forgotten the upload");
}

static bool
upload_on_answer(struct transfer *transfer, unsigned status, struct str head,
    struct str body)
{
	struct upload *upload = upload_of(transfer);
	uint64_t offset;

	if (upload->step == UPLOAD_CREATE) {
		if (status == 201)
			upload_created(upload, head, body);
		return status == 201;
	}
	if (status == 404)
		upload_begin_again(upload);
	else if (status == 409)
		/* It still read what a broken connection had brought. */
		transfer_try_again(transfer, "the server has another part");
	else if (status != 200 && status != 204)
		return false;
	else if (http_answer_number(http_answer_header(head, "Upload-Offset"),
		     &offset))
		upload_append(upload, offset);
	else
		transfer_fail(transfer, "a bad answer");
	return true;
}

static void
upload_on_failure(struct transfer *transfer)
{
	if (upload_of(transfer)->step == UPLOAD_APPEND)
		upload_of(transfer)->step = UPLOAD_ASK;
}

/* --- life cycle ----------------------------------------------------------- */

static void
upload_destroy(struct transfer *transfer)
{
	struct upload *upload = upload_of(transfer);

	if (upload->file >= 0)
		close(upload->file);
	free(upload->answer);
	free(upload);
}

static const struct transfer_kind upload_kind = {
	.write_request = upload_write_request,
	.on_written = upload_on_written,
	.on_answer = upload_on_answer,
	.on_failure = upload_on_failure,
	.destroy = upload_destroy,
};

/* False: `why` explains it. */
static bool
upload_open(struct upload *upload, const char *path, char *why, size_t size)
{
	struct stat info;

	upload->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (upload->file < 0 || fstat(upload->file, &info) < 0) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	if (!S_ISREG(info.st_mode)) {
		snprintf(why, size, "not a regular file");
		return false;
	}
	upload->base.size = (uint64_t)info.st_size;
	return true;
}

struct transfer *
transfer_send(const struct transfer_config *config, const char *path, char *why,
    size_t size)
{
	struct upload *upload = calloc(1, sizeof(*upload));

	snprintf(why, size, "no memory");
	if (upload == NULL)
		return NULL;
	upload->file = -1;
	strcpy(upload->base.target, TARGET);
	file_name_sanitize(str_from(path), upload->name, sizeof(upload->name));
	if (!transfer_init(&upload->base, config, &upload_kind) ||
	    !upload_open(upload, path, why, size)) {
		transfer_destroy(&upload->base);
		return NULL;
	}
	transfer_ask(&upload->base);
	return &upload->base;
}
