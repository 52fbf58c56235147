/* What this node appends to the logs. */
#include <assert.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/command_copy.h"

/* Of all proposals that wait. */
#define PENDING_MOST ((size_t)64 << 20)

static uint64_t
seed_make(struct cluster *cluster)
{
	char id[ID_SIZE];

	id_source_next(cluster->config.ids, ID_HEX16, id);
	return strtoull(id, NULL, 16);
}

void
cluster_origin_next(struct cluster *cluster, char out[ORIGIN_SIZE])
{
	char digits[DECIMAL_MOST];
	char *at = str_put(out, str_from(cluster->origin));

	*at++ = '.';
	*str_put(at, decimal_write(++cluster->proposals, digits)) = '\0';
}

/* NULL: no memory. */
static struct cluster_proposal *
proposal_create(struct cluster *cluster, const struct command *command)
{
	size_t texts = command != NULL ? command_text_bytes(command) : 0;
	struct cluster_proposal *proposal;

	if (cluster->pending_bytes > PENDING_MOST &&
	    (command == NULL || command->kind != COMMAND_DISCONNECT))
		return NULL;
	proposal = calloc(1, sizeof(*proposal) + texts);
	if (proposal == NULL)
		return NULL;
	cluster_origin_next(cluster, proposal->base.origin);
	proposal->has_command = command != NULL;
	if (command != NULL) {
		command_copy(command, &proposal->command, proposal->texts);
		proposal->command.peer = NULL;
		proposal->command.principal = NULL;
		proposal->command.token = STR_ABSENT;
	}
	proposal->base.since_ms = cluster_now_ms(cluster);
	return proposal;
}

void
cluster_proposal_free(struct cluster *cluster,
    struct cluster_proposal *proposal)
{
	assert(cluster->pending_bytes >= proposal->base.bytes);
	cluster->pending_bytes -= proposal->base.bytes;
	packer_fini(&proposal->payload);
	free(proposal);
}

static void
proposal_send(struct cluster *cluster, struct feed *feed,
    struct cluster_proposal *proposal)
{
	proposal->base.payload = packer_str(&proposal->payload);
	feed_propose(feed, &proposal->base);
	cluster->pending_bytes += proposal->base.bytes;
}

enum chat_error
cluster_propose_command(struct cluster *cluster, const struct command *command,
    struct str node, uint64_t connection)
{
	struct item item = { .kind = ITEM_COMMAND,
		.node = node,
		.connection = connection,
		.seed = { seed_make(cluster), seed_make(cluster) },
		.command = *command };
	struct cluster_proposal *proposal = proposal_create(cluster, command);

	assert(!str_is_empty(node));
	if (proposal == NULL)
		return CHAT_UNAVAILABLE;
	if (!item_pack(&item, &proposal->payload)) {
		packer_fini(&proposal->payload);
		free(proposal);
		return CHAT_UNAVAILABLE;
	}
	proposal->is_of_order = true;
	proposal->base.at_ms = clock_wall_ms(cluster->config.clock);
	proposal->base.is_numbered = true;
	proposal->base.is_lasting = command->kind == COMMAND_DISCONNECT;
	proposal_send(cluster, &cluster->chat, proposal);
	return CHAT_OK;
}

void
cluster_propose_relay(struct cluster *cluster, const struct relay *relay)
{
	struct item item = { .kind = ITEM_RELAY,
		.node = str_from(cluster->nodes.self),
		.relay = *relay };
	struct cluster_proposal *proposal = proposal_create(cluster, NULL);

	if (proposal == NULL)
		return;
	if (!item_pack(&item, &proposal->payload)) {
		packer_fini(&proposal->payload);
		free(proposal);
		return;
	}
	proposal->base.at_ms = clock_wall_ms(cluster->config.clock);
	proposal->base.is_numbered = true;
	proposal_send(cluster, &cluster->chat, proposal);
}

/* A change of the table of the room's log. */
static void
proposal_set_field(struct cluster_proposal *proposal,
    const struct attribute *attribute)
{
	struct str key = attribute_key_write(proposal->field + 1, attribute);

	proposal->field[0] = str_is_empty(attribute->value) ? '!' : '=';
	proposal->base.field = str_slice(proposal->field, 1 + key.len);
}

void
cluster_propose_removal(struct cluster *cluster, struct feed *feed,
    struct str field)
{
	struct cluster_proposal *proposal = proposal_create(cluster, NULL);

	assert(feed != &cluster->chat);
	if (proposal == NULL || field.len >= sizeof(proposal->field)) {
		free(proposal);
		return;
	}
	proposal->field[0] = '!';
	str_put(proposal->field + 1, field);
	proposal->base.field = str_slice(proposal->field, 1 + field.len);
	proposal_send(cluster, feed, proposal);
}

enum chat_error
cluster_propose_entry(struct cluster *cluster, struct feed *feed,
    struct entry *entry, const struct command *requester)
{
	struct item item = { .kind = ITEM_ENTRY,
		.node = str_from(cluster->nodes.self),
		.entry = *entry };
	struct cluster_proposal *proposal = proposal_create(cluster, requester);
	struct item packed;

	assert(entry->kind == ENTRY_MESSAGE || entry->kind == ENTRY_ATTRIBUTE);
	if (proposal == NULL)
		return CHAT_UNAVAILABLE;
	if (requester != NULL)
		item.command = entry_requester(entry, requester);
	else
		item.command.kind = COMMAND_NOOP;
	if (!item_pack(&item, &proposal->payload)) {
		packer_fini(&proposal->payload);
		free(proposal);
		return CHAT_MESSAGE_TOO_LARGE;
	}
	/* Read back, so that the texts are those of the payload. */
	(void)item_unpack(packer_str(&proposal->payload), &packed);
	proposal->entry = packed.entry;
	if (entry->kind == ENTRY_MESSAGE) {
		proposal->base.is_numbered = true;
		proposal->base.at_ms = entry->message.at_ms;
		proposal->base.key = proposal->entry.message.key;
	} else {
		proposal->base.at_ms = entry->attribute.at_ms;
		if (feed == &cluster->chat)
			proposal->base.is_numbered = true;
		else
			proposal_set_field(proposal, &entry->attribute);
	}
	proposal_send(cluster, feed, proposal);
	return CHAT_OK;
}
