/* The answer to /v1/session: who the client is, and how it may log in. */
#ifndef AUTH_SESSION_ANSWER_H
#define AUTH_SESSION_ANSWER_H

#include <stdbool.h>

#include "auth/auth_method.h"

struct wire_text;

/* guests: those without a token are let in. The JSON is appended. */
void session_answer_write(const struct auth_method_ops *, bool guests,
    const struct principal *, struct wire_text *);

#endif
