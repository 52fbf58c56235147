/* Asks for a new password. */
#ifndef CMD_PASSWORD_PROMPT_H
#define CMD_PASSWORD_PROMPT_H

#include <stddef.h>
#include <stdio.h>

/*
 * Of at least PASSWORD_CHARS_MIN characters, from a terminal without echo, else
 * two lines. NULL: both are the same, which is in `out`; else what is wrong, a
 * constant.
 */
#define PASSWORD_CHARS_MIN 8
const char *password_prompt_twice(FILE *in, char *out, size_t size);

#endif
