/* Commands that wait until the history or the number of a room is here. */
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/command_copy.h"

enum chat_error
room_barrier_add(struct cluster *cluster, struct list *barriers,
    const struct command *command)
{
	struct room_barrier *barrier =
	    malloc(sizeof(*barrier) + command_text_bytes(command));

	if (barrier == NULL)
		return CHAT_UNAVAILABLE;
	command_copy(command, &barrier->command, barrier->texts);
	barrier->since_ms = cluster_now_ms(cluster);
	list_append(barriers, &barrier->link);
	return CHAT_OK;
}

void
room_barriers_report(struct cluster *cluster, struct list *barriers,
    struct str room_id, enum chat_error outcome)
{
	struct list waiting = *barriers;

	if (list_is_empty(barriers))
		return;
	waiting.next->previous = waiting.previous->next = &waiting;
	list_init(barriers);
	while (!list_is_empty(&waiting)) {
		struct room_barrier *barrier =
		    LIST_OWNER(waiting.next, struct room_barrier, link);
		struct entry entry = { .kind = ENTRY_BARRIER,
			.room_id = room_id };

		list_remove(&barrier->link);
		commit_log_report(&cluster->log, &entry, &barrier->command,
		    outcome);
		free(barrier);
	}
}

void
room_barriers_expire(struct room_feed *feed, int64_t now_ms)
{
	struct cluster *cluster = feed->cluster;
	const struct room_barrier *first;

	if (list_is_empty(&feed->barriers))
		return;
	first = LIST_OWNER(feed->barriers.next, struct room_barrier, link);
	if (now_ms - first->since_ms >= cluster->config.give_up_ms)
		room_barriers_report(cluster, &feed->barriers,
		    str_from(feed->room_id), CHAT_UNAVAILABLE);
}

void
room_barriers_free(struct list *barriers)
{
	while (!list_is_empty(barriers)) {
		struct room_barrier *barrier =
		    LIST_OWNER(barriers->next, struct room_barrier, link);

		list_remove(&barrier->link);
		free(barrier);
	}
}
