/* A page out of a room's history, within what a page may be. */
#ifndef COMMANDS_HISTORY_PAGE_H
#define COMMANDS_HISTORY_PAGE_H

#include "commands/support/request.h"

/* What may be asked for at once; a page may turn out smaller. */
#define EXCERPT_MOST 1000

/* Its texts are borrowed from the history, until that changes. */
struct history_page {
	struct message *messages; /* owned */
	struct page page;         /* some of them */
};

/* An excerpt filled with zeros is one of nothing. */
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
