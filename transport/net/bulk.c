#include "transport/net/bulk.h"

#include <assert.h>

void
bulk_init(struct bulk *bulk)
{
	list_init(&bulk->tasks);
	list_init(&bulk->later);
}

void
bulk_task_init(struct bulk_task *task, void (*run)(struct bulk_task *))
{
	list_init(&task->link);
	task->run = run;
}

void
bulk_add(struct bulk *bulk, struct bulk_task *task)
{
	if (list_is_empty(&task->link))
		list_append(&bulk->tasks, &task->link);
}

void
bulk_add_later(struct bulk *bulk, struct bulk_task *task)
{
	assert(list_is_empty(&task->link));
	list_append(&bulk->later, &task->link);
}

void
bulk_tick(struct bulk *bulk)
{
	while (!list_is_empty(&bulk->later)) {
		struct list *link = bulk->later.next;

		list_remove(link);
		list_append(&bulk->tasks, link);
	}
}

void
bulk_remove(struct bulk_task *task)
{
	list_remove(&task->link);
	list_init(&task->link);
}

bool
bulk_run(struct bulk *bulk, int64_t (*now_ns)(void))
{
	int64_t end;

	if (!bulk_waits(bulk))
		return false;
	end = now_ns() + BULK_TIME_US * 1000;
	do {
		struct bulk_task *task =
		    LIST_OWNER(bulk->tasks.next, struct bulk_task, link);

		bulk_remove(task);
		task->run(task);
	} while (bulk_waits(bulk) && now_ns() < end);
	return true;
}
