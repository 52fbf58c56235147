/* What parley can be called for. */
#ifndef CMD_PARLEY_SUBCOMMAND_H
#define CMD_PARLEY_SUBCOMMAND_H

#include "cmd/parley/args.h"
#include "cmd/parley/client.h"

struct event_base;

/* Beside those of enum client_status, as sysexits.h has them. */
enum exit_status {
	STATUS_USAGE = 64,
	STATUS_NOT_ALL_TAKEN = 75,
	STATUS_INTERRUPTED = 130
};

/* What every mode is given. */
struct subcommand {
	struct event_base *base;
	const struct args *args;
	struct tls *tls; /* for wss://; else NULL */
};

/* A mode that goes on until it is ended; the first in what is its own. */
struct run {
	const struct subcommand *mode;
	struct client *client;
	int status;
};

/* For struct client_ops and SIGINT; arg is a struct run. */
void run_lost(void *arg, const char *why);
void run_over(void *arg, enum client_status, const char *why);
void run_interrupt_cb(int number, short what, void *arg);

/* Each returns an exit status. */
int chat_run(const struct subcommand *);
int send_run(const struct subcommand *);
int tail_run(const struct subcommand *);
int rooms_run(const struct subcommand *);

/* A client as the arguments want it. NULL: no memory, or names too long. */
struct client *subcommand_client(const struct subcommand *, bool needs_room,
    const struct client_ops *, void *arg);

/* "parley: …" on standard error; what servers said is made harmless. */
void report_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
