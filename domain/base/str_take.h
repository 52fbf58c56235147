/* Lists in a text. */
#ifndef DOMAIN_STR_TAKE_H
#define DOMAIN_STR_TAKE_H

#include "domain/base/str.h"

/*
 * Takes the next item off a list whose items are separated by one or several
 * of the given characters. Empty: none is left.
 */
static inline struct str
str_take(struct str *list, struct str separators)
{
	struct str item;

	while (list->len > 0 &&
	       memchr(separators.data, list->data[0], separators.len) != NULL)
		*list = str_slice(list->data + 1, list->len - 1);
	item = str_slice(list->data, 0);
	while (item.len < list->len &&
	       memchr(separators.data, item.data[item.len], separators.len) ==
		   NULL)
		item.len++;
	*list = str_slice(item.data + item.len, list->len - item.len);
	return item;
}

#endif
