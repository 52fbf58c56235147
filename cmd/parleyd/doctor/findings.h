/* What the checks find. */
#ifndef CMD_DOCTOR_FINDINGS_H
#define CMD_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum finding_severity {
	FINDING_OK,
	FINDING_WARNING,
	FINDING_ERROR
};

#define FINDING_TEXT_SIZE 512

struct finding {
	enum finding_severity severity;
	const char *check; /* its name, a constant */
	char text[FINDING_TEXT_SIZE];
	char remedy[FINDING_TEXT_SIZE]; /* "": none is needed */
};

struct findings {
	const char *check; /* the one that runs */
	size_t count;
	struct finding *at;
};

void findings_fini(struct findings *);

/* One more of the check that runs. Without memory the program ends. */
void finding_add(struct findings *, enum finding_severity, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* What to do about the last one. */
void finding_set_remedy(struct findings *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The worst one; OK if there are none. */
enum finding_severity findings_worst(const struct findings *);

void findings_print(const struct findings *, FILE *out);
void findings_print_json(const struct findings *, FILE *out);

#endif
