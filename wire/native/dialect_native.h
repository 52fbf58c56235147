/* The `command` dialect: the Go server's, and more (docs/protocol.md). */
#ifndef WIRE_DIALECT_NATIVE_H
#define WIRE_DIALECT_NATIVE_H

#include "wire/dialect.h"

enum chat_error native_decode(struct str message, const struct wire_context *,
    struct command *out, struct failure *why, struct scratch *);

bool native_encode(const struct event *, enum viewpoint, struct wire_text *out);

extern const struct dialect dialect_native;

#endif
