/*
 * A whole server on a disk in memory, connected as in cmd/parleyd/app.c,
 * without threads and without a clock of its own: it does nothing between
 * calls. Clients are at the other ends of socket pairs.
 */
#ifndef TESTS_FUZZ_SESSION_WORLD_H
#define TESTS_FUZZ_SESSION_WORLD_H

#include "commands/commands.h"
#include "persistence/file/file_store.h"
#include "tests/support/persistence/memory_disk.h"
#include "transport/fanout/hub.h"
#include "transport/host.h"
#include "transport/session.h"
#include "transport/worker.h"
#include "wire/common/file_part.h"

struct world {
	struct memory_disk *memory;
	struct store_options options;
	struct history_limits history_limits;
	struct transport_limits limits;
	struct clock clock;
	int64_t now_ms; /* of both clocks */
	struct id_source ids;
	unsigned last_id;
	/* The server, from world_start() to world_stop(). */
	struct file_store *files;
	struct member_store *members;
	struct file_parts *parts;
	struct hub *hub;
	struct chat chat;
	struct dispatcher *dispatcher;
	struct sessions *sessions;
	struct host_ops host_ops;
	struct host host;
	struct worker worker;
};

/* An empty disk. */
void world_init(struct world *);
void world_fini(struct world *);

/* Starts the server on what the disk holds; aborts if that is impossible. */
void world_start(struct world *);

/* The server shuts down. */
void world_stop(struct world *);

/*
 * The power fails: the server stops. Returns the content of the disk;
 * world_power_off() must follow.
 */
struct memory_disk *world_cut_power(struct world *, enum crash_shape,
    uint64_t seed);
/* Frees the stopped server and uses the other disk. */
void world_power_off(struct world *, struct memory_disk *);

/* The client's end of a new connection for this dialect. */
int world_connect(struct world *, const char *dialect);

/* One turn of the loop. */
void world_turn(struct world *);

/* One step of the journal's threads. */
void world_write(struct world *);

void world_pass(struct world *, int64_t ms);

/* Aborts, so that the fuzzer keeps the input. */
void require(bool holds, const char *what);

#endif
