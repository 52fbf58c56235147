/*
 * Stands in the place of link.c: a connection whose other end is the test.
 */
#ifndef TESTS_SUPPORT_PARLEY_FAKE_LINK_H
#define TESTS_SUPPORT_PARLEY_FAKE_LINK_H

#include "cmd/parley/connection.h"

/* How many were dialled, and where the last one led. */
extern unsigned fake_connections;
extern struct url fake_connection_url;

/* What was sent on it since it was last asked for, a line for each. */
const char *fake_connection_sent(void);

void fake_connection_open(void);
void fake_connection_say(const char *frame);
/* The link is gone after this. */
void fake_connection_end(enum connection_fault, unsigned code,
    const char *text);

/* Whether there is one, and it was not closed from this side. */
bool fake_connection_is_up(void);

#endif
