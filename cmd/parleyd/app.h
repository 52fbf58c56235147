/* The server put together: the only place where all layers meet. */
#ifndef CMD_APP_H
#define CMD_APP_H

#include "cmd/parleyd/options/options.h"

/*
 * Serves with these options until told to stop. The sources are read again
 * on SIGHUP. Returns what the program exits with.
 */
int app_run(const struct options *, const struct options_sources *);

#endif
