/* parleyd user: changes the users file of auth.kind = password. */
#ifndef CMD_USER_TOOL_H
#define CMD_USER_TOOL_H

#include <stdio.h>

/* The arguments behind "user"; returns the exit status. */
int user_tool_run(int argc, char *const *argv, FILE *in, FILE *out);

#endif
