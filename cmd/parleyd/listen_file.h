/* A file with the addresses of a running server, for other programs. */
#ifndef CMD_LISTEN_FILE_H
#define CMD_LISTEN_FILE_H

#include <stdbool.h>

#include "transport/net/address.h"

struct dialect;
struct server;

#define LISTEN_HOST_SIZE ADDRESS_TEXT_SIZE

/*
 * The host and port that a client of this machine connects to, for example
 * "localhost:8080" for [::]:8080. False: a Unix socket.
 */
bool listen_host(const struct address *, char out[LISTEN_HOST_SIZE]);

/*
 * Writes lines such as "ws://localhost:8080/ws command"; replaces the file as
 * a whole. False: it is logged why not.
 */
bool listen_file_write(const char *path, const struct server *);

/* Removes the file. */
void listen_file_remove(const char *path);

#endif
