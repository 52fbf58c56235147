/*
 * What the nodes append to their logs, as bytes: commands to the log of the
 * chat, entries to those of rooms.
 */
#ifndef CLUSTER_ITEM_H
#define CLUSTER_ITEM_H

#include "domain/base/pack.h"
#include "domain/commit_log.h"

/* A node's name, a dot, 8 hexadecimal digits, NUL. */
#define NODE_ID_SIZE (64 + 1 + 8 + 1)

enum item_kind {
	ITEM_COMMAND = 1,
	ITEM_ENTRY,
	ITEM_EPOCH, /* of the log of a room, from this place on */
	ITEM_RELAY,
	ITEM_FAILED_LOGIN /* is published only */
};

/* As in struct room. */
struct item_epoch {
	struct str name;
	struct str former;
	uint64_t former_seq;
};

/*
 * The relay: the one node that passes on what happens to another program. A
 * node becomes the relay by an item with the next term, and reports how far it
 * is by items of the same one.
 */
struct relay {
	uint64_t term;   /* 0: there was none yet */
	uint64_t number; /* the highest of its events; of a claim: the next
			    ones are higher */
	int64_t sent_ms; /* what happened before was passed on */
	char node[NODE_ID_SIZE];
};

/* The time of an item is that of its ENTRY: see cluster/broker.h. */
struct item {
	enum item_kind kind;
	struct str node;     /* of the command's connection; of an entry's
				author */
	uint64_t connection; /* a number of that node */
	uint64_t seed[2];    /* of the ids that the command makes */
	/* The whole command; of an entry, what its finish() needs. */
	struct command command;
	struct principal principal; /* of connect: command.principal */
	struct entry entry;
	struct item_epoch epoch;
	struct relay relay;     /* but its node */
	uint64_t login_keys[2]; /* of its address and its user */
};

/* Without texts that only answers need. False: no memory. */
bool item_pack(const struct item *, struct packer *);

/*
 * Texts are borrowed from the bytes. The command has no peer, ref and word.
 * False: not an item of this version.
 */
bool item_unpack(struct str bytes, struct item *out);

#endif
