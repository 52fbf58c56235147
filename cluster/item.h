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
	ITEM_EPOCH /* of the log of a room, from this place on */
};

/* As in struct room. */
struct item_epoch {
	struct str name;
	struct str former;
	uint64_t former_seq;
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
};

/* Without texts that only answers need. False: no memory. */
bool item_pack(const struct item *, struct packer *);

/*
 * Texts are borrowed from the bytes. The command has no peer, ref and word.
 * False: not an item of this version.
 */
bool item_unpack(struct str bytes, struct item *out);

#endif
