#include "domain/attribute.h"

#include "tests/suite.h"

static const char text[ATTRIBUTE_VALUE_MOST + 1];

static const struct attribute topic = { .kind = ATTRIBUTE_TOPIC,
	.value = { "a", 1 } };
static const struct attribute reaction = { .kind = ATTRIBUTE_REACTION,
	.seq = 1,
	.subject = { "a", 1 },
	.label = { "b", 1 },
	.value = { "c", 1 } };

START_TEST(knows_its_kinds)
{
	ck_assert(!attribute_kind_exists(0));
	ck_assert(attribute_kind_exists(ATTRIBUTE_TOPIC));
	ck_assert(attribute_kind_exists(ATTRIBUTE_REACTION));
	ck_assert(!attribute_kind_exists(ATTRIBUTE_KINDS));
	ck_assert_str_eq(attribute_kind_word(ATTRIBUTE_EDIT), "edit");
	ck_assert(attribute_has_trait(ATTRIBUTE_EDIT, ATTRIBUTE_OF_MESSAGE));
	ck_assert(!attribute_has_trait(ATTRIBUTE_READ, ATTRIBUTE_OF_MESSAGE));
	ck_assert(attribute_has_trait(ATTRIBUTE_MEMBER, ATTRIBUTE_FINDS_ROOMS));
}
END_TEST

START_TEST(is_valid_within_its_bounds)
{
	struct attribute attribute = reaction;

	ck_assert(attribute_is_valid(&topic));
	attribute.subject = str_slice(text, ATTRIBUTE_SUBJECT_MOST);
	attribute.label = str_slice(text, ATTRIBUTE_LABEL_MOST);
	attribute.value = str_slice(text, ATTRIBUTE_VALUE_MOST);
	attribute.by = str_slice(text, ATTRIBUTE_BY_MOST);
	ck_assert(attribute_is_valid(&attribute));
	attribute.subject.len++;
	ck_assert(!attribute_is_valid(&attribute));
	attribute.subject.len--;
	attribute.label.len++;
	ck_assert(!attribute_is_valid(&attribute));
	attribute.label.len--;
	attribute.value.len++;
	ck_assert(!attribute_is_valid(&attribute));
	attribute.value.len--;
	attribute.by.len++;
	ck_assert(!attribute_is_valid(&attribute));
}
END_TEST

START_TEST(is_of_a_message_or_not_as_its_kind_says)
{
	struct attribute attribute = topic;

	attribute.seq = 1;
	ck_assert(!attribute_is_valid(&attribute));
	attribute = reaction;
	attribute.seq = 0;
	ck_assert(!attribute_is_valid(&attribute));
	attribute = topic;
	attribute.at_ms = -1;
	ck_assert(!attribute_is_valid(&attribute));
	attribute = topic;
	attribute.kind = ATTRIBUTE_KINDS;
	ck_assert(!attribute_is_valid(&attribute));
}
END_TEST

START_TEST(an_edit_has_a_text_and_no_other_has)
{
	struct attribute attribute = reaction;

	ck_assert(attribute_can_be_set(&attribute));
	attribute.body = STR("1");
	ck_assert(!attribute_is_valid(&attribute));
	attribute.kind = ATTRIBUTE_EDIT;
	ck_assert(attribute_can_be_set(&attribute));
	attribute.body = STR_ABSENT;
	ck_assert(attribute_is_valid(&attribute));
	ck_assert(!attribute_can_be_set(&attribute));
	attribute.body = STR("1");
	attribute.value = STR_ABSENT;
	ck_assert(!attribute_can_be_set(&attribute));
}
END_TEST

START_TEST(a_redaction_cannot_be_taken_back)
{
	struct attribute attribute = { .kind = ATTRIBUTE_REDACTION, .seq = 1 };

	ck_assert(!attribute_can_be_set(&attribute));
	attribute.value = STR("Alice");
	ck_assert(attribute_can_be_set(&attribute));
	attribute = topic;
	attribute.value = STR_ABSENT;
	ck_assert(attribute_can_be_set(&attribute));
}
END_TEST

START_TEST(its_key_comes_back)
{
	char buffer[ATTRIBUTE_KEY_MOST], other[ATTRIBUTE_KEY_MOST];
	struct attribute out = { 0 }, moved = reaction;
	struct str key = attribute_key_write(buffer, &reaction);

	attribute_key_read(key, &out);
	ck_assert_int_eq(out.kind, reaction.kind);
	ck_assert_uint_eq(out.seq, reaction.seq);
	ck_assert(str_equal(out.subject, reaction.subject));
	ck_assert(str_equal(out.label, reaction.label));
	moved.label = STR("ba");
	moved.subject = STR("");
	ck_assert(!str_equal(key, attribute_key_write(other, &moved)));
	moved = reaction;
	moved.value = STR("z");
	ck_assert(str_equal(key, attribute_key_write(other, &moved)));
}
END_TEST

SUITE(attribute)
{
	tcase_add_test(tests, knows_its_kinds);
	tcase_add_test(tests, is_valid_within_its_bounds);
	tcase_add_test(tests, is_of_a_message_or_not_as_its_kind_says);
	tcase_add_test(tests, an_edit_has_a_text_and_no_other_has);
	tcase_add_test(tests, a_redaction_cannot_be_taken_back);
	tcase_add_test(tests, its_key_comes_back);
}
