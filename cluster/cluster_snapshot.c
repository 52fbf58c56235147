/* Snapshots of the chat, with which its log begins for nodes that are new. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/log.h"

/* What the broker keeps behind a snapshot, for nodes that were away. */
#define KEPT_ENTRIES 20000

/* --- loading -------------------------------------------------------------- */

static struct str
field_find(const struct feed_field *fields, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(fields[i].name, name))
			return fields[i].value;
	return STR_ABSENT;
}

/* The pieces of a snapshot, joined. False: one is missing, or no memory. */
static bool
snapshot_join(const struct feed_field *fields, size_t count, struct str name,
    struct packer *out)
{
	char piece[96];

	for (size_t i = 0;; i++) {
		int len = snprintf(piece, sizeof(piece), "%.*s/%zu",
		    (int)name.len, name.data, i);
		struct str value =
		    field_find(fields, count, str_slice(piece, (size_t)len));
		char *grown;

		if (value.data == NULL)
			return i > 0;
		grown = realloc(out->bytes, out->len + value.len + 1);
		if (grown == NULL)
			return false;
		out->bytes = grown;
		str_put(out->bytes + out->len, value);
		out->len += value.len;
	}
}

static struct chat_state
chat_state_of(struct cluster *cluster)
{
	return (struct chat_state){ .members = cluster->config.members,
		.rooms = cluster->config.rooms,
		.history = cluster->config.history,
		.attributes = cluster->config.attributes,
		.nodes = &cluster->nodes,
		.relay = &cluster->relay,
		.newcomers =
		    cluster->config.host->newcomers(cluster->config.arg),
		.place = cluster->chat.at };
}

bool
cluster_snapshot_load(struct cluster *cluster, const struct feed_field *fields,
    size_t count, struct place *place)
{
	struct str name = field_find(fields, count, STR("snapshot"));
	struct chat_state state = chat_state_of(cluster);
	struct packer bytes = { .len = 0 };
	bool ok;

	*place = (struct place){ .number = 0 };
	if (name.data == NULL)
		return true;
	ok = snapshot_join(fields, count, name, &bytes) &&
	     chat_state_unpack(&state, packer_str(&bytes));
	packer_fini(&bytes);
	if (!ok)
		return false;
	cluster->config.host->resume(cluster->config.arg, state.newcomers);
	cluster->saved_number = state.place.number;
	*place = state.place;
	return true;
}

/* --- saving --------------------------------------------------------------- */

static void
snapshot_saved(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct cluster *cluster = arg;

	if (outcome == BROKER_OK && count > 0 && str_equal(reply[0], STR("ok")))
		cluster->saved_number = cluster->saving_number;
	cluster->saving_number = 0;
}

bool
chat_log_snapshot(struct cluster *cluster, struct packer *packer)
{
	struct chat_state state = chat_state_of(cluster);

	return chat_state_pack(&state, packer);
}

void
chat_log_snapshot_name(const struct cluster *cluster,
    char out[SNAPSHOT_NAME_SIZE])
{
	const struct place *at = &cluster->chat.at;
	char place[PLACE_TEXT_SIZE];

	(void)place_format(at, place);
	snprintf(out, SNAPSHOT_NAME_SIZE, "%s.%s", place, at->chain);
}

static void
snapshot_send(struct cluster *cluster, struct str bytes)
{
	const struct place *at = &cluster->chat.at;
	size_t most = SNAPSHOT_PIECE_BYTES;
	size_t pieces = (bytes.len + most - 1) / most;
	char name[SNAPSHOT_NAME_SIZE];
	char total[24], index[24], trim[24];

	assert(cluster->saving_number == 0);
	chat_log_snapshot_name(cluster, name);
	snprintf(total, sizeof(total), "%zu", pieces);
	snprintf(trim, sizeof(trim), "%" PRIu64,
	    at->number > KEPT_ENTRIES ? at->number - KEPT_ENTRIES : 0);
	cluster->saving_number = at->number;
	for (size_t i = 0; i < pieces; i++) {
		size_t len = i + 1 < pieces ? most : bytes.len - i * most;
		struct str args[] = { str_from(name), str_from(total),
			STR_ABSENT, str_slice(bytes.data + i * most, len),
			str_from(trim) };
		struct broker_call call = {
			.script = BROKER_SAVE,
			.slot = str_from(cluster->chat.name),
			.args = args,
			.arg_count = sizeof(args) / sizeof(*args),
			.done = i + 1 < pieces ? cluster_ignore_answer
					       : snapshot_saved,
			.arg = cluster,
		};

		snprintf(index, sizeof(index), "%zu", i);
		args[2] = str_from(index);
		broker_call(cluster->broker, &call);
	}
}

void
cluster_snapshot_save(struct cluster *cluster)
{
	struct packer packer = { .len = 0 };

	if (chat_log_snapshot(cluster, &packer))
		snapshot_send(cluster, packer_str(&packer));
	else
		log_warn("no memory for a snapshot of the chat");
	packer_fini(&packer);
}
