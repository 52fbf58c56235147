/* Pages of a room's history, within limits.page_messages and page_bytes. */
#ifndef COMMANDS_HISTORY_PAGE_H
#define COMMANDS_HISTORY_PAGE_H

#include "commands/support/request.h"

/* The largest number of messages that a client may request. */
#define HISTORY_PAGE_MOST 1000

/* Its texts are good until the history changes. */
struct history_page {
	struct message *messages;   /* owned */
	struct reaction *reactions; /* owned, of all messages */
	struct page page;           /* some of them */
};

/*
 * Adds the reactions to the messages of a page that was put together otherwise.
 * CHAT_UNAVAILABLE.
 */
enum chat_error history_page_add_reactions(const struct request *,
    struct str room, struct history_page *);

/* Filled with zeros it is empty. */
void history_page_fini(struct history_page *);

/*
 * The first messages behind seq `after`, at most `most`; page.more: there
 * are later ones. history_page_fini() it in any case. CHAT_ROOM_NOT_FOUND,
 * CHAT_UNAVAILABLE.
 */
enum chat_error history_page_after(const struct request *, struct str room,
    uint64_t after, size_t most, struct history_page *out);

/*
 * The last messages before seq `before`; page.more: earlier ones are kept.
 * Else the same.
 */
enum chat_error history_page_before(const struct request *, struct str room,
    uint64_t before, size_t most, struct history_page *out);

#endif
