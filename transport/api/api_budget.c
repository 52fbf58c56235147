/*
 * What requests cost those that make them: a user, on whichever connections it
 * has; else the anonymous clients of an address together. Backends pay nothing
 * of their own, but a message that they publish as a user is that user's.
 */
#include "domain/private_talk.h"
#include "transport/api/api_internal.h"
#include "transport/net/budget.h"
#include "transport/ws/ws_conn.h"
#include "wire/common/wire_text.h"

/* NULL: it has none, or there is no memory. */
static struct budget_pool *
user_budget_of(const struct api_call *call, struct str member_id)
{
	const struct loop *loop = call->exchange->conn->loop;

	return ws_users_budget(&loop->websockets->users, member_id,
	    loop->limits, loop->now_ms);
}

static struct budget_pool *
call_budget(const struct api_call *call)
{
	if (!call->is_of_user)
		return NULL;
	if (call->has_mark)
		return user_budget_of(call, str_from(call->mark.member_id));
	return conn_address_budget(call->exchange->conn);
}

/* False: it is exceeded; `why` is the answer. */
static bool
budget_take(const struct api_call *call, struct budget_pool *budget,
    struct failure *why)
{
	const struct loop *loop = call->exchange->conn->loop;
	const char *limit = NULL;

	*why = (struct failure){ .error = CHAT_OK };
	if (budget == NULL)
		return true;
	why->retry_after_ms =
	    budget_pool_wait_ms(budget, loop->limits, loop->now_ms, &limit);
	if (why->retry_after_ms == 0) {
		budget_pool_charge_message(budget, loop->limits);
		return true;
	}
	why->error = CHAT_RATE_LIMITED;
	why->exceeded = str_from(limit);
	return false;
}

void
api_budget_take(struct api_call *call)
{
	struct failure why;

	if (!budget_take(call, call_budget(call), &why))
		api_call_fail(call, &why);
}

bool
api_budget_take_message(struct api_call *call, const struct command *message,
    bool in_batch, struct failure *why)
{
	struct budget_pool *budget = NULL;

	if (message->as_id.data != NULL && member_id_is_of_user(message->as_id))
		budget = user_budget_of(call, message->as_id);
	else if (in_batch)
		budget = call_budget(call);
	if (!budget_take(call, budget, why))
		return false;
	if (budget != NULL)
		budget_pool_charge_bytes(budget,
		    call->exchange->conn->loop->limits, message->body.len);
	return true;
}

void
api_budget_charge_join(struct api_call *call)
{
	struct budget_pool *budget = call_budget(call);

	if (budget != NULL)
		budget_pool_charge_join(budget,
		    call->exchange->conn->loop->limits);
}

void
api_budget_charge_answer(struct api_call *call)
{
	struct budget_pool *budget = call_budget(call);

	if (budget != NULL)
		budget_pool_charge_bytes(budget,
		    call->exchange->conn->loop->limits, call->out.len);
}
