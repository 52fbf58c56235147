#include "domain/base/list.h"

#include <string.h>

#include "tests/suite.h"

struct letter {
	char letter;
	struct list link;
};

/* "abc", and the same backwards. */
static void
assert_spells(const struct list *list, const char *expected)
{
	const struct list *link = list;

	for (const char *at = expected; *at != '\0'; at++) {
		link = link->next;
		ck_assert_int_eq(LIST_OWNER(link, struct letter, link)->letter,
		    *at);
		ck_assert_ptr_eq(link->previous->next, link);
	}
	ck_assert_ptr_eq(link->next, list);
	ck_assert_ptr_eq(list->previous, link);
	ck_assert_int_eq(list_is_empty(list), *expected == '\0');
}

START_TEST(appends_prepends_replaces_and_removes)
{
	struct letter a = { 'a', { 0 } }, b = { 'b', { 0 } };
	struct letter c = { 'c', { 0 } }, d = { 'd', { 0 } };
	struct list list;

	list_init(&list);
	assert_spells(&list, "");
	list_append(&list, &b.link);
	list_append(&list, &c.link);
	list_prepend(&list, &a.link);
	assert_spells(&list, "abc");
	list_replace(&b.link, &d.link);
	assert_spells(&list, "adc");
	list_remove(&c.link);
	assert_spells(&list, "ad");
	list_remove(&a.link);
	list_replace(&d.link, &c.link);
	assert_spells(&list, "c");
	list_remove(&c.link);
	assert_spells(&list, "");
}
END_TEST

SUITE(list)
{
	tcase_add_test(tests, appends_prepends_replaces_and_removes);
}
