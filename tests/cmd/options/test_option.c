#include "cmd/parleyd/options/option.h"
#include "tests/suite.h"

static struct options options;

static const struct option *
option_named(const char *name)
{
	const struct option *option;

	option = option_find(OPTION_STYLE_FILE, str_from(name));
	ck_assert_msg(option != NULL, "%s", name);
	return option;
}

static bool
option_parse_text(const char *name, const char *text)
{
	memset(&options, 0, sizeof(options));
	return option_parse(option_named(name), str_from(text), &options);
}

static const struct {
	const char *name, *text;
	int64_t value;
} numbers[] = {
	{ "limits.rooms", "1", 1 },
	{ "limits.rooms", "1000000", 1000000 },
	{ "limits.connections", "0", 0 },
	{ "limits.message_bytes", "1000", 1000 },
	{ "limits.message_bytes", "64KiB", 65536 },
	{ "limits.frame_bytes", "2MiB", 2097152 },
	{ "history.bytes", "3GiB", 3221225472 },
	{ "limits.messages", "50", 50 },
	{ "limits.messages", "50/s", 50 },
	{ "limits.bytes", "2KiB/s", 2048 },
	{ "limits.bytes", "1GiB", 1073741824 },
	{ "limits.bytes", "0", 0 },
	{ "limits.close_timeout", "150ms", 150 },
	{ "limits.close_timeout", "5s", 5000 },
	{ "limits.close_timeout", "2m", 120000 },
	{ "history.age", "3h", 10800000 },
	{ "history.age", "30d", 2592000000 },
	{ "drain.delay", "0", 0 },
	{ "drain.delay", "0s", 0 },
	{ "workers", "auto", 0 },
	{ "hooks.give_up", "never", 0 },
};

START_TEST(reads_a_number_with_its_unit)
{
	const char *name = numbers[_i].name;

	ck_assert_msg(option_parse_text(name, numbers[_i].text), "%s",
	    numbers[_i].text);
	ck_assert_int_eq(option_number(option_named(name), &options),
	    numbers[_i].value);
}
END_TEST

static const struct {
	const char *name, *text;
} refused[] = {
	{ "limits.rooms", "" },
	{ "limits.rooms", "0" },
	{ "limits.rooms", "1000001" },
	{ "limits.rooms", "-1" },
	{ "limits.rooms", "+1" },
	{ "limits.rooms", " 1" },
	{ "limits.rooms", "1 " },
	{ "limits.rooms", "0x10" },
	{ "limits.rooms", "10/s" },
	{ "limits.rooms", "10KiB" },
	{ "limits.rooms", "99999999999999999999999" },
	{ "limits.message_bytes", "0" },
	{ "limits.message_bytes", "64KB" },
	{ "limits.message_bytes", "64K" },
	{ "limits.message_bytes", "64kib" },
	{ "limits.message_bytes", "64 KiB" },
	{ "limits.message_bytes", "KiB" },
	{ "limits.message_bytes", "1.5MiB" },
	{ "history.bytes", "9223372036854775807GiB" },
	{ "limits.messages", "50/m" },
	{ "limits.messages", "/s" },
	{ "limits.close_timeout", "5" },
	{ "limits.close_timeout", "0" },
	{ "limits.close_timeout", "5sec" },
	{ "limits.close_timeout", "1h" },
	{ "deflate.enabled", "" },
	{ "deflate.enabled", "maybe" },
	{ "log.level", "loud" },
	{ "log.level", "" },
	{ "store.kind", "redis" },
	{ "store.dir", "" },
	{ "listen", "8080" },
};

START_TEST(refuses_what_an_option_does_not_take)
{
	ck_assert_msg(!option_parse_text(refused[_i].name, refused[_i].text),
	    "%s %s", refused[_i].name, refused[_i].text);
}
END_TEST

START_TEST(reads_words_and_switches)
{
	ck_assert(option_parse_text("deflate.enabled", "on"));
	ck_assert(options.transport.deflate);
	ck_assert(option_parse_text("deflate.enabled", "true"));
	ck_assert(options.transport.deflate);
	ck_assert(option_parse_text("deflate.enabled", "off"));
	ck_assert(!options.transport.deflate);
	ck_assert(option_parse_text("log.level", "warn"));
	ck_assert_int_eq(options.log_level, LOG_WARN);
}
END_TEST

START_TEST(every_preset_is_allowed_and_written_as_it_is_read)
{
	const struct option *option = &option_table[_i];
	char text[OPTION_TEXT_SIZE];

	ck_assert_msg(option_parse_text(option->name, option->preset), "%s",
	    option->name);
	option_format(option, &options, text);
	ck_assert_str_eq(text, option->preset);
}
END_TEST

START_TEST(both_bounds_are_allowed_and_can_be_read_back)
{
	const struct option *option = &option_table[_i];
	int64_t bounds[] = { option->least, option->most };
	char text[OPTION_TEXT_SIZE], plain[32];

	if (option->type > OPTION_DURATION)
		return;
	for (size_t i = 0; i < 2; i++) {
		snprintf(plain, sizeof(plain), "%lld%s", (long long)bounds[i],
		    option->type == OPTION_DURATION ? "ms" : "");
		ck_assert_msg(option_parse_text(option->name, plain), "%s",
		    option->name);
		option_format(option, &options, text);
		ck_assert_msg(option_parse_text(option->name, text), "%s",
		    text);
		ck_assert_int_eq(option_number(option, &options), bounds[i]);
	}
	snprintf(plain, sizeof(plain), "%lld", (long long)option->most + 1);
	ck_assert_msg(!option_parse_text(option->name, plain), "%s",
	    option->name);
}
END_TEST

START_TEST(every_option_has_a_value_and_a_help_text)
{
	const struct option *option = &option_table[_i];
	char takes[OPTION_TAKES_SIZE];

	option_takes(option, takes);
	ck_assert_uint_gt(strlen(takes), 5);
	ck_assert_uint_lt(strlen(takes), sizeof(takes) - 1);
	ck_assert_int_eq(option->help[strlen(option->help) - 1], '.');
	ck_assert_uint_lt(strlen(option->name) + strlen("PARLEY_"),
	    OPTION_NAME_SIZE);
}
END_TEST

static const struct {
	const char *name, *takes;
} taken[] = {
	{ "limits.rooms", "a number from 1 to 1000000" },
	{ "limits.json_depth", "a number from 2 to 256" }, /* can be read */
	{ "limits.message_bytes", "a size from 1 to 64MiB" },
	{ "limits.bytes", "a rate from 1KiB/s to 1GiB/s, or 0 for no limit" },
	{ "limits.close_timeout", "a duration from 100ms to 10m" },
	{ "deflate.enabled", "on or off" },
	{ "log.level", "debug, info, warn or error" },
	{ "store.kind", "memory or file" },
	{ "store.dir", "a path of up to 255 bytes" },
	{ "listen_file", "a path of up to 255 bytes, or none" },
	{ "listen",
	    "addresses such as 127.0.0.1:8080, [::1]:8080, :8080 (everywhere), "
	    "unix:/path or fd:NAME, perhaps with =command, =action, =topic or "
	    "=dotnet, then ,tls or ,proxy" },
};

START_TEST(describes_the_values_of_an_option)
{
	char takes[OPTION_TAKES_SIZE];

	option_takes(option_named(taken[_i].name), takes);
	ck_assert_str_eq(takes, taken[_i].takes);
}
END_TEST

START_TEST(every_source_has_its_spelling)
{
	static const char *const spellings[] = {
		[OPTION_STYLE_FILE] = "limits.message_bytes",
		[OPTION_STYLE_ENV] = "PARLEY_LIMITS_MESSAGE_BYTES",
		[OPTION_STYLE_FLAG] = "--limits-message-bytes",
	};
	char out[OPTION_NAME_SIZE];

	for (unsigned style = 0; style < 3; style++) {
		option_spell("limits.message_bytes", style, out);
		ck_assert_str_eq(out, spellings[style]);
		ck_assert_ptr_eq(option_find(style, str_from(out)),
		    option_named("limits.message_bytes"));
		ck_assert_ptr_null(option_find(style, STR("limits")));
	}
}
END_TEST

START_TEST(no_two_options_share_a_spelling)
{
	char out[OPTION_NAME_SIZE];

	for (unsigned style = 0; style < 3; style++) {
		option_spell(option_table[_i].name, style, out);
		ck_assert_ptr_eq(option_find(style, str_from(out)),
		    &option_table[_i]);
	}
}
END_TEST

static const struct {
	enum option_style style;
	const char *slip;
	const char *meant; /* NULL: no idea */
} slips[] = {
	{ OPTION_STYLE_FLAG, "--limits-mesage-bytes", "limits.message_bytes" },
	{ OPTION_STYLE_FLAG, "--limits.message_bytes", "limits.message_bytes" },
	{ OPTION_STYLE_FLAG, "--lisen", "listen" },
	{ OPTION_STYLE_FLAG, "-listen", "listen" },
	{ OPTION_STYLE_ENV, "PARLEY_LOG_LEVLE", "log.level" },
	{ OPTION_STYLE_ENV, "PARLEY_SERVICE_HOST", NULL },
	{ OPTION_STYLE_ENV, "PARLEY_PORT_8080_TCP_ADDR", NULL },
	{ OPTION_STYLE_FILE, "Log.Level", "log.level" },
	{ OPTION_STYLE_FILE, "limits_rooms", "limits.rooms" },
	{ OPTION_STYLE_FILE, "colour.scheme", NULL },
	{ OPTION_STYLE_FILE, "", NULL },
};

START_TEST(suggests_a_similar_option)
{
	const struct option *closest =
	    option_closest(slips[_i].style, str_from(slips[_i].slip));

	if (slips[_i].meant == NULL) {
		ck_assert_ptr_null(closest);
	} else {
		ck_assert_ptr_nonnull(closest);
		ck_assert_str_eq(closest->name, slips[_i].meant);
	}
}
END_TEST

SUITE(option)
{
	int all = (int)option_count;

	tcase_add_loop_test(tests, reads_a_number_with_its_unit, 0,
	    COUNT_OF(numbers));
	tcase_add_loop_test(tests, refuses_what_an_option_does_not_take, 0,
	    COUNT_OF(refused));
	tcase_add_test(tests, reads_words_and_switches);
	tcase_add_loop_test(tests,
	    every_preset_is_allowed_and_written_as_it_is_read, 0, all);
	tcase_add_loop_test(tests, both_bounds_are_allowed_and_can_be_read_back,
	    0, all);
	tcase_add_loop_test(tests, every_option_has_a_value_and_a_help_text, 0,
	    all);
	tcase_add_loop_test(tests, describes_the_values_of_an_option, 0,
	    COUNT_OF(taken));
	tcase_add_test(tests, every_source_has_its_spelling);
	tcase_add_loop_test(tests, no_two_options_share_a_spelling, 0, all);
	tcase_add_loop_test(tests, suggests_a_similar_option, 0,
	    COUNT_OF(slips));
}
