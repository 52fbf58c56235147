/* parleyd health: whether a server of this machine is ready. */
#ifndef CMD_HEALTH_TOOL_H
#define CMD_HEALTH_TOOL_H

#include <stdio.h>

/*
 * The arguments and environment are those of the program. Returns 0; 1: it is
 * not ready; or as ctl_tool_run().
 */
int health_tool_run(int argc, char *const *argv, char *const *envp, FILE *out);

#endif
