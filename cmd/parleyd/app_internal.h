/* For the files app.c, app_settings.c and app_host.c: the parts of a server. */
#ifndef CMD_APP_INTERNAL_H
#define CMD_APP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parleyd/app.h"
#include "cmd/parleyd/file_service.h"
#include "cmd/parleyd/passed_sockets.h"
#include "cmd/parleyd/service_notify.h"
#include "commands/commands.h"
#include "persistence/stores.h"
#include "transport/server.h"

struct app {
	const struct options_sources *sources;
	struct options options;         /* as they were given */
	struct transport_limits limits; /* as they fit this process */
	struct trusted_proxies proxies;
	struct hooks *hooks;              /* NULL: none */
	struct hook_questions *questions; /* NULL: none */
	struct stores stores;
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
	struct service_notify notify;
	bool is_exposed; /* other machines can connect */
	int status;      /* to exit with */
};

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

/* --- app_host.c ----------------------------------------------------------- */

/* What the transport asks the program. */
void app_make_host(struct app *);

#endif
