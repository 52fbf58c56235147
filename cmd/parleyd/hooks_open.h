/* Makes the hooks that the options name. */
#ifndef CMD_HOOKS_OPEN_H
#define CMD_HOOKS_OPEN_H

#include <stdbool.h>
#include <stdint.h>

struct hook_questions;
struct hooks;
struct hooks_options;

/* *out is NULL without a URL. False: it is logged why not. */
bool hooks_open(const struct hooks_options *,
    void (*acknowledge)(void *arg, uint64_t lsn), void *arg,
    struct hooks **out);

/* *out is NULL if nothing is asked about. False: it is logged why not. */
bool hook_questions_open(const struct hooks_options *,
    struct hook_questions **out);

#endif
