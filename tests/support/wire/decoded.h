/* Decodes with an eye on what a decoder promises. */
#ifndef TESTS_SUPPORT_WIRE_DECODED_H
#define TESTS_SUPPORT_WIRE_DECODED_H

#include "wire/dialect.h"

/* What came of a message. Texts are good until the next one is decoded. */
struct decoded {
	enum chat_error error;
	struct command command;
	struct failure why;
};

/*
 * Decodes a message that ends where its memory does. Fails the test if an
 * answer may not be given, or a text is neither in the message nor in scratch.
 */
struct decoded decode_watched(const struct dialect *,
    const struct wire_context *, struct str message);

#endif
