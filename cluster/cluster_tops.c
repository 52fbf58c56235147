/* Logs are compared with the broker, many in one call. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster_internal.h"

/* Logs that are compared with the broker's in one call. */
#define TOPS_AT_ONCE 256

struct tops_call {
	struct cluster *cluster;
	size_t count;
	char *names[TOPS_AT_ONCE];
};

static void
tops_free(struct tops_call *call)
{
	while (call->count > 0)
		free(call->names[--call->count]);
	free(call);
}

static void
tops_answered(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct tops_call *call = arg;

	for (size_t i = 0; outcome == BROKER_OK && i < call->count &&
			   TOP_STRINGS * (i + 1) <= count;
	     i++) {
		struct feed *feed = cluster_feed_of_log(call->cluster,
		    str_from(call->names[i]));
		struct place top;

		if (feed != NULL && place_parse(reply[TOP_STRINGS * i],
					reply[TOP_STRINGS * i + 1], &top))
			feed_compare(feed, &top);
	}
	tops_free(call);
}

static void
tops_send(struct tops_call *call)
{
	struct str args[TOPS_AT_ONCE];
	struct broker_call of_broker = {
		.script = BROKER_TOPS,
		.args = args,
		.arg_count = call->count,
		.done = tops_answered,
		.arg = call,
	};

	assert(call->count > 0);
	for (size_t i = 0; i < call->count; i++)
		args[i] = str_from(call->names[i]);
	of_broker.slot = str_from(call->names[0]);
	broker_call(call->cluster->broker, &of_broker);
}

/* Adds a log to the call of its shard; a full one is sent. */
static void
tops_add(struct cluster *cluster, struct tops_call *calls[64],
    struct feed *feed)
{
	struct str name = str_from(feed->name);
	unsigned shard = broker_shard(cluster->broker, name);
	struct tops_call *call = calls[shard];

	if (!feed_is_live(feed) || !cluster_shard_is_up(cluster, name))
		return;
	if (call == NULL) {
		call = calls[shard] = calloc(1, sizeof(*call));
		if (call == NULL)
			return;
		call->cluster = cluster;
	}
	call->names[call->count] = strndup(name.data, name.len);
	if (call->names[call->count] == NULL)
		return;
	if (++call->count < TOPS_AT_ONCE)
		return;
	calls[shard] = NULL;
	tops_send(call);
}

void
cluster_tops_poll(struct cluster *cluster)
{
	struct tops_call *calls[64] = { NULL };

	tops_add(cluster, calls, &cluster->chat);
	for (struct list *at = cluster->rooms.next; at != &cluster->rooms;
	     at = at->next) {
		struct room_feed *feed = LIST_OWNER(at, struct room_feed, link);

		if (feed->is_closed || !feed->feed.is_active)
			continue;
		feed->feed.is_active = false;
		tops_add(cluster, calls, &feed->feed);
	}
	for (size_t i = 0; i < 64; i++) {
		if (calls[i] == NULL)
			continue;
		if (calls[i]->count > 0)
			tops_send(calls[i]);
		else
			tops_free(calls[i]);
	}
}
