/* What a dialect calls the failures that it has words of its own for. */
#ifndef WIRE_ERROR_TEXTS_H
#define WIRE_ERROR_TEXTS_H

#include <stddef.h>

#include "domain/event.h"

struct error_text {
	enum chat_error error;
	struct str command; /* as it was sent; absent: any */
	struct str text;
};

#define ANY_COMMAND STR_ABSENT

/* The text of the first that fits; absent: none does. */
struct str error_text_find(const struct error_text table[], size_t count,
    const struct failure *);

/* What the chat itself would say. */
struct str error_text_plain(const struct failure *);

#endif
