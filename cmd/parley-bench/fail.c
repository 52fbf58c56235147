#include "cmd/parley-bench/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void
reason_print(const char *kind, const char *format, va_list args)
{
	fprintf(stderr, "parley-bench: %s", kind);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void
wrong_answer(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reason_print("wrong answer: ", format, args);
	va_end(args);
	exit(EXIT_WRONG_ANSWER);
}

void
cannot_run(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reason_print("", format, args);
	va_end(args);
	exit(EXIT_CANNOT_RUN);
}

void *
need(void *memory)
{
	if (memory == NULL)
		cannot_run("out of memory");
	return memory;
}
