/* parleyd ctl: asks a running server over its HTTP API. */
#ifndef CMD_CTL_TOOL_H
#define CMD_CTL_TOOL_H

#include <stdio.h>

/*
 * The arguments behind the word "ctl". Answers go to out, complaints to
 * standard error. Returns the exit status: 0 done, 1 refused, 64 not
 * understood, 69 no server.
 */
int ctl_tool_run(int argc, char *const *argv, FILE *out);

/*
 * parleyd health: whether a server of this machine is ready. The arguments and
 * environment are those of the program. Returns 0; 1: it is not ready; or as
 * above.
 */
int health_tool_run(int argc, char *const *argv, char *const *envp, FILE *out);

#endif
