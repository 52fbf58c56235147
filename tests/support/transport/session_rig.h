/*
 * Sessions of a chat that publishes everything twice: to its author and to all.
 */
#ifndef TESTS_SUPPORT_TRANSPORT_SESSION_RIG_H
#define TESTS_SUPPORT_TRANSPORT_SESSION_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/command.h"
#include "tests/support/transport/rig.h"
#include "transport/fanout/hub.h"
#include "transport/session.h"

/* A server's send buffer that takes a few kilobytes. */
#define SESSION_RIG_SMALL 4608
#define SESSION_RIG_CLIENTS 3

struct session_rig {
	struct command_handler handler;
	struct rig rig;
	struct hub *hub;
	struct sessions *sessions;
	struct client clients[SESSION_RIG_CLIENTS];
	unsigned attached;
	unsigned padding; /* bytes that are added to each message */
	unsigned message;
	enum chat_error connect_result;
	enum chat_error broadcast_result;
	bool in_room;         /* is_in_room() of every member */
	struct session *peer; /* of the last member to connect */
	unsigned rights;      /* of the last command */
	uint32_t connection;  /* of the last member to connect */
	/* the last command */
	enum command_kind kind;
	unsigned commands;
	unsigned disconnects;
	bool has_name;
	char name[2048];
	char body[256];
};

extern struct session_rig session_rig;

void session_rig_begin(void);
void session_rig_end(void);

/* All clients, as native ones. sndbuf: the server's send buffer; 0: as it is.
 */
void session_rig_open(int sndbuf);

void session_rig_send(int client, const char *text);

/* Loop turns; then the client reads. */
void session_rig_turn(int client);

/* The next text as a string; NULL: there is none. */
const char *session_rig_take(int client);
void session_rig_check(int client, const char *part);

/* Needs no memory, of which there may be none. */
void session_rig_copy(char *out, size_t size, struct str text);

#endif
