/* The checks. A new one is a line here and a function. */
#ifndef CMD_DOCTOR_CHECKS_H
#define CMD_DOCTOR_CHECKS_H

#include "cmd/parleyd/doctor/findings.h"
#include "cmd/parleyd/options/options.h"
#include "domain/base/count_of.h"

struct doctor {
	struct findings findings;
	const struct options *options;
	const char *config; /* the file of options; NULL: none */
	const char *proc;   /* where the kernel shows its figures */
	const char *url;    /* of the server, from outside; NULL: none */
	const char *token;  /* for it; or NULL */
	const char *ca;     /* of its certificate; NULL: the system's */
	int wait_s;         /* how long a connection to it stays idle */
};

/* X(name): check_name() adds its findings, none if it has nothing to do. */
#define DOCTOR_CHECKS(X) \
	X(paths)         \
	X(listen)        \
	X(certificates)  \
	X(files)         \
	X(backlog)       \
	X(tcp_memory)    \
	X(memory)        \
	X(clock)         \
	X(store)         \
	X(broker)        \
	X(auth_hook)     \
	X(hooks)

#define X(name) void check_##name(struct doctor *);
DOCTOR_CHECKS(X)
#undef X

/* Needs no options of the server. */
void check_url(struct doctor *);

/* Takes the next path off a list with commas. False: none is left. */
bool path_list_take(const char **list, char out[TLS_PATHS_SIZE]);

#endif
