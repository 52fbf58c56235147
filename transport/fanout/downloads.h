/* Files that a session is sent, as fast as its client reads: see downloads.c */
#ifndef TRANSPORT_DOWNLOADS_H
#define TRANSPORT_DOWNLOADS_H

#include <stdbool.h>

#include "domain/base/str.h"

struct command_handler;
struct downloads;
struct session;

/*
 * The session is sent the file, behind those that it is being sent. Without
 * memory, or beyond DOWNLOADS_MOST, it is not.
 */
void downloads_add(struct session *, struct str id);

/* The client has taken what it was sent: a few more pieces. */
void downloads_continue(struct session *, struct command_handler *);

void downloads_destroy(struct downloads *);

#endif
