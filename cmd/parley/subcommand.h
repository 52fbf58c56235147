/* The subcommands of parley. */
#ifndef CMD_PARLEY_SUBCOMMAND_H
#define CMD_PARLEY_SUBCOMMAND_H

#include "cmd/parley/args.h"
#include "cmd/parley/client.h"

struct event_base;

/* Further exit statuses of sysexits.h, beside enum client_status. */
enum exit_status {
	STATUS_USAGE = 64,
	STATUS_NOT_ALL_TAKEN = 75,
	STATUS_INTERRUPTED = 130
};

/* The input of every subcommand. */
struct subcommand {
	struct event_base *base;
	const struct args *args;
	struct tls *tls;   /* for wss://; else NULL */
	const char *token; /* NULL: none */
};

/* A subcommand that runs until it is interrupted; first in its own struct. */
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

/*
 * Creates the client for the arguments. NULL: no memory, or a name is too
 * long.
 */
struct client *subcommand_client(const struct subcommand *, bool needs_room,
    const struct client_ops *, void *arg);

/* Prints "parley: …" to standard error, sanitized. */
void report_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
