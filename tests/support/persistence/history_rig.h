/* A history of any kind, and short functions for its tests. */
#ifndef TESTS_SUPPORT_PERSISTENCE_HISTORY_RIG_H
#define TESTS_SUPPORT_PERSISTENCE_HISTORY_RIG_H

#include "tests/persistence/store_contract.h"

#define NOW 1000000
#define RED STR("red")

/* No test stores more than this. */
extern const struct history_limits history_rig_limits;

/* A history of a kind with a red room; tests may open a blue one. */
struct history *history_rig_begin(int kind, const struct history_limits *);

/* After both rooms are closed, nothing is held. */
void history_rig_end(struct history *);

/* A message of Alice. */
struct message message_of(const char *body, int64_t at_ms);

/* Appends a message, to the red room if none is named; returns its number. */
uint64_t post(struct history *, const char *body);
uint64_t post_at(struct history *, struct str room, const char *body,
    int64_t at_ms);
uint64_t post_with_key(struct history *, const char *body, const char *key,
    int64_t at_ms);

/* Appends "1", "2", … "n" to the red room. */
void post_numbers(struct history *, int n);

/* Checks the messages from a number on: "1:hello 2:world ". */
void assert_each(struct history *, struct str room, uint64_t from_seq,
    int64_t now_ms, const char *expected);

/* The same, but visits at most so many. */
void assert_first(struct history *, struct str room, uint64_t from_seq,
    int64_t now_ms, int most, const char *expected);

void assert_span(struct history *, struct str room, int64_t now_ms,
    uint64_t first, uint64_t last);

/* The number of the message with a key; 0: none. */
uint64_t number_of_key(struct history *, const char *key, int64_t now_ms);

#endif
