#include "transport/fanout/downloads.h"

#include <stdlib.h>
#include <string.h>

#include "domain/command.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

/* Files that may wait for one session. */
#define DOWNLOADS_MOST 64

/* A piece of a file, and what is sent at once: less than 64 KiB in base64. */
#define PIECE_BYTES 4096
#define PIECES_AT_ONCE 10

/* Not answered yet. */
#define NO_PIECE UINT32_MAX

struct downloads {
	unsigned count;
	uint64_t at; /* in the first one */
	char ids[DOWNLOADS_MOST][ID_SIZE];
};

static struct downloads *
session_get_downloads(struct session *session)
{
	struct session_extra *extra = session_get_extra(session);

	if (extra != NULL && extra->downloads == NULL)
		extra->downloads = calloc(1, sizeof(*extra->downloads));
	return extra == NULL ? NULL : extra->downloads;
}

void
downloads_add(struct session *session, struct str id)
{
	struct downloads *downloads = session_get_downloads(session);

	if (downloads == NULL || downloads->count == DOWNLOADS_MOST ||
	    id.len >= ID_SIZE)
		return;
	*str_put(downloads->ids[downloads->count++], id) = '\0';
	conn_await_drained(session->conn);
}

static void
downloads_end_first(struct downloads *downloads)
{
	downloads->count--;
	memmove(downloads->ids[0], downloads->ids[1],
	    downloads->count * sizeof(downloads->ids[0]));
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
		.file.id = str_from(downloads->ids[0]),
		.file.at = downloads->at,
		.limit = PIECE_BYTES,
	};

	if (session->extra->scope != NULL)
		command.scope = str_from(session->extra->scope);
	session->extra->piece_bytes = NO_PIECE;
	if (command_handle(handler, &command) != CHAT_OK ||
	    session->extra->piece_bytes == NO_PIECE ||
	    session->extra->piece_bytes == 0)
		downloads_end_first(downloads);
	else
		downloads->at += session->extra->piece_bytes;
}

void
downloads_continue(struct session *session, struct command_handler *handler)
{
	struct downloads *downloads =
	    session->extra == NULL ? NULL : session->extra->downloads;

	if (downloads == NULL || session->conn->lags)
		return;
	for (int i = 0; i < PIECES_AT_ONCE && downloads->count > 0 &&
			ws_conn_is_open(session->conn);
	     i++)
		downloads_send_piece(session, handler);
	if (downloads->count > 0)
		conn_await_drained(session->conn);
}

void
downloads_destroy(struct downloads *downloads)
{
	free(downloads);
}
