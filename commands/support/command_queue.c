#include "commands/support/command_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/command_copy.h"

struct queued_command {
	struct list link;
	size_t bytes;
	struct command command;
	char texts[];
};

struct command_queue {
	struct list link;
	size_t entries; /* of the author, in the log */
	size_t moves;   /* those of them that decide where it is */
	struct list commands;
	size_t author_len;
	char author[];
};

static struct str
queue_key(const void *entry)
{
	const struct command_queue *queue = entry;

	return str_slice(queue->author, queue->author_len);
}

void
command_queues_init(struct command_queues *queues)
{
	id_map_init(&queues->by_author, queue_key);
	list_init(&queues->all);
	queues->recent = NULL;
	queues->bytes = 0;
}

static struct command_queue *
queue_find(const struct command_queues *queues, struct str author)
{
	struct command_queue *recent = queues->recent;

	if (recent != NULL && str_equal(queue_key(recent), author))
		return recent;
	return id_map_find(&queues->by_author, author);
}

/* NULL: no memory. */
static struct command_queue *
queue_create(struct command_queues *queues, struct str author)
{
	struct command_queue *queue = malloc(sizeof(*queue) + author.len);

	if (queue == NULL)
		return NULL;
	queue->entries = queue->moves = 0;
	list_init(&queue->commands);
	queue->author_len = author.len;
	memcpy(queue->author, author.data, author.len);
	if (!id_map_put(&queues->by_author, queue)) {
		free(queue);
		return NULL;
	}
	list_append(&queues->all, &queue->link);
	return queue;
}

/* NULL: no memory. */
static struct command_queue *
queue_need(struct command_queues *queues, struct str author)
{
	struct command_queue *queue = queue_find(queues, author);

	if (queue == NULL)
		queue = queue_create(queues, author);
	queues->recent = queue;
	return queue;
}

static void
queue_release(struct command_queues *queues, struct command_queue *queue)
{
	if (queue->entries > 0 || !list_is_empty(&queue->commands))
		return;
	if (queues->recent == queue)
		queues->recent = NULL;
	id_map_remove(&queues->by_author, queue_key(queue));
	list_remove(&queue->link);
	free(queue);
}

static struct queued_command *
queue_first(const struct command_queue *queue)
{
	assert(!list_is_empty(&queue->commands));
	return LIST_OWNER(queue->commands.next, struct queued_command, link);
}

static void
queued_command_free(struct command_queues *queues,
    struct queued_command *queued)
{
	assert(queues->bytes >= queued->bytes);
	list_remove(&queued->link);
	queues->bytes -= queued->bytes;
	free(queued);
}

void
command_queues_fini(struct command_queues *queues)
{
	while (!list_is_empty(&queues->all)) {
		struct command_queue *queue =
		    LIST_OWNER(queues->all.next, struct command_queue, link);

		queue->entries = queue->moves = 0;
		while (!list_is_empty(&queue->commands))
			queued_command_free(queues, queue_first(queue));
		queue_release(queues, queue);
	}
	id_map_fini(&queues->by_author);
}

bool
command_queues_must_wait(const struct command_queues *queues, struct str author,
    enum command_turn turn)
{
	const struct command_queue *queue = queue_find(queues, author);

	if (queue == NULL || turn == TURN_AT_ONCE)
		return false;
	return turn == TURN_LAST || queue->moves > 0 ||
	       !list_is_empty(&queue->commands);
}

bool
command_queues_may_resume(const struct command_queues *queues,
    struct str author, enum command_turn turn)
{
	const struct command_queue *queue = queue_find(queues, author);

	assert(queue != NULL && !list_is_empty(&queue->commands));
	return turn == TURN_LAST ? queue->entries == 0 : queue->moves == 0;
}

bool
command_queues_has_entries(const struct command_queues *queues,
    struct str author)
{
	const struct command_queue *queue = queue_find(queues, author);

	return queue != NULL && queue->entries > 0;
}

bool
command_queues_add(struct command_queues *queues, const struct command *command)
{
	size_t size =
	    sizeof(struct queued_command) + command_text_bytes(command);
	struct command_queue *queue;
	struct queued_command *queued;

	if (size > COMMAND_QUEUES_MOST ||
	    queues->bytes > COMMAND_QUEUES_MOST - size)
		return false;
	queue = queue_need(queues, command->author);
	if (queue == NULL)
		return false;
	queued = malloc(size);
	if (queued == NULL) {
		queue_release(queues, queue);
		return false;
	}
	queued->bytes = size;
	command_copy(command, &queued->command, queued->texts);
	list_append(&queue->commands, &queued->link);
	queues->bytes += size;
	return true;
}

void
command_queues_entry_added(struct command_queues *queues, struct str author,
    bool moves)
{
	struct command_queue *queue = queue_need(queues, author);

	if (queue == NULL)
		return;
	queue->entries++;
	queue->moves += moves;
}

bool
command_queues_entry_done(struct command_queues *queues, struct str author,
    bool moves)
{
	struct command_queue *queue = queue_find(queues, author);
	bool has_commands;

	if (queue == NULL)
		return false;
	queues->recent = queue;
	if (queue->entries > 0)
		queue->entries--;
	if (moves && queue->moves > 0)
		queue->moves--;
	has_commands = !list_is_empty(&queue->commands);
	queue_release(queues, queue);
	return has_commands;
}

const struct command *
command_queues_first(const struct command_queues *queues, struct str author)
{
	const struct command_queue *queue = queue_find(queues, author);

	if (queue == NULL || list_is_empty(&queue->commands))
		return NULL;
	return &queue_first(queue)->command;
}

void
command_queues_remove_first(struct command_queues *queues, struct str author)
{
	struct command_queue *queue = queue_find(queues, author);

	assert(queue != NULL);
	queued_command_free(queues, queue_first(queue));
	queue_release(queues, queue);
}

static bool
leads_into_a_room(enum command_kind kind)
{
	return kind == COMMAND_ROOM_JOIN || kind == COMMAND_ROOM_CREATE;
}

bool
command_queues_move(const struct command_queues *queues, struct str author,
    bool *is_in_room)
{
	const struct command_queue *queue = queue_find(queues, author);
	const struct list *at;

	if (queue == NULL)
		return false;
	for (at = queue->commands.previous; at != &queue->commands;
	     at = at->previous) {
		enum command_kind kind =
		    LIST_OWNER(at, struct queued_command, link)->command.kind;

		*is_in_room = leads_into_a_room(kind);
		if (*is_in_room || kind == COMMAND_ROOM_LEAVE)
			return true;
	}
	*is_in_room = queue->moves > 0;
	return *is_in_room;
}
