/* A log-in with a password, before the first connection. */
#ifndef CMD_PARLEY_LOGIN_H
#define CMD_PARLEY_LOGIN_H

#include <stddef.h>

#include "cmd/parley/client.h"
#include "cmd/parley/handshake.h"
#include "cmd/parley/url.h"

struct event_base;
struct tls;

/*
 * Reads a password: PARLEY_PASSWORD of the environment, without echo from a
 * terminal, or else a line of standard input, no byte more. False: there is
 * none, or it is too long.
 */
bool login_read_password(char *out, size_t size);

/*
 * Sends POST /v1/login to the server of the URL and waits for the token.
 * CLIENT_DONE, or `why` explains the failure.
 */
enum client_status login_run(struct event_base *, const struct url *,
    struct tls *, struct str user, struct str password,
    char token[HANDSHAKE_TOKEN_SIZE], char *why, size_t size);

#endif
