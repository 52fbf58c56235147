#include "cluster/redis/redis_broker.h"

#include <stdlib.h>

#include "cluster/redis/redis_internal.h"
#include "domain/log.h"

static struct redis_broker *
redis_broker_of(struct broker *broker)
{
	return (struct redis_broker *)(void *)broker;
}

static struct redis_shard *
shard_of(struct broker *broker, struct str log)
{
	struct redis_broker *redis = redis_broker_of(broker);

	return &redis->shards[broker_shard_of(redis->shard_count, log)];
}

/* BROKER_TOPS asks one shard about its logs. */
static void
redis_broker_call(struct broker *broker, const struct broker_call *call)
{
	redis_call_begin(shard_of(broker, call->slot), call);
}

static void
redis_broker_subscribe(struct broker *broker, struct str log)
{
	if (!redis_channel_add(shard_of(broker, log), log))
		log_error("no memory to subscribe a log");
}

static void
redis_broker_unsubscribe(struct broker *broker, struct str log)
{
	redis_channel_remove(shard_of(broker, log), log);
}

static void
redis_broker_publish(struct broker *broker, struct str log, struct str message)
{
	redis_channel_publish(shard_of(broker, log), log, message);
}

static unsigned
redis_broker_shard(struct broker *broker, struct str log)
{
	return shard_of(broker, log)->number;
}

static void
redis_broker_destroy(struct broker *broker)
{
	struct redis_broker *redis = redis_broker_of(broker);

	redis->is_ending = true;
	for (size_t i = 0; i < redis->shard_count; i++)
		redis_shard_fini(&redis->shards[i]);
	redis_calls_refuse(redis);
	if (redis->refusal != NULL)
		event_free(redis->refusal);
	redis_batch_fini(&redis->batch);
	free(redis);
}

static const struct broker_ops redis_broker_ops = {
	.call = redis_broker_call,
	.subscribe = redis_broker_subscribe,
	.unsubscribe = redis_broker_unsubscribe,
	.publish = redis_broker_publish,
	.shard = redis_broker_shard,
	.destroy = redis_broker_destroy,
};

static void
refusal_cb(evutil_socket_t fd, short events, void *broker)
{
	(void)fd;
	(void)events;
	redis_calls_refuse(broker);
}

struct broker *
redis_broker_create(const struct redis_config *config)
{
	size_t count = config->targets->count;
	struct redis_broker *redis =
	    calloc(1, sizeof(*redis) + count * sizeof(redis->shards[0]));
	bool is_whole;

	if (redis == NULL)
		return NULL;
	redis->broker.ops = &redis_broker_ops;
	redis->config = *config;
	redis->prefix = str_from(config->options->prefix);
	redis->random = config->seed | 1;
	redis->shard_count = count;
	list_init(&redis->refused);
	redis->refusal = evtimer_new(config->base, refusal_cb, redis);
	is_whole = redis->refusal != NULL;
	for (size_t i = 0; i < count; i++) {
		struct redis_shard *shard = &redis->shards[i];

		shard->broker = redis;
		shard->number = (unsigned)i;
		shard->target = &config->targets->at[i];
		is_whole = redis_shard_init(shard) && is_whole;
	}
	if (is_whole)
		return &redis->broker;
	redis_broker_destroy(&redis->broker);
	return NULL;
}
