#include "domain/event.h"

#include <string.h>

#include "tests/suite.h"

START_TEST(every_kind_has_a_word_of_its_own)
{
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
		ck_assert_ptr_nonnull(event_kind_word(kind));
		for (enum event_kind other = 0; other < kind; other++)
			ck_assert_str_ne(event_kind_word(kind),
			    event_kind_word(other));
	}
}
END_TEST

START_TEST(only_typing_can_be_dropped)
{
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		ck_assert_int_eq(event_has_trait(kind, EVENT_IS_DROPPABLE),
		    kind == EVENT_TYPING);
}
END_TEST

START_TEST(changes_of_messages_and_numbers_must_not_be_missed)
{
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		ck_assert_int_eq(event_has_trait(kind, EVENT_IS_CHANGE),
		    kind == EVENT_REDACTED || kind == EVENT_EDITED ||
			kind == EVENT_EPOCH);
}
END_TEST

START_TEST(presence_is_joins_leaves_and_renames)
{
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		ck_assert_int_eq(event_has_trait(kind, EVENT_IS_PRESENCE),
		    kind == EVENT_RENAMED || kind == EVENT_ENTERED ||
			kind == EVENT_GONE || kind == EVENT_COUNT ||
			kind == EVENT_REACTED || kind == EVENT_KICKED ||
			kind == EVENT_ROLE || kind == EVENT_TOPIC ||
			kind == EVENT_SLOW);
}
END_TEST

START_TEST(direct_answers_come_before_events_for_others)
{
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		ck_assert_int_eq(event_has_trait(kind, EVENT_IS_DIRECT),
		    kind < EVENT_ANNOUNCED);
}
END_TEST

SUITE(event)
{
	tcase_add_test(tests, every_kind_has_a_word_of_its_own);
	tcase_add_test(tests, only_typing_can_be_dropped);
	tcase_add_test(tests,
	    changes_of_messages_and_numbers_must_not_be_missed);
	tcase_add_test(tests, presence_is_joins_leaves_and_renames);
	tcase_add_test(tests, direct_answers_come_before_events_for_others);
}
