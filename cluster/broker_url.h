/* The addresses of Redis that an operator gives. Public. */
#ifndef CLUSTER_BROKER_URL_H
#define CLUSTER_BROKER_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

enum broker_kind {
	BROKER_TCP,
	BROKER_UNIX,
	BROKER_SENTINEL /* hosts are those of sentinels */
};

/* Whether this build has TLS to Redis. */
#ifdef PARLEY_REDIS_TLS
#define BROKER_HAS_TLS true
#else
#define BROKER_HAS_TLS false
#endif

#define BROKER_SHARDS_MAX 16
#define BROKER_HOSTS_MAX 8
#define BROKER_HOST_SIZE 256
#define BROKER_NAME_SIZE 128

struct broker_host {
	char name[BROKER_HOST_SIZE]; /* of a host, or the path of a socket */
	uint16_t port;
};

/* One Redis, or one primary that sentinels name. */
struct broker_target {
	enum broker_kind kind;
	bool has_tls;
	unsigned database;
	size_t host_count;
	struct broker_host hosts[BROKER_HOSTS_MAX];
	char primary[BROKER_NAME_SIZE]; /* its name among the sentinels */
};

struct broker_targets {
	size_t count;
	struct broker_target at[BROKER_SHARDS_MAX];
};

/*
 * Reads URLs that commas or blanks separate:
 *
 *     redis://HOST[:PORT][/DATABASE]
 *     unix:/PATH
 *     redis+sentinel://HOST[:PORT][,HOST[:PORT]]…/PRIMARY
 *     rediss://…, rediss+sentinel://… over TLS, if hiredis has it
 *
 * False: *why is the reason. It does not quote the text, which may have a
 * password by mistake.
 */
bool broker_targets_parse(struct broker_targets *, struct str text,
    const char **why);

/* Whether any of them is reached over TLS. */
bool broker_targets_have_tls(const struct broker_targets *);

/* The shard that holds everything with this tag; the same on every node. */
size_t broker_shard_of(size_t shards, struct str tag);

#endif
