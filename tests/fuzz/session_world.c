#include "tests/fuzz/session_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "domain/base/list.h"
#include "domain/log.h"
#include "persistence/blobs/memory_blobs.h"
#include "persistence/memory/memory_members.h"
#include "tests/support/failing_malloc.h"
#include "transport/http/http_conn.h"
#include "transport/routes.h"
#include "transport/server.h"
#include "wire/common/file_part.h"
#include "wire/dialect.h"

#define BEGIN_MS INT64_C(1700000000000)

void
require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "session: %s\n", what);
	abort();
}

/* For the memory disk: no allocation is made to fail here. */
void
malloc_spare(bool on)
{
	(void)on;
}

static int64_t
world_ms(struct clock *clock)
{
	return LIST_OWNER(clock, struct world, clock)->now_ms;
}

static const struct clock_ops clock_ops = { world_ms, world_ms };

/* Unique, also over restarts. */
static void
world_next_id(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	struct world *world = LIST_OWNER(ids, struct world, ids);

	world->last_id++;
	snprintf(out, ID_SIZE, "%0*x", (int)id_size(style) - 1,
	    world->last_id * 2654435761U);
}

static const struct id_source_ops ids_ops = { world_next_id };

void
world_init(struct world *world)
{
	static const struct transport_limits limits = {
		.handshake_timeout_ms = 5000,
		.request_bytes = 8192,
		.request_headers = 64,
		.frame_bytes = 1 << 20,
		.input_total = 1 << 22,
		.json_depth = 32,
		.output_hard = 1 << 16,
		.output_total = 1 << 20,
		.write_stall_ms = 30000,
		.ping_interval_ms = 25000,
		.pong_timeout_ms = 10000,
		.close_timeout_ms = 5000,
		.memory = 1 << 26,
		.inflate_floor = 65536,
	};
	static const struct store_options options = {
		.dir = "memory",
		.sync = STORE_SYNC_ALWAYS,
		.sync_interval_ms = 1000,
		.segment_bytes = 1 << 16,
		.queue_bytes = 1 << 20,
		.min_free_bytes = 1 << 20,
		.probe_ms = 5000,
		.compact_after_bytes = 1 << 17,
	};

	signal(SIGPIPE, SIG_IGN);
	*world = (struct world){ .memory = memory_disk_create(),
		.options = options,
		.limits = limits,
		.clock.ops = &clock_ops,
		.now_ms = BEGIN_MS,
		.ids.ops = &ids_ops };
	memory_disk_set_wall(world->memory, BEGIN_MS);
}

void
world_fini(struct world *world)
{
	memory_disk_destroy(world->memory);
}

/* --- the server ----------------------------------------------------------- */

static size_t
waiting_bytes(const struct world *world)
{
	return commit_log_bytes(file_store_log(world->files)) +
	       dispatcher_queued_bytes(world->dispatcher);
}

static bool
has_pending(void *arg)
{
	return waiting_bytes(arg) > 0;
}

static size_t
bytes_held(void *arg)
{
	struct world *world = arg;

	return history_bytes(file_store_history(world->files)) +
	       waiting_bytes(world);
}

static bool
under_pressure(void *arg)
{
	struct world *world = arg;

	return file_store_is_under_pressure(world->files) ||
	       dispatcher_is_under_pressure(world->dispatcher);
}

static void
chat_start(struct world *world)
{
	static const struct chat_limits limits = {
		.message_bytes = 1 << 16,
		.rooms = 64,
		.rooms_per_member = 8,
		.connections_per_user = 8,
		.room_members = 100,
		.page_messages = 1000,
		.page_bytes = 1 << 15,
		.list_bytes = 1 << 14,
		.announce_up_to = 3,
		.presence_up_to = 3,
		.room_attributes = 64,
		.reactions = 3,
	};

	world->hub = hub_create();
	world->members = memory_members_create();
	world->parts = file_parts_create();
	require(world->parts != NULL, "memory");
	world->chat = (struct chat){
		.members = world->members,
		.rooms = file_store_rooms(world->files),
		.history = file_store_history(world->files),
		.attributes = file_store_attributes(world->files),
		.log = file_store_log(world->files),
		.blobs = memory_blobs_create(),
		.file_messages = file_parts_messages(world->parts),
		.publisher = hub_publisher(world->hub),
		.clock = &world->clock,
		.ids = &world->ids,
		.limits = limits,
		.profile = { .server = STR("parley"),
		    .durability = STR("always"),
		    .message_bytes = 1 << 16 },
	};
	world->dispatcher = dispatcher_create(&world->chat);
}

void
world_start(struct world *world)
{
	struct file_store_config files = {
		.disk = memory_disk_disk(world->memory),
		.options = &world->options,
		.limits = &world->history_limits,
		.ids = &world->ids,
		.no_threads = true,
	};
	struct sessions_config sessions = { .limits = &world->limits };
	struct server_config server = {
		.limits = &world->limits,
		.clock = &world->clock,
		.routes = server_routes,
		.profile = &world->chat.profile,
		.seed = 42,
		.host = &world->host,
	};

	log_set_sink(NULL, LOG_ERROR);
	require(file_store_open(&files, &world->files) == FILE_STORE_OPEN,
	    "the store does not open");
	chat_start(world);
	world->host_ops = (struct host_ops){ .bytes_held = bytes_held,
		.under_pressure = under_pressure,
		.has_pending = has_pending };
	world->host = (struct host){ .ops = &world->host_ops, .arg = world };
	sessions.hub = world->hub;
	sessions.handler = dispatcher_handler(world->dispatcher);
	world->sessions = sessions_create(&sessions);
	server.endpoint = sessions_endpoint(world->sessions);
	require(worker_init(&world->worker, &server), "memory");
}

void
world_stop(struct world *world)
{
	worker_end_connections(&world->worker);
	worker_fini(&world->worker);
	sessions_destroy(world->sessions);
	dispatcher_destroy(world->dispatcher);
	hub_destroy(world->hub);
	blob_store_destroy(world->chat.blobs);
	file_parts_destroy(world->parts);
	member_store_destroy(world->members);
	file_store_close(world->files);
	require(memory_disk_open_files(world->memory) == 0, "files stay open");
}

struct memory_disk *
world_cut_power(struct world *world, enum crash_shape shape, uint64_t seed)
{
	struct memory_disk *left =
	    memory_disk_crash(world->memory, shape, seed);

	memory_disk_stop_after(world->memory, 0);
	return left;
}

void
world_power_off(struct world *world, struct memory_disk *left)
{
	world_stop(world);
	memory_disk_destroy(world->memory);
	world->memory = left;
}

/* --- steps --------------------------------------------------------- */

int
world_connect(struct world *world, const char *dialect)
{
	int fds[2];

	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0,
	    "socketpair");
	require(http_conn_create(&world->worker.http, &world->worker.loop,
		    fds[1], NULL, dialect_find(str_from(dialect))) != NULL,
	    "memory");
	return fds[0];
}

void
world_turn(struct world *world)
{
	file_store_poll(world->files);
	conns_poll(&world->worker.loop, false);
	loop_update_time(&world->worker.loop);
	worker_end_turn(&world->worker);
}

void
world_write(struct world *world)
{
	journal_step(file_store_journal(world->files));
}

void
world_pass(struct world *world, int64_t ms)
{
	struct loop *loop = &world->worker.loop;
	struct endpoint *endpoint = world->worker.ws.endpoint;

	world->now_ms += ms;
	memory_disk_advance(world->memory, ms);
	loop_update_time(loop);
	conns_tick(loop, 1 + (uint32_t)(loop->now_ms / WHEEL_TICK_MS));
	endpoint->ops->tick(endpoint);
}
