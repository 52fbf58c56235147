#include "cmd/parley/shared_files.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

#define ID "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"

static struct shared_files files;

static void
setup(void)
{
	memset(&files, 0, sizeof(files));
}

static const struct shared_file *
message_note(const char *id, const char *name, const char *url)
{
	char message[512];

	snprintf(message, sizeof(message),
	    "{\"text\":\"look\",\"file\":{\"id\":\"%s\",\"name\":\"%s\","
	    "\"type\":\"x/y\",\"size\":1,\"url\":\"%s\"}}",
	    id, name, url);
	return shared_files_note(&files, str_from(message));
}

static const char *
target_of(const char *what)
{
	static struct shared_file file;

	return shared_files_find(&files, str_from(what), &file) ? file.target
								: "";
}

START_TEST(a_file_is_found_by_name_and_id)
{
	message_note(ID, "boat.png", "/v1/files/" ID "?key=a-B_9");
	ck_assert_str_eq(target_of("boat.png"), "/v1/files/" ID "?key=a-B_9");
	ck_assert_str_eq(target_of(ID), "/v1/files/" ID "?key=a-B_9");
	ck_assert_str_eq(target_of("boat"), "");
	ck_assert_str_eq(target_of(""), "");
}
END_TEST

/* The request goes to our server, with any URL of a member. */
START_TEST(only_id_and_key_of_a_url_are_used)
{
	ck_assert_str_eq(target_of("https://other.example/x/v1/files/" ID
				   "?key=k&y"),
	    "/v1/files/" ID "?key=k");
	ck_assert_str_eq(target_of("/v1/files/" ID), "/v1/files/" ID);
	ck_assert_str_eq(target_of("/v1/files/../../etc/passwd"), "");
	message_note(ID, "a", "https://other.example/?key=x\\r\\nHost: y");
	ck_assert_str_eq(target_of("a"), "/v1/files/" ID "?key=x");
}
END_TEST

START_TEST(names_are_safe)
{
	const struct shared_file *file =
	    message_note(ID, "../../.ssh/\\u202ekeys", "/");

	ck_assert_ptr_nonnull(file);
	ck_assert_str_eq(file->name, "keys");
}
END_TEST

START_TEST(other_messages_have_no_file)
{
	ck_assert_ptr_null(shared_files_note(&files, STR_ABSENT));
	ck_assert_ptr_null(shared_files_note(&files, STR("\"text\"")));
	ck_assert_ptr_null(shared_files_note(&files, STR("{\"file\":1}")));
	ck_assert_ptr_null(message_note("../x", "a", "/"));
	ck_assert_uint_eq(files.count, 0);
}
END_TEST

START_TEST(the_newest_counts_and_the_oldest_goes)
{
	message_note(ID, "a", "/?key=old");
	message_note(ID, "a", "/?key=new");
	ck_assert_str_eq(target_of("a"), "/v1/files/" ID "?key=new");
	for (int i = 0; i < SHARED_FILES_MOST; i++)
		message_note(ID, "b", "/");
	ck_assert_uint_eq(files.count, SHARED_FILES_MOST);
	ck_assert_str_eq(target_of("a"), "");
}
END_TEST

SUITE(shared_files)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, a_file_is_found_by_name_and_id);
	tcase_add_test(tests, only_id_and_key_of_a_url_are_used);
	tcase_add_test(tests, names_are_safe);
	tcase_add_test(tests, other_messages_have_no_file);
	tcase_add_test(tests, the_newest_counts_and_the_oldest_goes);
}
