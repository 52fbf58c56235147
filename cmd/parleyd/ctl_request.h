/* A request to the HTTP API of a running server; its answer is printed. */
#ifndef CMD_CTL_REQUEST_H
#define CMD_CTL_REQUEST_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/parleyd/ctl_link.h"
#include "wire/common/wire_text.h"

#define CTL_KEY_MOST 256

/* The server, and how it is asked. */
struct ctl {
	const char *tool; /* "ctl" or "health" */
	const char *url;
	const char *key;
	const char *key_file;
	char key_read[CTL_KEY_MOST + 2];
	const char *ca; /* NULL: the authorities that the system trusts */
	struct ctl_url where;
	FILE *out;
};

/* Zeroed: an empty one. */
struct ctl_request {
	const char *method;
	bool is_stream; /* the answer is printed as it comes */
	struct wire_text target;
	struct wire_text body;
};

/* Complains on standard error; returns the status. */
int ctl_error_print(const struct ctl *, int status, const char *what,
    const char *detail);

/* Parses its URL. False: it is none, which was printed. */
bool ctl_read_url(struct ctl *);

/* To the path and query; the second as one of their parts. */
void ctl_request_add(struct ctl_request *, const char *text);
void ctl_request_add_encoded(struct ctl_request *, const char *text);

/* Returns the exit status. The request's texts are freed. */
int ctl_request_run(struct ctl *, struct ctl_request *);

#endif
