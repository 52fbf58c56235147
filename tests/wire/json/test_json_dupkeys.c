#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "wire/dialect.h"
#include "wire/json/json_reader.h"

/* {"k0":0,"k1":0, … } and then the key `last`. */
static char *
wide_object(size_t keys, const char *last)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputc('{', out);
	for (size_t i = 0; i < keys; i++)
		fprintf(out, "\"k%zu\":0,", i);
	fprintf(out, "\"%s\":0}", last);
	fclose(out);
	return text;
}

static struct json_key_table table;

static struct json_reader
dupkeys_read(const char *text)
{
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, str_from(text), 32, &table);
	while (json_next(&reader, &member))
		continue;
	return reader;
}

static const size_t widths[] = { 1, 7, 8, 9, 10, 17, 1000, JSON_KEYS_WIDE - 1 };

START_TEST(finds_a_duplicate_of_the_first_key)
{
	static const char *const doubles[] = { "k0", "\\u006b0", "k\\u0030" };
	size_t width = widths[_i];

	for (size_t i = 0; i < COUNT_OF(doubles); i++) {
		char *text = wide_object(width, doubles[i]);
		struct json_reader reader = dupkeys_read(text);

		ck_assert_int_eq(reader.error, JSON_DUPLICATE_KEY);
		ck_assert_uint_eq(reader.error_offset,
		    strlen(text) - strlen(doubles[i]) - 5);
		free(text);
	}
}
END_TEST

START_TEST(finds_a_duplicate_of_the_last_key)
{
	char key[32];
	char *text;

	snprintf(key, sizeof(key), "k%zu", widths[_i] - 1);
	text = wide_object(widths[_i], key);
	ck_assert_int_eq(dupkeys_read(text).error, JSON_DUPLICATE_KEY);
	free(text);
}
END_TEST

START_TEST(accepts_different_keys)
{
	char *text = wide_object(widths[_i], "k");

	ck_assert_int_eq(dupkeys_read(text).error, JSON_OK);
	free(text);
}
END_TEST

START_TEST(refuses_too_many_keys)
{
	char *text = wide_object(JSON_KEYS_WIDE, "k");
	struct json_reader reader = dupkeys_read(text);

	ck_assert_int_eq(reader.error, JSON_TOO_MANY_KEYS);
	ck_assert_uint_eq(reader.error_offset,
	    strlen(text) - strlen("\"k\":0}"));
	free(text);
}
END_TEST

START_TEST(documents_are_independent)
{
	char *text = wide_object(JSON_KEYS_WIDE - 1, "k");

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(dupkeys_read(text).error, JSON_OK);
	free(text);
}
END_TEST

/* A document with a list in which the item stands so often. */
static char *
list_document(const char *item, int count)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("{\"list\":[{}", out);
	for (int i = 0; i < count; i++)
		fprintf(out, ",%s", item);
	fputs("]}", out);
	fclose(out);
	return text;
}

/* Objects of 10 keys each, all with the same keys. */
START_TEST(objects_of_a_document_are_independent)
{
	char *object = wide_object(9, "k"), *item, *text;

	ck_assert_int_gt(asprintf(&item, "%s,{\"in\":{\"k0\":%s}}", object,
			     object),
	    0);
	text = list_document(item, 500);
	ck_assert_int_eq(dupkeys_read(text).error, JSON_OK);
	free(text);
	free(item);
	free(object);
}
END_TEST

/* Narrow objects do not count, however many there are. */
START_TEST(reads_any_number_of_small_objects)
{
	char *object = wide_object(7, "k");
	char *text = list_document(object, 4 * JSON_KEYS_WIDE / 8);

	ck_assert_int_eq(dupkeys_read(text).error, JSON_OK);
	free(text);
	free(object);
}
END_TEST

START_TEST(finds_duplicates_with_any_seed)
{
	static const uint64_t seeds[] = { 0, 1, UINT64_MAX,
		UINT64_C(0x9e3779b97f4a7c15) };
	char *good = wide_object(5000, "k"), *bad = wide_object(5000, "k77");

	dialects_seed(seeds[_i]);
	ck_assert_int_eq(dupkeys_read(good).error, JSON_OK);
	ck_assert_int_eq(dupkeys_read(bad).error, JSON_DUPLICATE_KEY);
	dialects_seed(0);
	free(good);
	free(bad);
}
END_TEST

START_TEST(starts_again_before_the_numbers_of_objects_overflow)
{
	char *good = wide_object(5000, "k"), *bad = wide_object(5000, "k77");

	for (uint32_t last = 0; last < 3; last++) {
		table.next_object = UINT32_MAX - JSON_KEYS_WIDE - 2 + last;
		ck_assert_int_eq(dupkeys_read(good).error, JSON_OK);
		ck_assert_int_eq(dupkeys_read(good).error, JSON_OK);
		ck_assert_int_eq(dupkeys_read(bad).error, JSON_DUPLICATE_KEY);
	}
	ck_assert_uint_lt(table.next_object, JSON_KEYS_WIDE);
	free(good);
	free(bad);
}
END_TEST

START_TEST(compares_only_narrow_keys_without_a_table)
{
	char *wide = wide_object(9, "k8"), *narrow = wide_object(7, "k6");
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, str_from(wide), 32, NULL);
	while (json_next(&reader, &member))
		continue;
	ck_assert_int_eq(reader.error, JSON_OK);
	json_open(&reader, str_from(narrow), 32, NULL);
	while (json_next(&reader, &member))
		continue;
	ck_assert_int_eq(reader.error, JSON_DUPLICATE_KEY);
	free(wide);
	free(narrow);
}
END_TEST

SUITE(json_dupkeys)
{
	int count = COUNT_OF(widths);

	tcase_add_loop_test(tests, finds_a_duplicate_of_the_first_key, 0,
	    count);
	tcase_add_loop_test(tests, finds_a_duplicate_of_the_last_key, 0, count);
	tcase_add_loop_test(tests, accepts_different_keys, 0, count);
	tcase_add_test(tests, refuses_too_many_keys);
	tcase_add_test(tests, documents_are_independent);
	tcase_add_test(tests, objects_of_a_document_are_independent);
	tcase_add_test(tests, reads_any_number_of_small_objects);
	tcase_add_loop_test(tests, finds_duplicates_with_any_seed, 0, 4);
	tcase_add_test(tests,
	    starts_again_before_the_numbers_of_objects_overflow);
	tcase_add_test(tests, compares_only_narrow_keys_without_a_table);
}
