/*
 * SIGUSR2: this process starts another one, which goes on with its listeners,
 * connections and state. Until the last step it can go on itself.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>

#include "cmd/parleyd/app_internal.h"
#include "cmd/parleyd/platform.h"
#include "domain/base/count_of.h"
#include "domain/log.h"

/* The descriptor in the new process. */
#define CHANNEL_FD 3

/* Between two looks at what leaves, and at what waits. */
#define TRY_EVERY_MS 50

/* Nothing is read for so long, in the hope that nothing waits then. */
#define SETTLE_MS 50

/* Packed at once: a fraction of a millisecond. */
#define PIECE_BYTES ((size_t)256 * 1024)

/* --- the new process ------------------------------------------------------ */

/* Variables that are about one process. */
static bool
variable_is_inherited(const char *entry)
{
	static const char *const names[] = { HANDOVER_VARIABLE, "WATCHDOG_PID",
		"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES" };
	size_t len = strcspn(entry, "=");

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_equal(str_slice(entry, len), str_from(names[i])))
			return false;
	return true;
}

/* With one more variable. Only the array is new; NULL: no memory. */
static char **
environment_create(char *const *envp, char *variable)
{
	size_t count = 0;
	char **copy;

	while (envp[count] != NULL)
		count++;
	copy = calloc(count + 2, sizeof(*copy));
	if (copy == NULL)
		return NULL;
	count = 0;
	for (; *envp != NULL; envp++)
		if (variable_is_inherited(*envp))
			copy[count++] = *envp;
	copy[count] = variable;
	return copy;
}

/* 0, or an error as in errno. */
static int
process_spawn(const struct options_sources *sources, const char *path, int fd,
    int *pid)
{
	posix_spawn_file_actions_t actions;
	char variable[64];
	char **envp;
	int error;

	snprintf(variable, sizeof(variable), "%s=%d:%d", HANDOVER_VARIABLE,
	    CHANNEL_FD, (int)getpid());
	envp = environment_create(sources->envp, variable);
	if (envp == NULL)
		return ENOMEM;
	error = posix_spawn_file_actions_init(&actions);
	if (error != 0) {
		free(envp);
		return error;
	}
	error = posix_spawn_file_actions_adddup2(&actions, fd, CHANNEL_FD);
	if (error == 0)
		error = posix_spawnp(pid, path, &actions, NULL, sources->argv,
		    envp);
	posix_spawn_file_actions_destroy(&actions);
	free(envp);
	return error;
}

/* Sets pid and fd of the upgrade. False: the reason is in errno. */
static bool
upgrade_spawn(struct app *app, const char *path)
{
	struct app_upgrade *upgrade = &app->upgrade;
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	error = process_spawn(app->sources, path, ends[1], &upgrade->pid);
	close(ends[1]);
	if (error == 0 &&
	    handover_channel_init(ends[0], app->options.upgrade_timeout_ms)) {
		upgrade->fd = ends[0];
		return true;
	}
	close(ends[0]);
	errno = error != 0 ? error : errno;
	return false;
}

/* Its status is logged. */
static void
upgrade_end_process(struct app_upgrade *upgrade)
{
	int status = 0;

	if (upgrade->event != NULL)
		event_free(upgrade->event);
	if (upgrade->writable != NULL)
		event_free(upgrade->writable);
	history_transfer_destroy(upgrade->transfer);
	packer_fini(&upgrade->piece);
	kill(upgrade->pid, SIGKILL);
	if (waitpid(upgrade->pid, &status, 0) == upgrade->pid &&
	    WIFEXITED(status))
		log_error("process %d has ended with status %d", upgrade->pid,
		    WEXITSTATUS(status));
	close(upgrade->fd);
	*upgrade = (struct app_upgrade){ .stage = UPGRADE_NONE };
}

static void
upgrade_fail(struct app *app, const char *why)
{
	upgrade_end_process(&app->upgrade);
	(void)stores_hold(&app->stores, false);
	server_accept_again(app->server);
	log_error("not upgraded: %s; this process goes on", why);
}

/* --- messages, while this process serves ---------------------------------- */

static bool
upgrade_piece_is_sent(const struct app_upgrade *upgrade)
{
	return upgrade->piece.len == 0 ||
	       upgrade->piece_sent ==
		   handover_bytes(packer_str(&upgrade->piece));
}

/* False: no memory. */
static bool
upgrade_pack_piece(struct app_upgrade *upgrade)
{
	upgrade->piece.len = upgrade->piece_sent = 0;
	upgrade->moved_ms = clock_monotonic_ms(system_clock());
	if (!history_transfer_pack(upgrade->transfer, PIECE_BYTES,
		clock_wall_ms(system_clock()), &upgrade->piece))
		return false;
	upgrade->ahead_bytes += upgrade->piece.len;
	if (!upgrade->is_ahead && !history_transfer_is_due(upgrade->transfer)) {
		upgrade->is_ahead = true;
		log_info("process %d gets %zu KiB of messages ahead",
		    upgrade->pid, upgrade->ahead_bytes / 1024);
	}
	return true;
}

static void
upgrade_send_piece(struct app *app)
{
	struct app_upgrade *upgrade = &app->upgrade;
	size_t sent;

	if (upgrade_piece_is_sent(upgrade) && !upgrade_pack_piece(upgrade)) {
		upgrade_fail(app, "no memory");
		return;
	}
	sent = upgrade->piece_sent;
	if (!handover_send_some(upgrade->fd, HANDOVER_AHEAD,
		packer_str(&upgrade->piece), &upgrade->piece_sent))
		upgrade_fail(app, "the new process takes no messages");
	else if (upgrade->piece_sent > sent)
		upgrade->moved_ms = clock_monotonic_ms(system_clock());
}

static void
piece_writable_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	upgrade_send_piece(arg);
}

/* False: no memory. */
static bool
upgrade_begin_transfer(struct app *app)
{
	struct app_upgrade *upgrade = &app->upgrade;
	struct chat_snapshot chat = app_snapshot(app);

	upgrade->transfer = history_transfer_create(&chat, app->stores.log);
	if (upgrade->transfer == NULL)
		return false;
	upgrade->is_ahead = app->options.store_kind == STORE_FILE ||
			    !history_transfer_is_due(upgrade->transfer);
	if (app->options.store_kind == STORE_FILE)
		return true;
	upgrade->writable = event_new(server_event_base(app->server),
	    upgrade->fd, EV_WRITE, piece_writable_cb, app);
	return upgrade->writable != NULL;
}

/* A piece in each turn, up to the last; then what comes, now and then. */
static bool
upgrade_has_to_send(const struct app_upgrade *upgrade, int64_t now_ms)
{
	return upgrade->writable != NULL &&
	       (!upgrade_piece_is_sent(upgrade) || !upgrade->is_ahead ||
		   (now_ms >= upgrade->moved_ms + TRY_EVERY_MS &&
		       history_transfer_is_due(upgrade->transfer)));
}

/* Sends in the next turn. False: the new process takes nothing for long. */
static bool
upgrade_go_on_with_transfer(struct app *app, int64_t now_ms)
{
	struct app_upgrade *upgrade = &app->upgrade;

	if (!upgrade_has_to_send(upgrade, now_ms))
		return true;
	if (!upgrade_piece_is_sent(upgrade) &&
	    now_ms >= upgrade->moved_ms + app->options.upgrade_timeout_ms)
		return false;
	return event_add(upgrade->writable, NULL) == 0;
}

/* For another process than the one that got them before. */
static bool
upgrade_send_messages(struct app *app)
{
	struct app_upgrade *upgrade = &app->upgrade;
	bool is_good = upgrade_begin_transfer(app);

	while (is_good && upgrade->writable != NULL &&
	       history_transfer_is_due(upgrade->transfer))
		is_good = upgrade_pack_piece(upgrade) &&
			  handover_send(upgrade->fd, HANDOVER_AHEAD,
			      packer_str(&upgrade->piece), NULL, 0);
	return is_good;
}

/* --- the hand-over -------------------------------------------------------- */

static bool
app_is_settled(struct app *app)
{
	return commit_log_bytes(app->chat.log) == 0 &&
	       dispatcher_is_idle(app->dispatcher);
}

/* The loop does not run: only the events of the stores are handled. */
static bool
stores_poll(struct app *app, int timeout_ms)
{
	const struct host_ops *ops = app->host.ops;
	struct pollfd fds[] = {
		{ .fd = ops->on_store_event != NULL ? app->host.store_fd : -1,
		    .events = POLLIN },
		{ .fd = ops->on_files_event != NULL ? app->host.files_fd : -1,
		    .events = POLLIN },
	};

	if (poll(fds, 2, timeout_ms) <= 0)
		return true;
	if (fds[1].revents != 0)
		ops->on_files_event(app->host.arg);
	return fds[0].revents == 0 || ops->on_store_event(app->host.arg);
}

/* Sends what is to be sent, and waits for what waits. False: it takes long. */
static bool
app_settle(struct app *app, int64_t until_ms)
{
	int64_t left_ms;

	server_end_turn(app->server);
	while (!app_is_settled(app)) {
		left_ms = until_ms - clock_monotonic_ms(system_clock());
		if (left_ms <= 0 || !stores_poll(app, (int)left_ms))
			return false;
		server_end_turn(app->server);
	}
	return true;
}

static bool
upgrade_send_state(struct app *app, const struct handover_message *state)
{
	return handover_send(app->upgrade.fd, HANDOVER_STATE,
		   str_slice(state->bytes, state->len), state->sockets,
		   state->socket_count) &&
	       handover_receive(app->upgrade.fd, HANDOVER_RECEIVED, NULL);
}

static bool
upgrade_finish(struct app *app)
{
	const struct app_upgrade *upgrade = &app->upgrade;

	if (!handover_send(upgrade->fd, HANDOVER_STORES, STR(""), NULL, 0) ||
	    !handover_receive(upgrade->fd, HANDOVER_READY, NULL))
		return false;
	service_notify_main(&app->notify, upgrade->pid);
	if (handover_send(upgrade->fd, HANDOVER_GO, STR(""), NULL, 0) &&
	    handover_receive(upgrade->fd, HANDOVER_TAKEN, NULL))
		return true;
	service_notify_main(&app->notify, getpid());
	return false;
}

/* What this process has belongs to the other one: nothing is freed or sent. */
_Noreturn static void
app_end_at_once(int status)
{
	fflush(stderr);
	_exit(status);
}

/*
 * The new process has ended, and files may have changed: another one of this
 * program opens them.
 */
_Noreturn static void
upgrade_fall_back(struct app *app, const struct handover_message *state)
{
	upgrade_end_process(&app->upgrade);
	if (upgrade_spawn(app, "/proc/self/exe") &&
	    handover_receive(app->upgrade.fd, HANDOVER_CHECKED, NULL) &&
	    upgrade_send_messages(app) && upgrade_send_state(app, state) &&
	    upgrade_finish(app)) {
		log_error("not upgraded: process %d of the old program goes on",
		    app->upgrade.pid);
		app_end_at_once(EXIT_SUCCESS);
	}
	log_error("the old program cannot go on either");
	app_end_at_once(EX_OSERR);
}

/* Files on the disk are of one process at a time. */
static bool
app_has_files(const struct app *app)
{
	return app->options.store_kind == STORE_FILE || app->files.disk != NULL;
}

/* A disk that hangs is waited for: no other process could open them. */
static bool
app_release_files(struct app *app)
{
	int64_t until_ms = clock_monotonic_ms(system_clock()) +
			   app->options.upgrade_timeout_ms;

	if (app->files.disk != NULL)
		file_service_fini(&app->files);
	while (!stores_release(&app->stores))
		if (clock_monotonic_ms(system_clock()) >= until_ms)
			return false;
	return true;
}

static void
upgrade_hand_over(struct app *app, int64_t frozen_ms)
{
	struct handover_message state;
	bool has_files = app_has_files(app);

	if (!app_pack(app, frozen_ms, &state))
		upgrade_fail(app, "no memory");
	else if (!upgrade_send_state(app, &state))
		upgrade_fail(app, "the state was not taken");
	else if (!app_release_files(app))
		upgrade_fall_back(app, &state);
	else if (upgrade_finish(app)) {
		log_info("handed over %zu sockets to process %d in %" PRId64
			 " ms, %zu connections end",
		    state.socket_count, app->upgrade.pid,
		    clock_monotonic_ms(system_clock()) - frozen_ms,
		    server_count_unmovable(app->server));
		app_end_at_once(EXIT_SUCCESS);
	} else if (has_files)
		upgrade_fall_back(app, &state);
	else
		upgrade_fail(app, "the new process did not become ready");
	free(state.sockets);
	free(state.bytes);
}

/* --- stages --------------------------------------------------------------- */

static void
upgrade_enter(struct app *app, enum upgrade_stage stage, int64_t for_ms)
{
	app->upgrade.stage = stage;
	app->upgrade.stage_until_ms =
	    clock_monotonic_ms(system_clock()) + for_ms;
}

/* The new process has checked its configuration, or has ended. */
static void
channel_cb(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;

	(void)what;
	if (app->upgrade.stage == UPGRADE_CHECKING &&
	    handover_receive(fd, HANDOVER_CHECKED, NULL))
		upgrade_enter(app, UPGRADE_CHECKED, 0);
	else
		upgrade_fail(app, "the new process cannot start");
}

static void
upgrade_drain(struct app *app)
{
	size_t count = server_count_unmovable(app->server);

	if (!upgrade_begin_transfer(app)) {
		upgrade_fail(app, "no memory");
		return;
	}
	if (count > 0)
		log_info("draining %zu connections that cannot be handed over",
		    count);
	server_drain_unmovable(app->server);
	/* The last ones still have to close. */
	upgrade_enter(app, UPGRADE_DRAINING,
	    app->limits.drain_window_ms + app->limits.close_timeout_ms);
}

static void
upgrade_try(struct app *app, int64_t now_ms)
{
	struct app_upgrade *upgrade = &app->upgrade;

	if (!upgrade_go_on_with_transfer(app, now_ms)) {
		upgrade_fail(app, "the new process takes no messages");
		return;
	}
	if (!upgrade->is_ahead || !upgrade_piece_is_sent(upgrade)) {
		if (upgrade->stage_until_ms < now_ms)
			upgrade->stage_until_ms = now_ms;
		return;
	}
	if (now_ms < upgrade->due_ms)
		return;
	upgrade->due_ms = now_ms + TRY_EVERY_MS;
	if (now_ms < upgrade->stage_until_ms &&
	    server_count_unmovable(app->server) > 0)
		return;
	if (stores_hold(&app->stores, true) &&
	    app_settle(app, now_ms + SETTLE_MS))
		upgrade_hand_over(app, now_ms);
	else if (now_ms >=
		 upgrade->stage_until_ms + app->options.upgrade_timeout_ms)
		upgrade_fail(app, "commands wait for too long");
}

/* Not inlined: most turns have none, and need no memory for it. */
static __attribute__((noinline)) void
upgrade_go_on(struct app *app)
{
	int64_t now_ms = clock_monotonic_ms(system_clock());

	if (server_is_draining(app->server)) {
		upgrade_fail(app, "the server goes down");
		return;
	}
	switch (app->upgrade.stage) {
	case UPGRADE_CHECKING:
		if (now_ms >= app->upgrade.stage_until_ms)
			upgrade_fail(app, "upgrade.timeout");
		break;
	case UPGRADE_CHECKED:
		upgrade_drain(app);
		break;
	case UPGRADE_DRAINING:
		upgrade_try(app, now_ms);
		break;
	case UPGRADE_NONE:
		break;
	}
}

void
app_upgrade_go_on(void *arg)
{
	struct app *app = arg;

	if (app->upgrade.stage != UPGRADE_NONE)
		upgrade_go_on(app);
}

/* Why there can be no upgrade; NULL: there can. */
static const char *
upgrade_obstacle(struct app *app)
{
	if (app->upgrade.stage != UPGRADE_NONE)
		return "an upgrade is under way";
	if (server_is_draining(app->server))
		return "the server goes down";
	if (app->node != NULL)
		return "with broker.url, restart the nodes one by one";
	if (file_service_bytes(&app->files) > 0)
		return "files are in memory; files.dir keeps them";
	if (getpid() == 1)
		return "with process 1 its container would end";
	return NULL;
}

void
app_upgrade(void *arg)
{
	struct app *app = arg;
	const char *path = app->sources->argv[0];
	const char *why = upgrade_obstacle(app);

	if (why == NULL && !upgrade_spawn(app, path))
		why = strerror(errno);
	if (why != NULL) {
		log_error("not upgraded: %s", why);
		return;
	}
	log_info("upgrade: %s, process %d", path, app->upgrade.pid);
	/* The new process reads the files meanwhile. */
	(void)stores_hold(&app->stores, true);
	upgrade_enter(app, UPGRADE_CHECKING, app->options.upgrade_timeout_ms);
	app->upgrade.event = event_new(server_event_base(app->server),
	    app->upgrade.fd, EV_READ | EV_PERSIST, channel_cb, app);
	if (app->upgrade.event == NULL ||
	    event_add(app->upgrade.event, NULL) != 0)
		upgrade_fail(app, "no memory");
}
