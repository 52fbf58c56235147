/* The two ways in which a run ends early; each says why and exits. */
#ifndef PARLEY_BENCH_FAIL_H
#define PARLEY_BENCH_FAIL_H

#define EXIT_WRONG_ANSWER 1
#define EXIT_CANNOT_RUN 2

/* The server broke a promise: whatever it measured does not count. */
_Noreturn void wrong_answer(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Something else is amiss: options, descriptors, nobody listens. */
_Noreturn void cannot_run(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Memory, or the end of the run. */
void *need(void *memory);

#endif
