#include "domain/history.h"

#include <assert.h>

/* Longer than any name, id or key. */
#define LABEL_MOST UINT16_MAX

enum chat_error
history_open(struct history *history, struct str room, int64_t ttl_ms,
    bool persistent)
{
	assert(room.data != NULL && room.len > 0 && ttl_ms >= 0);
	return history->ops->open(history, room, ttl_ms, persistent);
}

void
history_close(struct history *history, struct str room)
{
	assert(room.data != NULL);
	history->ops->close(history, room);
}

static void
message_assert(const struct message *message)
{
	assert(message->at_ms >= 0);
	assert(message->body.data != NULL && message->body.len <= UINT32_MAX);
	assert(message->author.data != NULL);
	assert(message->author.len <= LABEL_MOST);
	assert(message->author_id.data != NULL);
	assert(message->author_id.len <= LABEL_MOST);
	assert((message->key.data != NULL) == (message->key.len > 0));
	assert(message->key.len <= LABEL_MOST);
	assert(!message->is_redacted && message->edited_ms == 0);
}

enum chat_error
history_append(struct history *history, struct str room,
    struct message *message)
{
	int64_t at_ms = message->at_ms;
	enum chat_error error;

	assert(room.data != NULL);
	message_assert(message);
	error = history->ops->append(history, room, message);
	assert(error != CHAT_OK || message->seq > 0);
	assert(error != CHAT_OK || message->at_ms >= at_ms);
	return error;
}

enum chat_error
history_amend(struct history *history, struct str room, uint64_t seq,
    struct str body, int64_t edited_ms)
{
	assert(room.data != NULL && seq > 0 && edited_ms >= 0);
	assert(body.len <= UINT32_MAX);
	return history->ops->amend(history, room, seq, body, edited_ms);
}

bool
history_find_key(struct history *history, struct str room, struct str key,
    int64_t now_ms, struct message *out)
{
	assert(room.data != NULL && key.data != NULL && out != NULL);
	assert(now_ms >= 0);
	return history->ops->find_key(history, room, key, now_ms, out);
}

enum chat_error
history_span(struct history *history, struct str room, int64_t now_ms,
    struct history_span *out)
{
	enum chat_error error;

	assert(room.data != NULL && now_ms >= 0 && out != NULL);
	error = history->ops->span(history, room, now_ms, out);
	assert(error != CHAT_OK ||
	       (out->first > 0 && out->first <= out->last + 1));
	return error;
}

void
history_each(struct history *history, struct str room, uint64_t from_seq,
    int64_t now_ms, history_visit *visit, void *arg)
{
	assert(room.data != NULL && now_ms >= 0 && visit != NULL);
	history->ops->each(history, room, from_seq, now_ms, visit, arg);
}

void
history_expire(struct history *history, int64_t now_ms)
{
	assert(now_ms >= 0);
	history->ops->expire(history, now_ms);
}

size_t
history_bytes(struct history *history)
{
	return history->ops->bytes(history);
}

int64_t
history_trusted_ms(struct history *history, int64_t now_ms)
{
	assert(now_ms >= 0);
	return history->ops->trusted_ms(history, now_ms);
}

void
history_destroy(struct history *history)
{
	if (history != NULL)
		history->ops->destroy(history);
}

struct search {
	uint64_t seq;
	struct message *out;
	bool is_found;
};

static bool
message_search(const struct message *message, void *arg)
{
	struct search *search = arg;

	search->is_found = message->seq == search->seq;
	if (search->is_found)
		*search->out = *message;
	return false;
}

bool
history_get(struct history *history, struct str room, uint64_t seq,
    int64_t now_ms, struct message *out)
{
	struct search search = { .seq = seq, .out = out };

	assert(seq > 0 && out != NULL);
	history_each(history, room, seq, now_ms, message_search, &search);
	return search.is_found;
}
