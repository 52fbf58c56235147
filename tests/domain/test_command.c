#include "domain/command.h"

#include "tests/suite.h"

START_TEST(every_kind_has_a_word_of_its_own)
{
	for (unsigned kind = 0; kind < COMMAND_KINDS; kind++) {
		const char *word = command_kind_word((enum command_kind)kind);

		ck_assert_ptr_nonnull(word);
		for (unsigned other = 0; other < kind; other++)
			ck_assert_str_ne(word,
			    command_kind_word((enum command_kind)other));
	}
}
END_TEST

START_TEST(words_match_the_constants)
{
	ck_assert_str_eq(command_kind_word(COMMAND_CONNECT), "connect");
	ck_assert_str_eq(command_kind_word(COMMAND_ROOM_JOIN), "room_join");
	ck_assert_str_eq(command_kind_word(COMMAND_PING), "ping");
}
END_TEST

SUITE(command)
{
	tcase_add_test(tests, every_kind_has_a_word_of_its_own);
	tcase_add_test(tests, words_match_the_constants);
}
