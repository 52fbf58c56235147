/*
 * What one connection may cause: commands, bytes, and copies of its messages.
 *
 * Everything is charged after it was done, so a budget may be overdrawn by one
 * command. A connection that has overdrawn it is not read until it has
 * recovered; a connection that does so for longer than limits.patience has its
 * commands refused. Pure.
 */
#ifndef TRANSPORT_BUDGET_H
#define TRANSPORT_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/limits.h"
#include "transport/net/token_bucket.h"

struct budget {
	struct token_bucket messages;
	struct token_bucket bytes;
	struct token_bucket fanout; /* in units of 1 KiB */
	/* Milliseconds; they wrap around. */
	uint32_t exceeded_since;
	uint32_t exceeded_until; /* the latest recovery from it */
	bool is_exceeded;        /* the two above are set */
};

void budget_init(struct budget *, const struct transport_limits *,
    int64_t now_ms);

/* Commands; bytes received (inflated) and encoded; bytes times receivers. */
void budget_charge_message(struct budget *, const struct transport_limits *,
    int64_t now_ms);
void budget_charge_bytes(struct budget *, const struct transport_limits *,
    int64_t now_ms, size_t bytes);
void budget_charge_fanout(struct budget *, const struct transport_limits *,
    int64_t now_ms, uint64_t bytes);

/* How long until the next command is within the budget; 0: it is now. */
int64_t budget_wait_ms(struct budget *, const struct transport_limits *,
    int64_t now_ms);

/*
 * The same; a wait counts as exceeding the budget. It goes on without
 * interruption as long as the next one begins within a second of its end.
 */
int64_t budget_exceed(struct budget *, const struct transport_limits *,
    int64_t now_ms);

/* Whether the connection is slowed down; else its commands are refused. */
bool budget_has_patience(const struct budget *, const struct transport_limits *,
    int64_t now_ms);

#endif
