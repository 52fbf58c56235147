/* Replaces connection.c: the test is the server. */
#ifndef TESTS_SUPPORT_PARLEY_FAKE_LINK_H
#define TESTS_SUPPORT_PARLEY_FAKE_LINK_H

#include "cmd/parley/connection.h"

/* The number of connections opened, and the URL of the latest. */
extern unsigned fake_connections;
extern struct url fake_connection_url;

/* The messages sent since the last call, one per line. */
const char *fake_connection_sent(void);

void fake_connection_open(void);
void fake_connection_receive(const char *frame);
/* Ends the connection. */
void fake_connection_end(enum connection_fault, unsigned code,
    const char *text);

/* Whether a connection is open. */
bool fake_connection_is_up(void);

#endif
