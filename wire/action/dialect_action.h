/* The `action` dialect: the Python servers (docs/protocol-action.md). */
#ifndef WIRE_DIALECT_ACTION_H
#define WIRE_DIALECT_ACTION_H

#include "wire/dialect.h"

enum chat_error action_decode(struct str message, const struct wire_context *,
    struct command *out, struct failure *why, struct scratch *);

bool action_encode(const struct event *, enum viewpoint, struct wire_text *out);

extern const struct dialect dialect_action;

#endif
