#include <stdint.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/wire/oracle.h"
#include "wire/json/json_reader.h"

static struct json_key_table table;

/*
 * Random documents, valid and damaged, are read by jansson as well. Both must
 * agree on what is JSON, except:
 *  - the reader stops at a depth of 32, jansson at 2048;
 *  - jansson has other limits on numbers, and no keys with \u0000.
 */
#define DEPTH 32
#define ROUNDS 30000

static uint64_t chance_state;

/* splitmix64: the same documents in every run. */
static uint64_t
oracle_chance(uint64_t below)
{
	uint64_t z = chance_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

struct document {
	size_t len;
	char text[4096];
};

static void
document_put(struct document *document, const char *text)
{
	size_t len = strlen(text);

	if (document->len + len > sizeof(document->text))
		return;
	memcpy(document->text + document->len, text, len);
	document->len += len;
}

#define PICK(table) table[oracle_chance(COUNT_OF(table))]

static void
put_space(struct document *document)
{
	static const char *const spaces[] = { "", "", "", "", " ", "\n\t",
		"\r" };

	document_put(document, PICK(spaces));
}

static void
put_string(struct document *document)
{
	static const char *const parts[] = { "a", "b", "key", "\\u0061", "\\\"",
		"\\\\", "\\/", "\\n", "\\ud834\\udd1e", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9d\x84\x9e", "\\u00E9", "0123456789",
		"\x7f", "\\u0000" };

	document_put(document, "\"");
	for (uint64_t i = oracle_chance(5); i > 0; i--)
		document_put(document, PICK(parts));
	document_put(document, "\"");
}

static void
put_value(struct document *document, int depth)
{
	static const char *const plain[] = { "null", "true", "false", "0", "-0",
		"17", "-1.5", "1e5", "0.25E-3", "\"\"", "[]", "{}" };
	uint64_t kind = depth == 0 ? oracle_chance(2) : oracle_chance(4);
	const char *separator = "";

	put_space(document);
	if (kind == 0)
		document_put(document, PICK(plain));
	else if (kind == 1)
		put_string(document);
	else
		document_put(document, kind == 2 ? "[" : "{");
	for (uint64_t i = kind < 2 ? 0 : oracle_chance(12); i > 0; i--) {
		document_put(document, separator);
		put_space(document);
		separator = ",";
		if (kind == 3) {
			put_string(document);
			put_space(document);
			document_put(document, ":");
		}
		put_value(document, depth - 1);
	}
	if (kind >= 2)
		document_put(document, kind == 2 ? "]" : "}");
	put_space(document);
}

/* Change, drop or double a byte. */
static void
document_damage(struct document *document)
{
	static const char bytes[] = "{}[]\",:\\ue0129-+. \n\x01\x1f\x7f\x80"
				    "\xbf\xc0\xc3\xed\xf4\xff";
	size_t at = (size_t)oracle_chance(document->len);

	switch (oracle_chance(3)) {
	case 0:
		document->text[at] = bytes[oracle_chance(sizeof(bytes) - 1)];
		break;
	case 1:
		document->len--;
		memmove(document->text + at, document->text + at + 1,
		    document->len - at);
		break;
	default:
		if (document->len == sizeof(document->text))
			break;
		memmove(document->text + at + 1, document->text + at,
		    document->len - at);
		document->len++;
		break;
	}
}

static enum json_error
read_document(const struct document *document, size_t *members)
{
	struct json_reader reader;
	struct json_member member;

	*members = 0;
	json_open(&reader, str_slice(document->text, document->len), DEPTH,
	    &table);
	while (json_next(&reader, &member))
		++*members;
	return reader.error;
}

static void
document_compare(const struct document *document)
{
	struct verdict verdict =
	    oracle_judge(str_slice(document->text, document->len));
	size_t members;
	enum json_error error = read_document(document, &members);

	if (error == JSON_TOO_DEEP || verdict.unable)
		return;
	if ((error == JSON_OK) != verdict.is_object ||
	    (error == JSON_OK && members != verdict.members))
		ck_abort_msg("%s, the oracle: %s\n%.*s",
		    json_error_text(error).data, verdict.why,
		    (int)document->len, document->text);
}

START_TEST(agrees_with_jansson_on_valid_and_damaged_documents)
{
	chance_state = (uint64_t)_i;
	for (int round = 0; round < ROUNDS / 4; round++) {
		struct document document = { .len = 0 };

		put_space(&document);
		document_put(&document, "{\"v\":");
		put_value(&document, 4);
		document_put(&document, "}");
		document_compare(&document);
		for (uint64_t i = oracle_chance(4); i > 0 && document.len > 0;
		     i--) {
			document_damage(&document);
			document_compare(&document);
		}
	}
}
END_TEST

/* Compares the value of a string with the oracle's. */
static void
compare_string(const struct document *document)
{
	struct str text = str_slice(document->text, document->len);
	char theirs[512], ours[512];
	struct str meant = oracle_string(text, theirs, sizeof(theirs));
	struct json_reader reader;
	struct json_member member;
	size_t len;

	json_open(&reader, text, DEPTH, &table);
	if (!json_next(&reader, &member) ||
	    !json_string_copy(&member.value.string, ours, sizeof(ours), &len) ||
	    !str_equal(str_slice(ours, len), meant) ||
	    !json_string_is(&member.value.string, meant))
		ck_abort_msg("means something else: %.*s", (int)document->len,
		    document->text);
}

START_TEST(agrees_with_jansson_on_values_of_strings)
{
	chance_state = 17;
	for (int round = 0; round < ROUNDS; round++) {
		struct document document = { .len = 0 };

		document_put(&document, "{\"v\":");
		put_string(&document);
		document_put(&document, "}");
		compare_string(&document);
	}
}
END_TEST

SUITE(json_oracle)
{
	tcase_add_loop_test(tests,
	    agrees_with_jansson_on_valid_and_damaged_documents, 0, 4);
	tcase_add_test(tests, agrees_with_jansson_on_values_of_strings);
}
