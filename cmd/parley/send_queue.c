#include "cmd/parley/send_queue.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void
client_queue_init(struct client_queue *queue, uint64_t chance)
{
	*queue = (struct client_queue){ 0 };
	queue->last = &queue->first;
	snprintf(queue->run, sizeof(queue->run), "%016" PRIx64, chance);
}

void
client_queue_fini(struct client_queue *queue)
{
	while (queue->first != NULL)
		client_queue_drop(queue);
}

uint64_t
client_queue_ref(struct client_queue *queue)
{
	return ++queue->refs;
}

static struct str
text_store(char *at, struct str text)
{
	if (text.data == NULL)
		return text;
	memcpy(at, text.data, text.len);
	return str_slice(at, text.len);
}

struct queued_message *
client_queue_add(struct client_queue *queue, struct str room, struct str text,
    bool with_key)
{
	struct queued_message *message =
	    malloc(sizeof(*message) + room.len + text.len + 1);

	if (message == NULL)
		return NULL;
	*message = (struct queued_message){ .ref = client_queue_ref(queue) };
	message->room = text_store(message->data, room);
	message->text = text_store(message->data + room.len, text);
	if (with_key)
		snprintf(message->key, sizeof(message->key), "%s-%" PRIu64,
		    queue->run, message->ref);
	*queue->last = message;
	queue->last = &message->next;
	queue->count++;
	return message;
}

void
client_queue_drop(struct client_queue *queue)
{
	struct queued_message *message = queue->first;

	assert(message != NULL);
	queue->first = message->next;
	if (queue->first == NULL)
		queue->last = &queue->first;
	queue->count--;
	free(message);
}
