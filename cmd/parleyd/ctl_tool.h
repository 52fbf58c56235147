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

#endif
