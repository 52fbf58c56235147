#include "transport/fanout/downloads.h"

#include <stdlib.h>
#include <string.h>

#include "domain/base/pack.h"
#include "domain/command.h"
#include "domain/log.h"
#include "transport/fanout/file_push.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

/* Files that may wait for one session. */
#define DOWNLOADS_MOST 64

/* A piece of a file, and what is sent at once. */
#define PIECE_BYTES 4096
#define PIECES_AT_ONCE 4

/* The value of piece_bytes until the chat has published the piece. */
#define NO_PIECE UINT32_MAX

struct download {
	char id[ID_SIZE];
	struct file_push *push; /* NULL: the client has asked for it */
};

struct downloads {
	struct bulk_task task;
	struct session *session;
	struct command_handler *handler; /* since there was a file to send */
	unsigned count;
	uint64_t at; /* in the first one */
	struct download items[DOWNLOADS_MOST];
};

static void downloads_run(struct bulk_task *);

static struct downloads *
session_get_downloads(struct session *session)
{
	struct session_extra *extra = session_get_extra(session);
	struct downloads *made;

	if (extra == NULL || extra->downloads != NULL)
		return extra == NULL ? NULL : extra->downloads;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return NULL;
	bulk_task_init(&made->task, downloads_run);
	made->session = session;
	extra->downloads = made;
	return made;
}

void
downloads_add(struct session *session, struct str id, struct file_push *push)
{
	struct downloads *downloads = session_get_downloads(session);
	struct download *download;

	if (downloads == NULL || downloads->count == DOWNLOADS_MOST ||
	    id.len >= ID_SIZE)
		return;
	download = &downloads->items[downloads->count++];
	*str_put(download->id, id) = '\0';
	download->push = push;
	if (push != NULL)
		push->waiting++;
	conn_await_drained(session->conn);
}

static void
download_end(const struct download *download, bool is_complete)
{
	if (download->push == NULL)
		return;
	download->push->waiting--;
	download->push->sent += is_complete;
}

static void
downloads_end_first(struct downloads *downloads, bool is_complete)
{
	download_end(&downloads->items[0], is_complete);
	downloads->count--;
	memmove(&downloads->items[0], &downloads->items[1],
	    downloads->count * sizeof(downloads->items[0]));
	downloads->at = 0;
}

/* The chat publishes the piece, which may be the empty one at the end. */
static void
downloads_send_piece(struct session *session, struct command_handler *handler)
{
	struct downloads *downloads = session->extra->downloads;
	struct command command = {
		.kind = COMMAND_FILE_READ,
		.author = session_member(session),
		.connection = session->connection,
		.rights = session->rights,
		.scope = session_scope(session),
		.file.id = str_from(downloads->items[0].id),
		.file.at = downloads->at,
		.limit = PIECE_BYTES,
	};

	session->extra->piece_bytes = NO_PIECE;
	if (command_handle(handler, &command) != CHAT_OK ||
	    session->extra->piece_bytes == NO_PIECE)
		downloads_end_first(downloads, false);
	else if (session->extra->piece_bytes == 0)
		downloads_end_first(downloads, true);
	else
		downloads->at += session->extra->piece_bytes;
}

/* Unless the socket has not taken what the turn sent. */
static void
downloads_send_pieces(struct session *session)
{
	struct downloads *downloads = session->extra->downloads;
	bool waits = conn_waiting(session->conn) > 0;

	for (int i = 0; i < PIECES_AT_ONCE && downloads->count > 0 && !waits &&
			ws_conn_is_open(session->conn);
	     i++)
		downloads_send_piece(session, downloads->handler);
	if (downloads->count > 0)
		conn_await_drained(session->conn);
}

static void
downloads_run(struct bulk_task *task)
{
	struct session *session =
	    LIST_OWNER(task, struct downloads, task)->session;

	if (session->conn->lags)
		return;
	log_set_connection(session->conn->number);
	downloads_send_pieces(session);
	log_set_connection(0);
}

void
downloads_continue(struct session *session, struct command_handler *handler)
{
	struct downloads *downloads =
	    session->extra == NULL ? NULL : session->extra->downloads;

	if (downloads == NULL || downloads->count == 0)
		return;
	downloads->handler = handler;
	bulk_add(&session->conn->loop->bulk, &downloads->task);
}

void
downloads_pack(const struct downloads *downloads, struct packer *packer)
{
	unsigned count = downloads == NULL ? 0 : downloads->count;

	pack_number(packer, count);
	pack_number(packer, count == 0 ? 0 : downloads->at);
	for (unsigned i = 0; i < count; i++)
		pack_text(packer, str_from(downloads->items[i].id));
}

bool
downloads_unpack(struct session *session, struct unpacker *from)
{
	uint64_t count = unpack_number(from);
	uint64_t at = unpack_number(from);
	struct downloads *downloads;

	if (count == 0)
		return true;
	downloads = session_get_downloads(session);
	if (downloads == NULL || count > DOWNLOADS_MOST)
		return false;
	for (uint64_t i = 0; i < count; i++)
		unpack_string(from, downloads->items[i].id, ID_SIZE);
	downloads->count = (unsigned)count;
	downloads->at = at;
	conn_await_drained(session->conn);
	return !from->failed;
}

void
downloads_destroy(struct downloads *downloads)
{
	for (unsigned i = 0; downloads != NULL && i < downloads->count; i++)
		download_end(&downloads->items[i], false);
	if (downloads != NULL)
		bulk_remove(&downloads->task);
	free(downloads);
}
