/* Texts of failures that a dialect words differently from domain/error.h. */
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

/* The text of the first row that matches; absent: no row does. */
struct str error_text_find(const struct error_text table[], size_t count,
    const struct failure *);

/* The text of domain/error.h, or the failure's own. */
struct str error_text_plain(const struct failure *);

#endif
