#include "transport/hooks/hooks.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "domain/server_stats.h"
#include "transport/hooks/hooks_internal.h"
#include "wire/hooks/hook_events.h"

struct entry_observer *
hooks_entries(struct hooks *hooks)
{
	return &hooks->entries;
}

struct presence_observer *
hooks_presence(struct hooks *hooks)
{
	return &hooks->presence;
}

void
hooks_set_rooms(struct hooks *hooks, struct room_store *rooms)
{
	hooks->rooms = rooms;
}

void
hooks_numbers_begin(struct hooks *hooks)
{
	uint64_t number = (uint64_t)clock_wall_ms(hooks->signer.clock) * 1000;

	if (number < NUMBER_LEAST)
		number = NUMBER_LEAST;
	if (hooks->last_number < number)
		hooks->last_number = number;
}

struct hooks *
hooks_create(const struct hooks_config *config, char *why, size_t size)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	assert(config->secret.len <= HOOKS_SECRET_MOST);
	if (hooks == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	hooks->entries.ops = &hooks_entry_ops;
	hooks->presence.ops = &hooks_presence_ops;
	hooks->signer.clock = config->clock;
	hooks->signer.secret_len = config->secret.len;
	memcpy(hooks->signer.secret, config->secret.data, config->secret.len);
	hooks->timeout_ms = config->timeout_ms;
	hooks->give_up_ms = config->give_up_ms;
	hooks->acknowledge = config->acknowledge;
	hooks->arg = config->arg;
	hooks_numbers_begin(hooks);
	hook_stays_init(&hooks->stays);
	hook_queue_init(&hooks->queue, config->memory);
	wire_text_init(&hooks->text);
	if (hook_endpoint_init(&hooks->endpoint, "hooks.url", config->url,
		config->ca, why, size))
		return hooks;
	hooks_destroy(hooks);
	return NULL;
}

void
hooks_destroy(struct hooks *hooks)
{
	if (hooks == NULL)
		return;
	assert(hooks->call == NULL);
	hook_endpoint_fini(&hooks->endpoint);
	hook_stays_fini(&hooks->stays);
	hook_queue_fini(&hooks->queue);
	wire_text_fini(&hooks->text);
	OPENSSL_cleanse(&hooks->signer, sizeof(hooks->signer));
	free(hooks);
}

void
hooks_start(struct hooks *hooks, struct loop *loop)
{
	struct hook_stamp stamp;

	assert(hooks->loop == NULL);
	hooks->loop = loop;
	/* Members of other nodes may be connected. */
	if (hooks->sharing.moment != NULL)
		return;
	stamp = hooks_event_begin_next(hooks);
	hook_put_started(&hooks->text, &stamp);
	hooks_event_add(hooks, 0);
}

size_t
hooks_bytes(const struct hooks *hooks)
{
	return hooks->queue.bytes + hooks->stays.bytes;
}

void
hooks_stats(const struct hooks *hooks, struct hook_stats *out)
{
	const struct hook_event *first = hook_queue_first(&hooks->queue);

	*out = hooks->stats;
	out->is_on = true;
	out->waiting = hooks->queue.count;
	out->waiting_bytes = hooks->queue.bytes;
	if (first != NULL)
		out->lag_ms =
		    (uint64_t)(clock_monotonic_ms(hooks->signer.clock) -
			       first->at_ms);
}
