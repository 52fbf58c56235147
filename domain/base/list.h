/* Things that know their neighbours: circular lists with links inside. */
#ifndef DOMAIN_LIST_H
#define DOMAIN_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A list, or a thing's place in one: the list stands between last and first. */
struct list {
	struct list *previous;
	struct list *next;
};

/* The struct of this type in which the link is the named member. */
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

/* Becomes the first. */
static inline void
list_prepend(struct list *list, struct list *link)
{
	list_insert_after(list, link);
}

/* Becomes the last. */
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

/* The new link takes the place of the old one. */
static inline void
list_replace(struct list *old, struct list *link)
{
	*link = *old;
	link->previous->next = link;
	link->next->previous = link;
}

#endif
