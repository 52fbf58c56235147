/* Which dialect is spoken at a path. Pure. */
#ifndef TRANSPORT_PATH_H
#define TRANSPORT_PATH_H

#include "domain/base/str.h"

struct dialect;

/*
 * `/ws` speaks what its listener does (NULL: nothing), `/ws/action` what it
 * names, wherever that is. NULL: no WebSocket is opened at this path.
 */
const struct dialect *path_dialect(const struct dialect *listener,
    struct str path);

#endif
