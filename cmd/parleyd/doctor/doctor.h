/* parleyd doctor: checks a machine and a configuration for a server. */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include <stdio.h>

/*
 * The arguments are those of the program: argv[1] is "doctor". Findings go to
 * out. Returns the exit status: 0 nothing found, 1 warnings, 2 errors, 64 wrong
 * usage.
 */
int doctor_run(int argc, char *const *argv, char *const *envp, FILE *out);

#endif
