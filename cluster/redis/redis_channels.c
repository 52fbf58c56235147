/* Channels: what other nodes append to logs, and messages to subscribers. */
#include <assert.h>
#include <stdlib.h>

#include "cluster/redis/redis_internal.h"
#include "domain/log.h"

/* So many channels are in one command. */
#define CHANNELS_AT_ONCE 512

#define HEARTBEAT "heartbeat"

/* The first byte of a message; that of a batch of entries is another one. */
#define MESSAGE_TAG "M"

struct redis_channel {
	struct list link; /* of its shard's */
	size_t len;
	size_t log_at; /* its name without the prefix */
	char name[];
};

static struct str
channel_log(const void *entry)
{
	const struct redis_channel *channel = entry;

	return str_slice(channel->name + channel->log_at,
	    channel->len - channel->log_at);
}

/* --- what arrives --------------------------------------------------------- */

static void
message_deliver(struct redis_shard *shard, struct str log, struct str text)
{
	struct redis_broker *broker = shard->broker;
	struct broker_listener *listener = broker->broker.listener;

	if (id_map_find(&shard->logs, log) == NULL)
		return; /* it is not subscribed any more */
	if (text.len > 0 && text.data[0] == MESSAGE_TAG[0])
		listener->ops->on_message(listener, log,
		    str_slice(text.data + 1, text.len - 1));
	else if (redis_batch_read(&broker->batch, text))
		listener->ops->on_batch(listener, log, broker->batch.items,
		    broker->batch.count);
	else
		log_limited(LOG_WARN,
		    "Redis %s: a message that is none of ours", shard->peer);
}

static void
channel_confirm(struct redis_shard *shard, struct str log)
{
	struct broker_listener *listener = shard->broker->broker.listener;

	if (str_equal(log, STR(HEARTBEAT))) {
		shard->heartbeat_ms = 0;
		if (shard->state == REDIS_GREETING) {
			shard->greeting_left--;
			event_active(shard->step, 0, 0);
		}
	} else if (id_map_find(&shard->logs, log) != NULL)
		listener->ops->on_subscribed(listener, log);
}

static struct str
reply_text(const redisReply *reply)
{
	return str_slice(reply->str, (size_t)reply->len);
}

static void
channel_reply(struct redis_shard *shard, const redisReply *reply)
{
	struct str kind, channel, prefix = shard->broker->prefix;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_STRING)
		return;
	kind = reply_text(reply->element[0]);
	channel = reply_text(reply->element[1]);
	if (channel.len < prefix.len)
		return;
	channel =
	    str_slice(channel.data + prefix.len, channel.len - prefix.len);
	if (str_equal(kind, STR("subscribe")))
		channel_confirm(shard, channel);
	else if (str_equal(kind, STR("message")) &&
		 reply->element[2]->type == REDIS_REPLY_STRING)
		message_deliver(shard, channel, reply_text(reply->element[2]));
}

static void
channel_reply_cb(redisAsyncContext *context, void *reply, void *arg)
{
	struct redis_shard *shard = context->data;

	(void)arg;
	/* Without a shard, the connection is being closed. */
	if (reply != NULL && shard != NULL && !shard->broker->is_ending)
		channel_reply(shard, reply);
}

/* --- what is sent --------------------------------------------------------- */

/* Channels of one command. */
struct channel_list {
	struct redis_shard *shard;
	size_t count;
	const char *args[1 + CHANNELS_AT_ONCE];
	size_t lens[1 + CHANNELS_AT_ONCE];
};

static void
channel_list_begin(struct channel_list *list, struct redis_shard *shard,
    struct str command)
{
	list->shard = shard;
	list->count = 1;
	list->args[0] = command.data;
	list->lens[0] = command.len;
}

static void
channel_list_send(struct channel_list *list)
{
	if (list->count > 1)
		redisAsyncCommandArgv(list->shard->subscriptions,
		    channel_reply_cb, NULL, (int)list->count, list->args,
		    list->lens);
	list->count = 1;
}

static void
channel_list_add(struct channel_list *list, const struct redis_channel *channel)
{
	if (list->count == 1 + CHANNELS_AT_ONCE)
		channel_list_send(list);
	list->args[list->count] = channel->name;
	list->lens[list->count++] = channel->len;
}

static struct redis_channel *
channel_create(const struct redis_shard *shard, struct str log)
{
	struct str prefix = shard->broker->prefix;
	struct redis_channel *channel =
	    malloc(sizeof(*channel) + prefix.len + log.len);

	if (channel != NULL) {
		channel->len = prefix.len + log.len;
		channel->log_at = prefix.len;
		str_put(str_put(channel->name, prefix), log);
	}
	return channel;
}

static void
channel_destroy(struct redis_channel *channel)
{
	list_remove(&channel->link);
	free(channel);
}

static void
channel_send(struct redis_shard *shard, const struct redis_channel *channel,
    struct str command)
{
	struct channel_list list;

	channel_list_begin(&list, shard, command);
	channel_list_add(&list, channel);
	channel_list_send(&list);
}

bool
redis_channel_add(struct redis_shard *shard, struct str log)
{
	struct redis_channel *channel = channel_create(shard, log);

	assert(id_map_find(&shard->logs, log) == NULL);
	assert(!str_equal(log, STR(HEARTBEAT)));
	if (channel == NULL || !id_map_put(&shard->logs, channel)) {
		free(channel);
		return false;
	}
	list_append(&shard->channels, &channel->link);
	if (shard->state == REDIS_UP)
		channel_send(shard, channel, STR("SUBSCRIBE"));
	return true;
}

void
redis_channel_remove(struct redis_shard *shard, struct str log)
{
	struct redis_channel *channel = id_map_remove(&shard->logs, log);

	assert(channel != NULL);
	if (shard->state == REDIS_UP)
		channel_send(shard, channel, STR("UNSUBSCRIBE"));
	channel_destroy(channel);
}

void
redis_channels_subscribe(struct redis_shard *shard)
{
	struct channel_list list;

	channel_list_begin(&list, shard, STR("SUBSCRIBE"));
	for (struct list *link = shard->channels.next; link != &shard->channels;
	     link = link->next)
		channel_list_add(&list,
		    LIST_OWNER(link, struct redis_channel, link));
	channel_list_send(&list);
}

void
redis_channels_init(struct redis_shard *shard)
{
	id_map_init(&shard->logs, channel_log);
	list_init(&shard->channels);
}

void
redis_channels_fini(struct redis_shard *shard)
{
	while (!list_is_empty(&shard->channels))
		channel_destroy(LIST_OWNER(shard->channels.next,
		    struct redis_channel, link));
	id_map_fini(&shard->logs);
}

void
redis_channel_publish(struct redis_shard *shard, struct str log,
    struct str message)
{
	struct str prefix = shard->broker->prefix;

	if (shard->state == REDIS_UP)
		redisAsyncCommand(shard->commands, NULL, NULL,
		    "PUBLISH %b%b " MESSAGE_TAG "%b", prefix.data, prefix.len,
		    log.data, log.len, message.data, message.len);
}

void
redis_heartbeat_send(struct redis_shard *shard)
{
	struct redis_channel *channel = channel_create(shard, STR(HEARTBEAT));

	if (channel == NULL)
		return;
	shard->heartbeat_ms = redis_now_ms(shard->broker);
	channel_send(shard, channel, STR("SUBSCRIBE"));
	free(channel);
}
