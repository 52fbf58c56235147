/* Decodes a message and checks the contract of decoders. */
#ifndef TESTS_SUPPORT_WIRE_DECODED_H
#define TESTS_SUPPORT_WIRE_DECODED_H

#include "wire/dialect.h"

/* A decoded message. Texts are valid until the next one is decoded. */
struct decoded {
	enum chat_error error;
	struct command command;
	struct failure why;
};

/*
 * Decodes a message at the end of its memory. Fails the test if the
 * contract is violated, or a text is neither in the message nor in scratch.
 */
struct decoded decode_watched(const struct dialect *,
    const struct wire_context *, struct str message);

#endif
