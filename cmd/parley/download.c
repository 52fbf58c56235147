/* Downloads, which go on where a broken connection left them. */

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/parley/partial_file.h"
#include "cmd/parley/transfer_internal.h"
#include "domain/base/str_trim.h"
#include "domain/text/file_name.h"

struct download {
	struct transfer base;      /* first: its address is this one */
	struct partial_file *file; /* NULL: nothing has come yet */
	char etag[PARTIAL_ETAG_LEN + 1];
	char path[PATH_MAX];
	char name[NAME_MAX + 1];
};

static struct download *
download_of(struct transfer *transfer)
{
	return (struct download *)transfer;
}

static const char *
download_write_request(struct transfer *transfer, char *headers, size_t size)
{
	const struct download *download = download_of(transfer);

	if (download->file != NULL)
		snprintf(headers, size,
		    "Range: bytes=%" PRIu64 "-\r\nIf-Range: \"%s\"\r\n",
		    transfer->done, download->etag);
	return "GET";
}

static void
download_fail(struct download *download)
{
	const char *what =
	    download->path[0] == '\0' ? download->name : download->path;
	char why[PATH_MAX + 128];

	snprintf(why, sizeof(why), "%s: %s", what,
	    errno == EBADMSG       ? "What came is damaged"
	    : errno == EWOULDBLOCK ? "It is being saved already"
				   : strerror(errno));
	transfer_fail(&download->base, why);
}

static void
download_finish(struct download *download)
{
	char path[PATH_MAX];

	if (partial_file_finish(download->file, path))
		transfer_end(&download->base, NULL, str_from(path));
	else
		download_fail(download);
}

static void
download_on_bytes(struct transfer *transfer, struct evbuffer *in)
{
	struct download *download = download_of(transfer);
	size_t len;

	while (transfer->done < transfer->size &&
	       (len = evbuffer_get_contiguous_space(in)) > 0) {
		if (len > transfer->size - transfer->done)
			len = (size_t)(transfer->size - transfer->done);
		if (!partial_file_write(download->file,
			evbuffer_pullup(in, (ev_ssize_t)len), len)) {
			download_fail(download);
			return;
		}
		evbuffer_drain(in, len);
		transfer->done += len;
		transfer_forget_failures(transfer);
	}
	transfer_progress(transfer);
	if (transfer->done == transfer->size)
		download_finish(download);
}

/* False: it has ended. */
static bool
download_open(struct download *download, struct str etag, uint64_t size)
{
	etag = str_trim(etag, STR("\""));
	if (etag.data == NULL || etag.len != PARTIAL_ETAG_LEN ||
	    strspn(etag.data, "0123456789abcdef") < PARTIAL_ETAG_LEN) {
		transfer_fail(&download->base, "a bad answer");
		return false;
	}
	*str_put(download->etag, etag) = '\0';
	download->file = partial_file_open(download->path, download->name,
	    download->etag, size);
	if (download->file == NULL) {
		download_fail(download);
		return false;
	}
	download->base.has_begun = true;
	download->base.size = size;
	download->base.done = partial_file_done(download->file);
	return true;
}

/* If there is a part of it already, the rest is asked for. */
static void
download_take_head(struct download *download, const struct http_answer *answer,
    struct str head)
{
	struct transfer *transfer = &download->base;
	bool is_first = download->file == NULL;
	struct evbuffer *in = bufferevent_get_input(transfer->bufferevent);

	if (is_first && !download_open(download,
			    http_answer_header(head, "ETag"), answer->length))
		return;
	if (is_first && transfer->done > 0 && transfer->done < transfer->size) {
		transfer_ask(transfer);
		return;
	}
	if (!is_first &&
	    (answer->status != 206 ||
		answer->length != transfer->size - transfer->done)) {
		partial_file_remove(download->file);
		download->file = NULL;
		transfer_fail(transfer, "the file has changed");
		return;
	}
	transfer->has_head = true;
	evbuffer_drain(in, answer->head_len);
	download_on_bytes(transfer, in);
}

static bool
download_on_head(struct transfer *transfer, const struct http_answer *answer,
    struct str head)
{
	if (answer->status != 200 && answer->status != 206)
		return false;
	download_take_head(download_of(transfer), answer, head);
	return true;
}

/* The file may not be read any more: its parts are not kept. */
static bool
download_on_answer(struct transfer *transfer, unsigned status, struct str head,
    struct str body)
{
	struct download *download = download_of(transfer);

	(void)status;
	(void)head;
	(void)body;
	if (download->file != NULL)
		partial_file_remove(download->file);
	download->file = NULL;
	return false;
}

static void
download_on_failure(struct transfer *transfer)
{
	transfer->has_head = false;
}

static void
download_destroy(struct transfer *transfer)
{
	partial_file_close(download_of(transfer)->file);
	free(transfer);
}

static const struct transfer_kind download_kind = {
	.write_request = download_write_request,
	.on_head = download_on_head,
	.on_answer = download_on_answer,
	.on_bytes = download_on_bytes,
	.on_failure = download_on_failure,
	.destroy = download_destroy,
};

struct transfer *
transfer_get(const struct transfer_config *config, const char *target,
    const char *path, const char *name, char *why, size_t size)
{
	struct download *download = calloc(1, sizeof(*download));

	snprintf(why, size, "no memory, or the path is too long");
	if (download == NULL)
		return NULL;
	if (!transfer_init(&download->base, config, &download_kind) ||
	    strlen(path) >= sizeof(download->path) ||
	    !transfer_target_is_valid(str_from(target))) {
		transfer_destroy(&download->base);
		return NULL;
	}
	strcpy(download->path, path);
	strcpy(download->base.target, target);
	file_name_sanitize(str_from(name), download->name,
	    sizeof(download->name));
	transfer_ask(&download->base);
	return &download->base;
}
