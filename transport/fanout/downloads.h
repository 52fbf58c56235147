/* Files that a session is sent, as fast as its client reads: see downloads.c */
#ifndef TRANSPORT_DOWNLOADS_H
#define TRANSPORT_DOWNLOADS_H

#include <stdbool.h>

#include "domain/base/str.h"

struct command_handler;
struct downloads;
struct file_push;
struct packer;
struct session;
struct unpacker;

/*
 * The session is sent the file, behind those that it is being sent. Without
 * memory, or beyond DOWNLOADS_MOST, it is not. The push, or NULL, counts it.
 */
void downloads_add(struct session *, struct str id, struct file_push *);

/* The client has taken what it was sent: a few more pieces. They are bulk. */
void downloads_continue(struct session *, struct command_handler *);

/*
 * For another process: files that are being sent, of no push any more. NULL:
 * there are none.
 */
void downloads_pack(const struct downloads *, struct packer *);

/* False: no such bytes, or no memory. */
bool downloads_unpack(struct session *, struct unpacker *);

void downloads_destroy(struct downloads *);

#endif
