/* `parleyd token`: makes signed tokens, for trials and for tests. */
#ifndef CMD_TOKEN_TOOL_H
#define CMD_TOKEN_TOOL_H

#include <stdio.h>

/* The arguments after the word; returns the exit status. */
int token_tool_run(int argc, char *const *argv, FILE *out);

#endif
