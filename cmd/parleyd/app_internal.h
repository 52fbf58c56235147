/* For the files app.c, app_settings.c and app_host.c: the parts of a server. */
#ifndef CMD_APP_INTERNAL_H
#define CMD_APP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parleyd/app.h"
#include "cmd/parleyd/file_service.h"
#include "cmd/parleyd/handover_channel.h"
#include "cmd/parleyd/passed_sockets.h"
#include "cmd/parleyd/service_notify.h"
#include "commands/commands.h"
#include "domain/history_transfer.h"
#include "persistence/stores.h"
#include "transport/server.h"

struct event;
struct thread_pool;

enum upgrade_stage {
	UPGRADE_NONE,
	UPGRADE_CHECKING, /* the new process reads its configuration */
	UPGRADE_CHECKED,  /* it waits for the state of this one */
	UPGRADE_DRAINING  /* what cannot be handed over leaves */
};

/* This process starts another one that is to go on. */
struct app_upgrade {
	enum upgrade_stage stage;
	int pid;
	int fd; /* to the new process */
	struct event *event;
	int64_t stage_until_ms;            /* monotonic */
	int64_t due_ms;                    /* when it is tried again */
	struct history_transfer *transfer; /* NULL: it is not that far */
	/* A piece of it that is being sent, and what was sent of it. */
	struct packer piece;
	size_t piece_sent;
	struct event *writable; /* NULL: all messages are in the state */
	size_t ahead_bytes;     /* of all pieces */
	bool is_ahead;          /* after a piece there was nothing left */
	int64_t moved_ms;       /* when some was packed or taken last */
};

struct app {
	const struct options_sources *sources;
	struct options options;         /* as they were given */
	struct transport_limits limits; /* as they fit this process */
	struct trusted_proxies proxies;
	struct hooks *hooks;              /* NULL: none */
	struct hook_questions *questions; /* NULL: none */
	struct stores stores;
	struct stores_ahead stores_ahead; /* of an old process */
	struct thread_pool *workers;      /* NULL: the loop's thread alone */
	struct hub *hub;
	struct chat chat;
	struct api *api;
	struct dispatcher *dispatcher;
	struct sessions *sessions;
	struct host_ops host_ops;
	struct host host;
	struct authenticator *auth;
	struct word_file *words;
	struct file_service files;
	struct server *server;
	struct node *node; /* NULL: without a broker */
	struct passed_sockets sockets;
	struct app_upgrade upgrade;
	int handover_fd; /* to the old process; -1: this one goes on for none */
	int old_pidfd;
	struct handover_message state; /* of the old process */
	struct str packed_files;       /* in it; see file_service_open() */
	struct tls_context *tls;       /* from the start; NULL: no TLS */
	struct service_notify notify;
	bool is_exposed; /* other machines can connect */
	int status;      /* to exit with */
};

/* --- app.c ---------------------------------------------------------------- */

/* After the hooks were made. */
struct stores_config app_stores_config(struct app *);

/* --- app_settings.c ------------------------------------------------------- */

void app_use_options(struct app *, const struct options *);

/* *out is NULL without a listener under TLS. False: it is logged why not. */
bool app_load_tls(const struct options *, struct tls_context **out);

bool app_open_auth(struct app *);
bool app_open_words(struct app *);

/* The HTTP API's. False: it is logged why not. */
bool app_load_api_key(const struct options *, char key[API_KEY_MOST + 1]);
void app_configure_api(struct app *, const char *key);

void app_reload(void *app);

/* --- app_upgrade.c: the old process --------------------------------------- */

/* SIGUSR2 came. */
void app_upgrade(void *app);

/* The end of a turn: goes on with it. */
void app_upgrade_go_on(void *app);

/* --- app_handover.c: what is handed over, and the new process ------------- */

/* The name of the variable with the descriptor. */
#define HANDOVER_VARIABLE "HANDOVER_FD"

/* What is packed of the chat. */
struct chat_snapshot app_snapshot(const struct app *);

/* Everything that the new process needs. False: no memory. */
bool app_pack(struct app *, int64_t frozen_ms, struct handover_message *out);

/* Sets handover_fd. False: the variable is wrong; it is logged. */
bool app_join(struct app *);

/*
 * The configuration is good: waits for the state of the old process, and until
 * that has closed the stores. False: there will be none; it is logged.
 */
bool app_receive(struct app *);

/* Before the first turn: goes on with that state. False: it is logged. */
bool app_unpack(struct app *);

/* Waits until the old process serves no more. */
bool app_take_over(struct app *);

/* --- app_host.c ----------------------------------------------------------- */

/* What the transport asks the program. */
void app_make_host(struct app *);

#endif
