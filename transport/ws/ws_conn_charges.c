/* What a WebSocket is charged for, and how long it is not read then. */

#include "transport/net/budget.h"
#include "transport/ws/ws_conn_internal.h"

/* How long senders are not read while the store, or the files, are behind. */
#define PRESSURE_PAUSE_MS 100

static void
ws_pause_for(struct conn *conn, enum conn_pause reason, int64_t ms)
{
	struct ws_conn *ws = ws_of(conn);
	uint32_t at = conn_now(conn) + wheel_ticks(ms);

	conn_pause(conn, reason);
	if (ws->resume_at == 0 || (int32_t)(at - ws->resume_at) > 0)
		ws->resume_at = at;
	conn_watch(conn);
}

void
ws_pause_under_pressure(struct conn *conn)
{
	if (ws_conn_is_open(conn) && !conn_is_paused(conn) &&
	    host_under_pressure(conn->loop->host))
		ws_pause_for(conn, PAUSED_BY_STORE, PRESSURE_PAUSE_MS);
}

void
ws_conn_await_files(struct conn *conn)
{
	if (ws_conn_is_open(conn) && host_files_are_behind(conn->loop->host))
		ws_pause_for(conn, PAUSED_BY_FILES, PRESSURE_PAUSE_MS);
}

void
ws_resume(struct conn *conn)
{
	unsigned reasons = PAUSED_BY_BUDGET | PAUSED_BY_STORE;

	ws_of(conn)->resume_at = 0;
	if ((conn->pauses & PAUSED_BY_FILES) != 0)
		ws_conn_await_files(conn);
	if (ws_of(conn)->resume_at == 0)
		reasons |= PAUSED_BY_FILES;
	conn_resume(conn, reasons);
}

static bool
ws_is_within_budget(const struct ws_conn *ws)
{
	return ws->has_user ? budget_pool_is_ample(ws->user)
			    : budget_is_ample(&ws->own);
}

static bool
ws_has_patience(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);

	return budget_has_patience(ws->has_user ? &ws->user->budget : &ws->own,
	    conn->loop->limits, conn->loop->now_ms);
}

/* What the anonymous clients of its address share. NULL: nothing. */
static struct budget_pool *
ws_address_budget(const struct conn *conn)
{
	return ws_of(conn)->has_user ? NULL : conn_address_budget(conn);
}

static void
budgets_update(struct conn *conn, struct budget_pool *address)
{
	const struct loop *loop = conn->loop;
	struct ws_conn *ws = ws_of(conn);

	if (ws->has_user)
		budget_pool_update(ws->user, loop->limits, loop->now_ms);
	else
		budget_update(&ws->own, loop->limits, loop->now_ms);
	if (address != NULL)
		budget_pool_update(address, loop->limits, loop->now_ms);
}

static void
budgets_charge_bytes(struct conn *conn, struct budget_pool *address,
    size_t bytes)
{
	const struct transport_limits *limits = conn->loop->limits;
	struct ws_conn *ws = ws_of(conn);

	conn->loop->turn.work += bytes;
	if (ws->has_user)
		budget_pool_charge_bytes(ws->user, limits, bytes);
	else
		budget_charge_bytes(&ws->own, limits, bytes);
	if (address != NULL)
		budget_pool_charge_bytes(address, limits, bytes);
}

void
ws_update_budgets(struct conn *conn)
{
	budgets_update(conn, ws_address_budget(conn));
}

void
ws_charge_message(struct conn *conn, size_t bytes)
{
	struct budget_pool *address = ws_address_budget(conn);

	budgets_update(conn, address);
	budgets_charge_bytes(conn, address, bytes);
}

/* How long commands may be refused, because of its own budget or its user's. */
static int64_t
ws_refusal_ms(struct conn *conn, const char **limit)
{
	const struct loop *loop = conn->loop;
	struct ws_conn *ws = ws_of(conn);

	return ws->has_user ? budget_pool_refusal_ms(ws->user, loop->limits,
				  loop->now_ms, limit)
			    : budget_refusal_ms(&ws->own, loop->limits,
				  loop->now_ms, limit);
}

/* Without patience, the endpoint refuses what comes until then. */
static void
ws_pause_beyond_own_budget(struct conn *conn)
{
	const struct loop *loop = conn->loop;
	struct ws_conn *ws = ws_of(conn);
	int64_t wait_ms;

	if (ws_is_within_budget(ws))
		return;
	wait_ms = ws->has_user
		      ? budget_pool_exceed(ws->user, loop->limits, loop->now_ms)
		      : budget_exceed(&ws->own, loop->limits, loop->now_ms);
	if (wait_ms > 0 && ws_conn_is_open(conn) &&
	    (ws_has_patience(conn) || ws_refusal_ms(conn, NULL) == 0))
		ws_pause_for(conn, PAUSED_BY_BUDGET, wait_ms);
}

/*
 * Each connection of the address waits until the debt is paid that there is
 * after its own message. So one that sends little is served at once, however
 * many others flood.
 */
static void
ws_pause_beyond_address_budget(struct conn *conn)
{
	const struct loop *loop = conn->loop;
	struct budget_pool *pool = ws_address_budget(conn);
	int64_t wait_ms;

	if (pool == NULL || budget_pool_is_ample(pool))
		return;
	wait_ms = budget_pool_wait_ms(pool, loop->limits, loop->now_ms, NULL);
	if (wait_ms > 0 && ws_conn_is_open(conn))
		ws_pause_for(conn, PAUSED_BY_BUDGET, wait_ms);
}

static void
ws_pause_beyond_budget(struct conn *conn)
{
	ws_pause_beyond_own_budget(conn);
	ws_pause_beyond_address_budget(conn);
}

/* The rest of what was read is served in the next turn. */
static void
ws_pause_for_turn(struct conn *conn)
{
	conn_pause(conn, PAUSED_BY_TURN);
	conn_defer(conn);
}

static void
ws_pause_beyond_slice(struct conn *conn)
{
	struct turn *turn = &conn->loop->turn;
	struct turn_share *share = &ws_of(conn)->share;

	if (turn_is_to_measure(turn))
		turn_measure(turn, share, conn_now(conn), monotonic_ns());
	if (!turn_goes_on(turn, share) && ws_conn_is_open(conn))
		ws_pause_for_turn(conn);
}

bool
ws_begin_turn(struct conn *conn)
{
	struct loop *loop = conn->loop;

	if (loop->meter.turn_read_ns == 0) {
		meter_read(&loop->meter);
		turn_begin(&loop->turn, loop->meter.turn_read_ns);
	}
	if (!ws_conn_is_open(conn) ||
	    turn_serves(&loop->turn, &ws_of(conn)->share, conn_now(conn)))
		return true;
	ws_pause_for_turn(conn);
	return false;
}

bool
ws_conn_go_on(struct conn *conn)
{
	ws_pause_beyond_budget(conn);
	ws_pause_beyond_slice(conn);
	return ws_goes_on(conn);
}

void
ws_conn_charge_bytes(struct conn *conn, size_t bytes)
{
	budgets_charge_bytes(conn, ws_address_budget(conn), bytes);
}

void
ws_conn_charge_copies(struct conn *conn, uint64_t bytes, size_t sends)
{
	const struct transport_limits *limits = conn->loop->limits;
	struct ws_conn *ws = ws_of(conn);
	struct budget_pool *address = ws_address_budget(conn);

	if (sends > 0 || bytes >= TURN_SEND_BYTES)
		turn_add_sends(&conn->loop->turn, &ws->share, conn_now(conn),
		    (uint32_t)sends, bytes);
	if (ws->has_user)
		budget_pool_charge_copies(ws->user, limits, bytes);
	else
		budget_charge_copies(&ws->own, limits, bytes);
	if (address != NULL)
		budget_pool_charge_copies(address, limits, bytes);
}

void
ws_conn_charge_command(struct conn *conn, bool joins)
{
	const struct transport_limits *limits = conn->loop->limits;
	struct ws_conn *ws = ws_of(conn);
	struct budget_pool *address = ws_address_budget(conn);
	struct budget_pool *joined = ws->has_user ? ws->user : address;

	if (ws->has_user)
		budget_pool_charge_message(ws->user, limits);
	else
		budget_charge_message(&ws->own, limits);
	if (address != NULL)
		budget_pool_charge_message(address, limits);
	if (joins && joined != NULL)
		budget_pool_charge_join(joined, limits);
}

void
ws_conn_delay(struct conn *conn, int64_t ms)
{
	if (ws_conn_is_open(conn))
		ws_pause_for(conn, PAUSED_BY_BUDGET, ms);
}

/* How long until it is within its own budget, or that of its user. */
static int64_t
ws_own_wait_ms(struct conn *conn)
{
	const struct loop *loop = conn->loop;
	struct ws_conn *ws = ws_of(conn);

	return ws->has_user
		   ? budget_pool_wait_ms(ws->user, loop->limits, loop->now_ms,
			 NULL)
		   : budget_wait_ms(&ws->own, loop->limits, loop->now_ms, NULL);
}

bool
ws_conn_begin_work(struct conn *conn)
{
	const struct loop *loop = conn->loop;
	struct budget_pool *address = ws_address_budget(conn);
	int64_t wait_ms = ws_own_wait_ms(conn), longer_ms;

	if (address != NULL) {
		longer_ms = budget_pool_wait_ms(address, loop->limits,
		    loop->now_ms, NULL);
		if (longer_ms > wait_ms)
			wait_ms = longer_ms;
	}
	if (wait_ms > 0)
		ws_pause_for(conn, PAUSED_BY_BUDGET, wait_ms);
	return wait_ms == 0;
}

int64_t
ws_conn_refuse_ms(struct conn *conn, const char **limit)
{
	int64_t wait_ms;

	if (ws_is_within_budget(ws_of(conn)))
		return 0;
	wait_ms = ws_refusal_ms(conn, limit);
	return wait_ms == 0 || ws_has_patience(conn) ? 0 : wait_ms;
}
