/* The dialect of a path. Pure. Public. */
#ifndef TRANSPORT_PATH_H
#define TRANSPORT_PATH_H

#include "domain/base/str.h"

struct dialect;

/*
 * `/ws` has the dialect of its listener (NULL: none), `/ws/action` the one it
 * names, on every listener. NULL: no WebSocket is opened at this path.
 */
const struct dialect *path_dialect(const struct dialect *listener,
    struct str path);

#endif
