/* What one process hands over to another, and how that goes on with it. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/parleyd/app_internal.h"
#include "cmd/parleyd/platform.h"
#include "domain/base/pack.h"
#include "domain/chat_snapshot.h"
#include "domain/log.h"
#include "transport/hooks/hooks.h"

/* Changes with anything that is packed here, or below. */
#define HANDOVER_FORMAT 3

struct chat_snapshot
app_snapshot(const struct app *app)
{
	return (struct chat_snapshot){
		.members = app->chat.members,
		.rooms = app->chat.rooms,
		.history = app->chat.history,
		.attributes = app->chat.attributes,
		.messages = app->stores.numbered,
		.now_ms = clock_wall_ms(system_clock()),
		.keeps_rooms = app->options.store_kind == STORE_FILE,
	};
}

/* --- the old process ------------------------------------------------------ */

struct state_writer {
	struct packer packer;
	struct handover_message *out;
};

static void
listener_pack(const struct server_listen *listen, int fd, void *arg)
{
	struct state_writer *writer = arg;
	char text[ADDRESS_TEXT_SIZE];

	address_format(&listen->address, text);
	pack_text(&writer->packer, str_from(text));
	pack_number(&writer->packer, listen->has_file);
	writer->out->sockets[writer->out->socket_count++] = fd;
}

/* Messages that the new process does not have yet. */
static void
messages_pack(struct app *app, struct packer *packer)
{
	struct packer piece = { .len = 0 };

	packer->failed |= !history_transfer_pack(app->upgrade.transfer,
	    SIZE_MAX, clock_wall_ms(system_clock()), &piece);
	pack_text(packer, packer_str(&piece));
	packer_fini(&piece);
}

static void
app_pack_into(struct app *app, int64_t frozen_ms, struct state_writer *writer)
{
	struct packer *packer = &writer->packer;
	struct handover_message *out = writer->out;
	struct chat_snapshot snapshot = app_snapshot(app);

	pack_number(packer, HANDOVER_FORMAT);
	pack_number(packer, (uint64_t)frozen_ms);
	pack_text(packer, str_from(options_word(&app->options, "store.kind")));
	pack_text(packer, str_from(app->options.store.dir));
	pack_number(packer, app->hooks != NULL);
	server_each_listener(app->server, listener_pack, writer);
	pack_text(packer, STR_ABSENT);
	file_service_pack(&app->files, &app->options, packer);
	messages_pack(app, packer);
	pack_number(packer, dispatcher_newcomers(app->dispatcher));
	(void)chat_snapshot_pack(&snapshot, packer);
	if (app->hooks != NULL)
		hooks_pack(app->hooks, packer);
	out->socket_count +=
	    server_pack(app->server, packer, out->sockets + out->socket_count);
}

bool
app_pack(struct app *app, int64_t frozen_ms, struct handover_message *out)
{
	struct state_writer writer = { .out = out };
	size_t most =
	    PASSED_LISTENERS_MOST + server_count_connections(app->server);

	*out = (struct handover_message){
		.sockets = calloc(most, sizeof(*out->sockets)),
	};
	if (out->sockets == NULL)
		return false;
	app_pack_into(app, frozen_ms, &writer);
	out->bytes = writer.packer.bytes;
	out->len = writer.packer.len;
	return !writer.packer.failed;
}

/* --- the new process ------------------------------------------------------ */

bool
app_join(struct app *app)
{
	const char *text = getenv(HANDOVER_VARIABLE);
	char *end;
	long fd, pid;

	if (text == NULL)
		return true;
	fd = strtol(text, &end, 10);
	pid = *end == ':' ? strtol(end + 1, &end, 10) : 0;
	if (fd < 0 || pid <= 0 || *end != '\0' ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0) {
		log_error("%s=%s is no descriptor and process",
		    HANDOVER_VARIABLE, text);
		return false;
	}
	app->handover_fd = (int)fd;
	app->old_pidfd = (int)syscall(SYS_pidfd_open, (int)pid, 0);
	return true;
}

/* How long an old process takes to end once its socket is closed. */
#define END_MS 2000

/*
 * The old process has sent its state. If it is killed then, this one goes on;
 * if it has given up on this one, it goes on itself.
 */
static bool
app_await(struct app *app, enum handover_step step)
{
	struct pollfd end = { .fd = app->old_pidfd, .events = POLLIN };

	if (handover_receive(app->handover_fd, step, NULL))
		return true;
	if (app->old_pidfd >= 0 && poll(&end, 1, END_MS) == 1) {
		log_warn("the old process has been killed");
		return true;
	}
	log_error("the old process goes on");
	return false;
}

static bool
listeners_unpack(struct app *app, struct unpacker *from)
{
	struct passed_sockets *sockets = &app->sockets;
	struct handover_message *state = &app->state;
	struct str text;

	sockets->count = 0;
	while ((text = unpack_text(from)).data != NULL) {
		struct passed_socket *at = &sockets->at[sockets->count];

		if (sockets->count == PASSED_SOCKETS_MOST ||
		    sockets->count == state->socket_count ||
		    text.len >= sizeof(at->configured))
			return false;
		*at = (struct passed_socket){
			.fd = state->sockets[sockets->count],
			.has_file = unpack_number(from) != 0,
		};
		*str_put(at->configured, text) = '\0';
		if (!address_of_socket(at->fd, &at->address))
			return false;
		state->sockets[sockets->count++] = -1;
	}
	return !from->failed;
}

/* Before the stores of the old process are closed. */
static bool
state_is_usable(struct app *app, struct unpacker *from)
{
	const struct options *options = &app->options;

	if (unpack_number(from) != HANDOVER_FORMAT) {
		log_error("the old process is of a version that cannot hand "
			  "over to this one");
		return false;
	}
	(void)unpack_number(from);
	if (!str_equal(unpack_text(from),
		str_from(options_word(options, "store.kind"))) ||
	    !str_equal(unpack_text(from), str_from(options->store.dir))) {
		log_error("store.kind and store.dir need a restart");
		return false;
	}
	if ((unpack_number(from) != 0) != (app->hooks != NULL)) {
		log_error("hooks.url needs a restart to begin or to end");
		return false;
	}
	if (!listeners_unpack(app, from)) {
		log_error("the old process has sent no usable listeners");
		return false;
	}
	app->packed_files = unpack_text(from);
	app->stores_ahead.messages = unpack_text(from);
	return !from->failed;
}

/* Addresses that are new can be listened on. */
static bool
list_can_listen(const struct app *app, const struct listen_list *list)
{
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < list->count; i++) {
		const struct address *address = &list->at[i].address;

		if (passed_sockets_has(&app->sockets, address) ||
		    address_can_be_bound(address))
			continue;
		address_format(address, text);
		log_error("cannot listen on %s: %s", text, strerror(errno));
		return false;
	}
	return true;
}

static struct unpacker
state_unpacker(const struct app *app)
{
	return (struct unpacker){
		.rest = str_slice(app->state.bytes, app->state.len),
	};
}

/* Until the old process has sent its state, its files are read this often. */
#define READ_AHEAD_EVERY_MS 1000

/* Most of the stores are read while the old process still serves. */
static void
app_read_ahead(struct app *app)
{
	struct stores_config config = app_stores_config(app);

	stores_read_ahead(&app->stores_ahead, &config);
}

static bool
app_receive_ahead(struct app *app)
{
	bool is_good = stores_receive(&app->stores_ahead,
	    str_slice(app->state.bytes, app->state.len));

	handover_message_fini(&app->state);
	return is_good;
}

/* Up to the state. */
static bool
app_read_ahead_until_state(struct app *app)
{
	struct pollfd old = { .fd = app->handover_fd, .events = POLLIN };
	bool is_ahead = false;

	do {
		while (poll(&old, 1, READ_AHEAD_EVERY_MS) == 0)
			app_read_ahead(app);
		if (!handover_receive_either(app->handover_fd, HANDOVER_STATE,
			HANDOVER_AHEAD, &app->state, &is_ahead)) {
			log_error("the old process hands nothing over");
			return false;
		}
	} while (is_ahead && app_receive_ahead(app));
	return !is_ahead;
}

static bool
app_receive_state(struct app *app)
{
	struct unpacker from;

	app_read_ahead(app);
	if (!handover_send(app->handover_fd, HANDOVER_CHECKED, STR(""), NULL,
		0)) {
		log_error("the old process is gone");
		return false;
	}
	if (!app_read_ahead_until_state(app))
		return false;
	from = state_unpacker(app);
	return state_is_usable(app, &from) &&
	       list_can_listen(app, &app->options.listeners) &&
	       list_can_listen(app, &app->options.admin.listeners) &&
	       handover_send(app->handover_fd, HANDOVER_RECEIVED, STR(""), NULL,
		   0) &&
	       app_await(app, HANDOVER_STORES);
}

bool
app_receive(struct app *app)
{
	if (app->handover_fd < 0 || app_receive_state(app))
		return true;
	app->status = EX_CONFIG;
	return false;
}

/* Behind what app_receive() has read. */
static bool
chat_unpack(struct app *app, struct unpacker *from)
{
	struct chat_snapshot snapshot = app_snapshot(app);
	uint64_t newcomers;
	bool has_hooks;

	(void)unpack_number(from);
	(void)unpack_number(from);
	(void)unpack_text(from);
	(void)unpack_text(from);
	has_hooks = unpack_number(from) != 0;
	while (unpack_text(from).data != NULL)
		(void)unpack_number(from);
	(void)unpack_text(from);
	(void)unpack_text(from);
	newcomers = unpack_number(from);
	if (!chat_snapshot_unpack(&snapshot, from))
		return false;
	dispatcher_resume(app->dispatcher, newcomers);
	return !has_hooks || hooks_unpack(app->hooks, from);
}

/* The sockets behind those of listeners are the server's. */
bool
app_unpack(struct app *app)
{
	struct handover_message *state = &app->state;
	struct unpacker from = state_unpacker(app);
	size_t listeners = app->sockets.count;
	bool is_good;

	if (app->handover_fd < 0)
		return true;
	if (!chat_unpack(app, &from)) {
		log_error("the state of the chat cannot be read");
		return false;
	}
	is_good = server_unpack(app->server, &from, state->sockets + listeners,
	    state->socket_count - listeners);
	for (size_t i = listeners; i < state->socket_count; i++)
		state->sockets[i] = -1;
	if (!is_good)
		log_error("the state of connections cannot be read");
	return is_good;
}

/* When the old process stopped to read, by a clock that both have. */
static int64_t
state_frozen_ms(const struct app *app)
{
	struct unpacker from = state_unpacker(app);

	(void)unpack_number(&from);
	return (int64_t)unpack_number(&from);
}

bool
app_take_over(struct app *app)
{
	if (app->handover_fd < 0)
		return true;
	/* Each fails if the old process has been killed. */
	(void)handover_send(app->handover_fd, HANDOVER_READY, STR(""), NULL, 0);
	if (!app_await(app, HANDOVER_GO))
		return false;
	(void)handover_send(app->handover_fd, HANDOVER_TAKEN, STR(""), NULL, 0);
	log_info("process %d took over %zu connections, which waited %" PRId64
		 " ms",
	    (int)getpid(), server_count_connections(app->server),
	    clock_monotonic_ms(system_clock()) - state_frozen_ms(app));
	close(app->handover_fd);
	if (app->old_pidfd >= 0)
		close(app->old_pidfd);
	app->handover_fd = app->old_pidfd = -1;
	handover_message_fini(&app->state);
	return true;
}
