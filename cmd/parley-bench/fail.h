/*
 * The two ways in which a run ends early; each prints the reason and exits.
 */
#ifndef PARLEY_BENCH_FAIL_H
#define PARLEY_BENCH_FAIL_H

#define EXIT_WRONG_ANSWER 1
#define EXIT_CANNOT_RUN 2

/* The server violated its contract: the measurement is void. */
_Noreturn void wrong_answer(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Another problem: options, descriptors, connection refused. */
_Noreturn void cannot_run(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Returns the memory; exits if it is NULL. */
void *need(void *memory);

#endif
