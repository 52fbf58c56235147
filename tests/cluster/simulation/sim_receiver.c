#include "tests/cluster/simulation/sim_receiver.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/http/http_call.h"
#include "wire/json/json_select.h"

#define DELAY_MOST_MS 200

struct sim_receiver {
	struct sim_net *net;
	sim_take_event *take;
	void *arg;
	bool is_faulty;
	uint64_t newest; /* the highest number that it has got */
	uint64_t repeated;
	struct http_call *calls; /* all that are not over */
};

struct http_call {
	struct http_call *next;
	struct sim_receiver *receiver;
	struct sim_sender *sender; /* NULL: it has ended */
	int node;                  /* of the sender */
	http_call_done *done;
	void *arg;
	bool arrives;
	int status; /* 0: the answer is lost */
	struct str body;
};

/* --- events --------------------------------------------------------------- */

static struct str
event_string(const struct json_value *value)
{
	return json_is_string(value) ? value->string.body : STR_ABSENT;
}

static uint64_t
event_number(const struct json_value *value)
{
	uint64_t number = 0;

	if (value->text.data != NULL)
		(void)json_unsigned(value, UINT64_MAX, &number);
	return number;
}

enum event_key {
	KEY_EVENT,
	KEY_NUMBER,
	KEY_ROOM,
	KEY_EPOCH,
	KEY_SEQ,
	KEY_MEMBER_ID,
	KEY_GENERATION,
	KEY_MESSAGE,
	EVENT_KEYS
};

static void
event_take(struct sim_receiver *receiver, struct str text)
{
	static const struct str keys[EVENT_KEYS] = { STR("event"),
		STR("number"), STR("room"), STR("epoch"), STR("seq"),
		STR("member_id"), STR("generation"), STR("message") };
	struct json_value values[EVENT_KEYS];
	struct sim_received event;

	if (json_select(text, 8, NULL, keys, values, EVENT_KEYS) != JSON_OK)
		abort();
	event = (struct sim_received){
		.word = event_string(&values[KEY_EVENT]),
		.number = event_number(&values[KEY_NUMBER]),
		.room = event_string(&values[KEY_ROOM]),
		.epoch = event_string(&values[KEY_EPOCH]),
		.seq = event_number(&values[KEY_SEQ]),
		.member_id = event_string(&values[KEY_MEMBER_ID]),
		.generation = event_number(&values[KEY_GENERATION]),
		.message = values[KEY_MESSAGE].text,
	};
	if (event.number <= receiver->newest) {
		receiver->repeated++;
		return;
	}
	receiver->newest = event.number;
	receiver->take(receiver->arg, &event);
}

static void
body_take(struct sim_receiver *receiver, struct str body)
{
	static const struct str key = STR("events");
	struct json_value events, event;
	struct json_reader reader;

	if (json_select(body, 8, NULL, &key, &events, 1) != JSON_OK)
		abort();
	json_open_array(&reader, events.text, 7);
	while (json_next_item(&reader, &event))
		event_take(receiver, event.text);
}

/* --- calls ---------------------------------------------------------------- */

static void
call_free(struct http_call *call)
{
	free((char *)call->body.data);
	free(call);
}

static void
call_answer(void *arg)
{
	struct http_call *call = arg, **at = &call->receiver->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	if (call->sender != NULL) {
		call->sender->call = NULL;
		sim_sender_update_time(call->sender);
		call->done(call->arg, call->status, STR(""), "no answer");
	}
	call_free(call);
}

static int64_t
delay_choose(struct sim_receiver *receiver)
{
	return 1 + (int64_t)sim_net_random(receiver->net, DELAY_MOST_MS);
}

static void
call_arrive(void *arg)
{
	struct http_call *call = arg;
	struct sim_receiver *receiver = call->receiver;

	if (call->arrives)
		body_take(receiver, call->body);
	sim_net_at(receiver->net,
	    sim_net_now_ms(receiver->net) + delay_choose(receiver), call->node,
	    call_answer, call);
}

struct http_call *
http_call_post(struct loop *loop, const struct http_target *target,
    struct str headers, struct str json, int64_t timeout_ms,
    http_call_done *done, void *arg)
{
	struct sim_sender *sender = (struct sim_sender *)(void *)loop;
	struct sim_receiver *receiver = sender->receiver;
	struct http_call *call = calloc(1, sizeof(*call));
	uint64_t fate =
	    receiver->is_faulty ? sim_net_random(receiver->net, 10) : 9;
	char *body = malloc(json.len + 1);

	(void)target;
	(void)headers;
	(void)timeout_ms;
	assert(sender->call == NULL);
	if (call == NULL || body == NULL)
		abort();
	*call = (struct http_call){
		.next = receiver->calls,
		.receiver = receiver,
		.sender = sender,
		.node = sender->node,
		.done = done,
		.arg = arg,
		.arrives = fate > 1,
		.status = fate == 0  ? 503
			  : fate < 3 ? 0
				     : 204,
		.body = str_slice(body, json.len),
	};
	str_put(body, json);
	receiver->calls = call;
	sender->call = call;
	sim_net_at(receiver->net,
	    sim_net_now_ms(receiver->net) + delay_choose(receiver), SIM_NO_NODE,
	    call_arrive, call);
	return call;
}

uint64_t
http_call_retry_after_s(const struct http_call *call)
{
	(void)call;
	return 0;
}

/* Hooks do not cancel what they send. */
void
http_call_cancel(struct http_call *call)
{
	(void)call;
	abort();
}

/* --- life ----------------------------------------------------------------- */

struct sim_receiver *
sim_receiver_create(struct sim_net *net, sim_take_event *take, void *arg)
{
	struct sim_receiver *receiver = calloc(1, sizeof(*receiver));

	if (receiver == NULL)
		abort();
	receiver->net = net;
	receiver->take = take;
	receiver->arg = arg;
	return receiver;
}

void
sim_receiver_destroy(struct sim_receiver *receiver)
{
	while (receiver->calls != NULL) {
		struct http_call *call = receiver->calls;

		receiver->calls = call->next;
		call_free(call);
	}
	free(receiver);
}

void
sim_receiver_set_faulty(struct sim_receiver *receiver, bool is_faulty)
{
	receiver->is_faulty = is_faulty;
}

uint64_t
sim_receiver_repeated(const struct sim_receiver *receiver)
{
	return receiver->repeated;
}

void
sim_sender_init(struct sim_sender *sender, struct sim_receiver *receiver,
    int node)
{
	sender->receiver = receiver;
	sender->node = node;
	sender->loop.random = sim_net_random(receiver->net, 1 << 30) | 1;
	sim_sender_update_time(sender);
}

void
sim_sender_update_time(struct sim_sender *sender)
{
	sender->loop.now_ms = sim_net_now_ms(sender->receiver->net);
}

void
sim_sender_fini(struct sim_sender *sender)
{
	struct http_call *call = sender->call;

	if (call == NULL)
		return;
	call->sender = NULL;
	call->done(call->arg, 0, STR(""), "the node has ended");
}
