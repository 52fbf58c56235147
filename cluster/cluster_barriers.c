/* Commands that wait until the history of their room is here. */
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/command_copy.h"

enum chat_error
room_barrier_add(struct room_feed *feed, const struct command *command)
{
	struct room_barrier *barrier =
	    malloc(sizeof(*barrier) + command_text_bytes(command));

	if (barrier == NULL)
		return CHAT_UNAVAILABLE;
	command_copy(command, &barrier->command, barrier->texts);
	barrier->since_ms = cluster_now_ms(feed->cluster);
	list_append(&feed->barriers, &barrier->link);
	return CHAT_OK;
}

void
room_barriers_report(struct room_feed *feed, enum chat_error outcome)
{
	struct list waiting = feed->barriers;

	if (list_is_empty(&feed->barriers))
		return;
	waiting.next->previous = waiting.previous->next = &waiting;
	list_init(&feed->barriers);
	while (!list_is_empty(&waiting)) {
		struct room_barrier *barrier =
		    LIST_OWNER(waiting.next, struct room_barrier, link);
		struct entry entry = { .kind = ENTRY_BARRIER,
			.room_id = str_from(feed->room_id) };

		list_remove(&barrier->link);
		commit_log_report(&feed->cluster->log, &entry,
		    &barrier->command, outcome);
		free(barrier);
	}
}

void
room_barriers_expire(struct room_feed *feed, int64_t now_ms)
{
	const struct room_barrier *first;

	if (list_is_empty(&feed->barriers))
		return;
	first = LIST_OWNER(feed->barriers.next, struct room_barrier, link);
	if (now_ms - first->since_ms >= feed->cluster->config.give_up_ms)
		room_barriers_report(feed, CHAT_UNAVAILABLE);
}

void
room_barriers_free(struct room_feed *feed)
{
	while (!list_is_empty(&feed->barriers)) {
		struct room_barrier *barrier =
		    LIST_OWNER(feed->barriers.next, struct room_barrier, link);

		list_remove(&barrier->link);
		free(barrier);
	}
}
