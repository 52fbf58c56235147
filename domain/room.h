/* A room: a group of members and one sequence of messages. */
#ifndef DOMAIN_ROOM_H
#define DOMAIN_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/error.h"
#include "domain/id_source.h"

#define ROOM_ID_SIZE (64 + 1)
#define ROOM_NAME_CHARS 64
#define ROOM_NAME_SIZE (ROOM_NAME_CHARS * 4 + 1)

/* The smallest lifetime of messages that a room may set. */
#define ROOM_TTL_LEAST_MS 1000

/* A plain value; copy it freely. */
struct room {
	char id[ROOM_ID_SIZE];
	char name[ROOM_NAME_SIZE];
	char epoch[ID_SIZE]; /* identifies one sequence of numbers */
	/*
	 * The epoch before, and up to which number both are the same sequence;
	 * "": none.
	 */
	char former_epoch[ID_SIZE];
	uint64_t former_seq;
	bool persistent;   /* outlives its last member */
	bool is_private;   /* not listed; joining needs an invitation */
	bool is_moderated; /* speaking needs a role */
	int64_t ttl_ms;    /* lifetime of a message; 0: the limit */
	int64_t created_ms;
	int64_t active_ms;  /* of the last join or leave */
	size_t max_members; /* 0: as the limits say */
	int64_t slow_ms;    /* between two messages of a member; 0: none */
	/*
	 * The id of the member that is its owner if no attribute has
	 * otherwise; "": none.
	 */
	char creator[ID_SIZE];
	/* command.origin of a creator without an account; 0: none, unknown. */
	uint64_t origin;
	size_t member_count; /* set by the store */
	size_t guest_count;  /* set by the store: guests among the members */
};

/* Whether the messages up to `seq` are the same ones in this epoch. */
bool room_continues_epoch(const struct room *, struct str epoch, uint64_t seq);

/* 1 to 64 of A-Z a-z 0-9 _ - . : what a client may choose. */
bool room_id_is_valid(struct str id);

/* A valid id, or that of a private talk: what a store may have. */
bool room_id_is_stored(struct str id);

/* As member_name_normalize(), with up to 64 characters; nothing is reserved. */
enum chat_error room_name_normalize(struct str wish, char out[ROOM_NAME_SIZE]);

/* Makes a room name of any text: name_sanitize(). False: out is "". */
bool room_name_sanitize(struct str wish, char out[ROOM_NAME_SIZE]);

#endif
