#include "transport/fanout/file_push.h"

#include <stdlib.h>

#include "domain/command.h"

struct file_push *
file_push_create(struct list *pushes, struct str id, struct str room)
{
	struct file_push *push = calloc(1, sizeof(*push));

	if (push == NULL)
		return NULL;
	*str_put(push->id, id) = '\0';
	*str_put(push->room, room) = '\0';
	list_append(pushes, &push->link);
	return push;
}

static void
file_push_end(struct file_push *push, struct command_handler *handler)
{
	struct command command = {
		.kind = COMMAND_FILE_PUSHED,
		.file.id = str_from(push->id),
		.limit = push->sent,
	};

	if (push->room[0] != '\0')
		command.room = str_from(push->room);
	list_remove(&push->link);
	(void)command_handle(handler, &command);
	free(push);
}

void
file_pushes_end(struct list *pushes, struct command_handler *handler)
{
	struct list *next;

	for (struct list *link = pushes->next; link != pushes; link = next) {
		struct file_push *push =
		    LIST_OWNER(link, struct file_push, link);

		next = link->next;
		if (push->waiting == 0)
			file_push_end(push, handler);
	}
}

void
file_pushes_free(struct list *pushes)
{
	while (!list_is_empty(pushes)) {
		struct file_push *push =
		    LIST_OWNER(pushes->next, struct file_push, link);

		list_remove(&push->link);
		free(push);
	}
}
