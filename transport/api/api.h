/*
 * The HTTP API for backends, and for readers without a WebSocket: /v1/…
 * Public. docs/api.md describes it.
 *
 * Each request is a call with an id of its own. It hands commands of the server
 * (COMMAND_OF_SERVER) to the chat, with that id as their author. The chat
 * publishes to the API, which keeps the answers to its calls and passes on all
 * other events.
 */
#ifndef TRANSPORT_API_H
#define TRANSPORT_API_H

#include <stdbool.h>

#include <stdint.h>

#include "domain/base/str.h"

struct api;
struct assets;
struct command_handler;
struct http_exchange;
struct hub;
struct profile;
struct publisher;
struct transport_limits;

/* Everything is borrowed and outlives the API. */
struct api_config {
	struct hub *hub; /* other events go there */
	const struct transport_limits *limits;
	const struct profile *profile;
	const struct assets *assets; /* /v1/openapi.json; or NULL */
};

/* Bytes of a key, and of the server's name. */
#define API_KEY_MOST 256
#define API_NAME_MOST 128
#define API_BASE_MOST 255

/* Texts are copied. */
struct api_settings {
	struct str key;  /* of backends; empty: nothing is served */
	struct str name; /* of the server, as an author */
	/* The key is good only at listeners without a dialect. */
	bool has_listener;
	bool has_files;        /* requests for files are served, key or not */
	struct str files_base; /* URLs of files begin so; "": with a path */
};

/* NULL: no memory. */
struct api *api_create(const struct api_config *);

/* No connection may be left. Accepts NULL. */
void api_destroy(struct api *);

void api_configure(struct api *, const struct api_settings *);

/* What the chat publishes to. Borrowed. */
struct publisher *api_publisher(struct api *);

/* Sets the handler of its commands. Called once, before the first request. */
void api_bind(struct api *, struct command_handler *);

/* Answers a request. False: it is for none of the API's routes. */
bool api_handle(struct api *, struct http_exchange *);

/* About ten times a second. */
void api_tick(struct api *, int64_t now_ms);

#endif
