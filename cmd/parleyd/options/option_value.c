/* Parsing and formatting the values of options. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd/parleyd/options/option.h"

struct unit {
	const char *suffix;
	int64_t factor;
};

/* Largest first. */
static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };
static const struct unit bytes[] = {
	{ "GiB", 1 << 30 },
	{ "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },
	{ "", 1 },
	{ NULL, 0 },
};
static const struct unit times[] = {
	{ "d", 24 * 60 * 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "m", 60 * 1000 },
	{ "s", 1000 },
	{ "ms", 1 },
	{ NULL, 0 },
};

/* The types that are numbers, in words. */
static const struct number {
	const char *noun;
	const struct unit *units;
	const char *per; /* may follow the unit */
} numbers[] = {
	[OPTION_COUNT] = { "a number", no_units, "" },
	[OPTION_SIZE] = { "a size", bytes, "" },
	[OPTION_RATE] = { "a rate", no_units, "/s" },
	[OPTION_SIZE_RATE] = { "a rate", bytes, "/s" },
	[OPTION_DURATION] = { "a duration", times, "" },
};

static bool
is_number(enum option_type type)
{
	return type <= OPTION_DURATION;
}

static void *
value_of(const struct option *option, struct options *options)
{
	return (char *)options + option->offset;
}

int64_t
option_number(const struct option *option, const struct options *options)
{
	const void *at = (const char *)options + option->offset;
	uint32_t narrow;
	int64_t wide;

	assert(is_number(option->type));
	if (option->width == sizeof(narrow)) {
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	}
	assert(option->width == sizeof(wide));
	memcpy(&wide, at, sizeof(wide));
	return wide;
}

static void
number_store(const struct option *option, int64_t value, struct options *out)
{
	uint32_t narrow = (uint32_t)value;

	if (option->width == sizeof(narrow))
		memcpy(value_of(option, out), &narrow, sizeof(narrow));
	else
		memcpy(value_of(option, out), &value, sizeof(value));
}

/* Takes digits off the front; no sign, no white space, no overflow. */
static bool
digits_take(struct str *text, int64_t *out)
{
	size_t count = 0;

	*out = 0;
	while (count < text->len && text->data[count] >= '0' &&
	       text->data[count] <= '9') {
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, text->data[count] - '0', out))
			return false;
		count++;
	}
	*text = str_slice(text->data + count, text->len - count);
	return count > 0;
}

static bool
suffix_take(struct str *text, const char *suffix)
{
	size_t len = strlen(suffix);

	if (text->len < len ||
	    memcmp(text->data + text->len - len, suffix, len) != 0)
		return false;
	text->len -= len;
	return true;
}

/* A number other than 0 needs a unit, unless "" is one. */
static bool
number_read(const struct number *number, struct str text, int64_t *out)
{
	const struct unit *unit = number->units;

	suffix_take(&text, number->per);
	if (!digits_take(&text, out))
		return false;
	if (text.len == 0 && *out == 0)
		return true;
	while (unit->suffix != NULL && !str_equal(text, str_from(unit->suffix)))
		unit++;
	return unit->suffix != NULL &&
	       !__builtin_mul_overflow(*out, unit->factor, out);
}

static bool
number_parse(const struct option *option, struct str text, struct options *out)
{
	int64_t value = 0;
	bool is_zero =
	    option->zero != NULL && str_equal(text, str_from(option->zero));

	if (!is_zero && !number_read(&numbers[option->type], text, &value))
		return false;
	if ((value < option->least || value > option->most) &&
	    (value != 0 || option->zero == NULL))
		return false;
	if (option->width == sizeof(uint32_t) && value > UINT32_MAX)
		return false; /* where size_t is small */
	number_store(option, value, out);
	return true;
}

static bool
bool_parse(const struct option *option, struct str text, struct options *out)
{
	bool on = str_equal(text, STR("on")) || str_equal(text, STR("true"));

	if (!on && !str_equal(text, STR("off")) &&
	    !str_equal(text, STR("false")))
		return false;
	*(bool *)value_of(option, out) = on;
	return true;
}

static bool
word_parse(const struct option *option, struct str text, struct options *out)
{
	for (unsigned i = 0; option->words[i] != NULL; i++) {
		if (str_equal(text, str_from(option->words[i]))) {
			memcpy(value_of(option, out), &i, sizeof(i));
			return true;
		}
	}
	return false;
}

static bool
text_parse(const struct option *option, struct str text, struct options *out)
{
	char *at = value_of(option, out);

	if (option->zero != NULL && str_equal(text, str_from(option->zero))) {
		at[0] = '\0';
		return true;
	}
	if (text.len == 0 || text.len >= option->width ||
	    memchr(text.data, '\0', text.len) != NULL)
		return false;
	memcpy(at, text.data, text.len);
	at[text.len] = '\0';
	return true;
}

static bool
listen_parse(const struct option *option, struct str text, struct options *out)
{
	struct listen_list *list = value_of(option, out);

	if (option->zero == NULL || !str_equal(text, str_from(option->zero)))
		return listen_append(list, text);
	listen_clear(list);
	return true;
}

bool
option_parse(const struct option *option, struct str text, struct options *out)
{
	if (is_number(option->type))
		return number_parse(option, text, out);
	if (option->type == OPTION_BOOL)
		return bool_parse(option, text, out);
	if (option->type == OPTION_WORD)
		return word_parse(option, text, out);
	if (option->type == OPTION_PATH || option->type == OPTION_TEXT)
		return text_parse(option, text, out);
	return listen_parse(option, text, out);
}

static void
number_write(const struct number *number, int64_t value, char *out, size_t size)
{
	const struct unit *unit = number->units;

	while (value % unit->factor != 0)
		unit++;
	if (value == 0)
		snprintf(out, size, "0");
	else
		snprintf(out, size, "%" PRId64 "%s%s", value / unit->factor,
		    unit->suffix, number->per);
}

void
option_format(const struct option *option, const struct options *options,
    char out[OPTION_TEXT_SIZE])
{
	const char *at = (const char *)options + option->offset;
	const char *text;
	unsigned word;

	if (is_number(option->type)) {
		number_write(&numbers[option->type],
		    option_number(option, options), out, OPTION_TEXT_SIZE);
		return;
	}
	if (option->is_secret && *at != '\0') {
		text = "***";
	} else if (option->type == OPTION_LISTEN) {
		text = ((const struct listen_list *)(const void *)at)->text;
		if (*text == '\0' && option->zero != NULL)
			text = option->zero;
	} else if (option->type == OPTION_PATH || option->type == OPTION_TEXT) {
		text = *at != '\0' ? at : option->zero;
	} else if (option->type == OPTION_BOOL) {
		text = *(const bool *)at ? "on" : "off";
	} else {
		memcpy(&word, at, sizeof(word));
		text = option->words[word];
	}
	snprintf(out, OPTION_TEXT_SIZE, "%s", text);
}

static void
number_takes(const struct option *option, char *out, size_t size)
{
	const struct number *number = &numbers[option->type];
	char least[32], most[32];

	number_write(number, option->least, least, sizeof(least));
	number_write(number, option->most, most, sizeof(most));
	snprintf(out, size, "%s from %s to %s%s%s", number->noun, least, most,
	    option->zero == NULL ? "" : ", or 0 for ",
	    option->zero == NULL ? "" : option->zero);
}

static void
words_take(const char *const *words, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; words[i] != NULL; i++) {
		const char *between = words[i + 1] == NULL ? " or " : ", ";

		used += (size_t)snprintf(out + used, size - used, "%s%s",
		    i == 0 ? "" : between, words[i]);
	}
}

/* An option that may be empty is about addresses without a dialect. */
static void
addresses_take(const struct option *option, char *out, size_t size)
{
	char dialects[64];

	listen_write_dialects(dialects, sizeof(dialects));
	snprintf(out, size,
	    "addresses such as 127.0.0.1:8080, [::1]:8080, "
	    ":8080 (everywhere), unix:/path or fd:NAME, %s%s%s",
	    option->zero == NULL ? "perhaps with " : "or ",
	    option->zero == NULL ? dialects : option->zero,
	    option->zero == NULL ? ", then ,tls or ,proxy" : "");
}

void
option_takes(const struct option *option, char out[OPTION_TAKES_SIZE])
{
	if (is_number(option->type))
		number_takes(option, out, OPTION_TAKES_SIZE);
	else if (option->type == OPTION_BOOL)
		snprintf(out, OPTION_TAKES_SIZE, "on or off");
	else if (option->type == OPTION_WORD)
		words_take(option->words, out, OPTION_TAKES_SIZE);
	else if (option->type != OPTION_LISTEN)
		snprintf(out, OPTION_TAKES_SIZE, "a %s of up to %zu bytes%s%s",
		    option->type == OPTION_PATH ? "path" : "text",
		    option->width - 1, option->zero == NULL ? "" : ", or ",
		    option->zero == NULL ? "" : option->zero);
	else
		addresses_take(option, out, OPTION_TAKES_SIZE);
}
