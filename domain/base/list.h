/* Intrusive circular doubly linked lists. */
#ifndef DOMAIN_LIST_H
#define DOMAIN_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A list head, or the link of an item. */
struct list {
	struct list *previous;
	struct list *next;
};

/* The item whose member is the link. */
#define LIST_OWNER(link, type, member) \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void
list_init(struct list *list)
{
	list->previous = list;
	list->next = list;
}

static inline bool
list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void
list_insert_after(struct list *place, struct list *link)
{
	link->previous = place;
	link->next = place->next;
	place->next->previous = link;
	place->next = link;
}

/* Adds an item at the beginning. */
static inline void
list_prepend(struct list *list, struct list *link)
{
	list_insert_after(list, link);
}

/* Adds an item at the end. */
static inline void
list_append(struct list *list, struct list *link)
{
	list_insert_after(list->previous, link);
}

static inline void
list_remove(struct list *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
}

/* Puts a new item in the place of an old one. */
static inline void
list_replace(struct list *old, struct list *link)
{
	*link = *old;
	link->previous->next = link;
	link->next->previous = link;
}

#endif
