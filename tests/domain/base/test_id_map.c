#include "domain/base/id_map.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"

#define CROWD 5000

struct thing {
	char id[24];
};

static struct str
thing_key(const void *entry)
{
	return str_from(((const struct thing *)entry)->id);
}

static struct thing *
things_create(size_t count, const char *format)
{
	struct thing *things = calloc(count, sizeof(*things));

	ck_assert_ptr_nonnull(things);
	for (size_t i = 0; i < count; i++)
		snprintf(things[i].id, sizeof(things[i].id), format, i);
	return things;
}

START_TEST(an_empty_map_has_no_memory)
{
	struct id_map map;

	id_map_init(&map, thing_key);
	ck_assert_ptr_null(id_map_find(&map, STR("a")));
	ck_assert_ptr_null(id_map_remove(&map, STR("a")));
	ck_assert_uint_eq(id_map_bytes(&map), 0);
	id_map_fini(&map);
}
END_TEST

/* Lengths around the size of a word, and a NUL inside. */
static const struct str keys[] = { STR(""), STR("a"), STR("b"), STR("a\0"),
	STR("a\0\0"), STR("1234567"), STR("12345678"), STR("12345679"),
	STR("123456789"), STR("12345678\0"), STR("1234567812345678"),
	STR("1234567812345679"), STR("12345678123456781") };

static struct str
str_key(const void *entry)
{
	return *(const struct str *)entry;
}

START_TEST(compares_keys_by_every_byte_and_length)
{
	struct str copies[COUNT_OF(keys)];
	struct id_map map;

	id_map_init(&map, str_key);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		copies[i] = keys[i];
		ck_assert_ptr_null(id_map_find(&map, keys[i]));
		ck_assert(id_map_put(&map, &copies[i]));
	}
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		ck_assert_ptr_eq(id_map_find(&map, keys[i]), &copies[i]);
	id_map_fini(&map);
}
END_TEST

START_TEST(replace_changes_the_entry_of_a_key)
{
	struct thing old = { "same" }, new = { "same" };
	struct id_map map;

	id_map_init(&map, thing_key);
	ck_assert(id_map_put(&map, &old));
	ck_assert_ptr_eq(id_map_replace(&map, &new), &old);
	ck_assert_ptr_eq(id_map_find(&map, STR("same")), &new);
	ck_assert_uint_eq(id_map_count(&map), 1);
	id_map_fini(&map);
}
END_TEST

static const char *const formats[] = { "%zu", "%08zx", "member%zu",
	"0123456789abcdef%04zx" };

START_TEST(keeps_half_of_many_entries)
{
	struct thing *things = things_create(CROWD, formats[_i]);
	struct id_map map;

	id_map_init(&map, thing_key);
	for (size_t i = 0; i < CROWD; i++)
		ck_assert(id_map_put(&map, &things[i]));
	for (size_t i = 0; i < CROWD; i += 2)
		ck_assert_ptr_eq(id_map_remove(&map, thing_key(&things[i])),
		    &things[i]);
	ck_assert_uint_eq(id_map_count(&map), CROWD / 2);
	for (size_t i = 0; i < CROWD; i++)
		ck_assert_ptr_eq(id_map_find(&map, thing_key(&things[i])),
		    i % 2 == 0 ? NULL : &things[i]);
	id_map_fini(&map);
	free(things);
}
END_TEST

/* Random puts and removes, with an array of flags as the model. */
START_TEST(agrees_with_a_model)
{
	enum {
		SMALL = 200,
		STEPS = 100000
	};
	struct thing *things = things_create(SMALL, "%zu");
	bool is_in[SMALL] = { false };
	uint32_t chance = 1 + (uint32_t)_i;
	struct id_map map;

	id_map_seed((uint64_t)_i);
	id_map_init(&map, thing_key);
	for (size_t step = 0; step < STEPS; step++) {
		size_t i = (chance = chance * 1664525 + 1013904223) >> 8;
		struct thing *thing = &things[i %= SMALL];
		struct str key = thing_key(thing);

		if (is_in[i])
			ck_assert_ptr_eq(id_map_remove(&map, key), thing);
		else
			ck_assert(id_map_put(&map, thing));
		is_in[i] = !is_in[i];
		i = chance % SMALL;
		if ((id_map_find(&map, thing_key(&things[i])) != NULL) !=
		    is_in[i])
			ck_abort_msg("step %zu, thing %zu", step, i);
	}
	id_map_fini(&map);
	free(things);
}
END_TEST

START_TEST(frees_memory_as_it_empties)
{
	struct thing *things = things_create(CROWD, "%zu");
	struct id_map map;
	size_t most = 0; /* bytes of an entry of many */

	id_map_init(&map, thing_key);
	for (size_t i = 0; i < CROWD; i++) {
		ck_assert(id_map_put(&map, &things[i]));
		if (i >= CROWD / 10 && id_map_bytes(&map) / i > most)
			most = id_map_bytes(&map) / i;
	}
	ck_assert_uint_le(most, 20);
	for (size_t i = 0; i < CROWD - 1; i++)
		id_map_remove(&map, thing_key(&things[i]));
	ck_assert_uint_le(id_map_bytes(&map), 8 * 12);
	id_map_remove(&map, thing_key(&things[CROWD - 1]));
	ck_assert_uint_eq(id_map_bytes(&map), 0);
	free(things);
}
END_TEST

SUITE(id_map)
{
	tcase_add_test(tests, an_empty_map_has_no_memory);
	tcase_add_test(tests, compares_keys_by_every_byte_and_length);
	tcase_add_test(tests, replace_changes_the_entry_of_a_key);
	tcase_add_loop_test(tests, keeps_half_of_many_entries, 0,
	    COUNT_OF(formats));
	tcase_add_loop_test(tests, agrees_with_a_model, 0, 4);
	tcase_add_test(tests, frees_memory_as_it_empties);
}
