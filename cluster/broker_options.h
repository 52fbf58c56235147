/* How a node uses Redis. Public. */
#ifndef CLUSTER_BROKER_OPTIONS_H
#define CLUSTER_BROKER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an acknowledgement waits for. */
enum broker_ack {
	BROKER_ACK_PRIMARY,
	BROKER_ACK_REPLICA
};

/* Whether a node without Redis wants new clients. */
enum broker_down {
	BROKER_DOWN_READY,
	BROKER_DOWN_NOT_READY
};

#define BROKER_URL_SIZE 1024
#define BROKER_PREFIX_SIZE 64
#define BROKER_SECRET_SIZE 256
#define BROKER_NODE_SIZE 64
#define BROKER_NODE_URL_SIZE 256

struct broker_options {
	char url[BROKER_URL_SIZE]; /* "": no broker */
	char prefix[BROKER_PREFIX_SIZE];
	char user[BROKER_SECRET_SIZE];
	char password[BROKER_SECRET_SIZE];
	char password_file[BROKER_URL_SIZE];
	char ca[BROKER_URL_SIZE]; /* "": the authorities of the system */
	char certificate[BROKER_URL_SIZE]; /* "": none */
	char key[BROKER_URL_SIZE];
	char node[BROKER_NODE_SIZE]; /* "": made at the start */
	char node_url[BROKER_NODE_URL_SIZE];
	int64_t timeout_ms; /* of a connect, and of a command */
	int64_t give_up_ms;
	bool required;
	enum broker_down down;
	enum broker_ack ack;
};

#endif
