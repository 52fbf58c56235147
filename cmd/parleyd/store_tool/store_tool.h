/* parleyd store: look into a file store while no server has it open. */
#ifndef CMD_STORE_TOOL_H
#define CMD_STORE_TOOL_H

#include <stdio.h>

/*
 * The arguments behind the word "store". Answers go to out, complaints to
 * standard error. Returns the exit status: 0 whole, 1 torn tail, 2 damage, 3
 * unreadable, 4 in use; 64: not understood.
 */
int store_tool_run(int argc, char *const *argv, FILE *out);

#endif
