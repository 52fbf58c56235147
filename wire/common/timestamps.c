#include "wire/common/timestamps.h"

#include <assert.h>

#include "wire/json/json_fields.h"

#define SECOND_MS 1000
#define DAY_SECONDS (24 * 60 * 60)

/* The last millisecond of 9999. */
#define LAST_MS INT64_C(253402300799999)

struct date {
	int year;
	int month;
	int day;
};

void
timestamp_put_seconds(struct wire_text *out, struct str head, int64_t at_ms)
{
	json_field_signed(out, head, at_ms / SECOND_MS);
}

static void
timestamp_put_thousandths(struct wire_text *out, int64_t at_ms)
{
	const int ms = (int)(at_ms % SECOND_MS);
	const char digits[] = { '.', (char)('0' + ms / 100),
		(char)('0' + ms / 10 % 10), (char)('0' + ms % 10) };

	wire_text_append(out, str_slice(digits, sizeof(digits)));
}

void
timestamp_put_fractional(struct wire_text *out, struct str head, int64_t at_ms)
{
	timestamp_put_seconds(out, head, at_ms);
	timestamp_put_thousandths(out, at_ms);
}

/* Years begin in March here: a leap day is the last day of its year. */
static struct date
date_of(int64_t days_since_1970)
{
	const int days = (int)days_since_1970 + 719468; /* since 0000-03-01 */
	const int cycle = days / 146097, day = days % 146097; /* 400 years */
	const int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	const int rest = day - (365 * year + year / 4 - year / 100);
	const int month = (5 * rest + 2) / 153; /* 0: March */

	return (struct date){
		.year = cycle * 400 + year + (month >= 10 ? 1 : 0),
		.month = month < 10 ? month + 3 : month - 9,
		.day = rest - (153 * month + 2) / 5 + 1,
	};
}

/* `count` digits of a number, then a separator. */
static char *
digits_put(char *at, int number, int count, char separator)
{
	for (int i = count - 1; i >= 0; i--, number /= 10)
		at[i] = (char)('0' + number % 10);
	at[count] = separator;
	return at + count + 1;
}

#define SECOND_SIZE sizeof("2026-11-21T06:08:51.")

/* "2026-11-21T06:08:51.", without strftime(): lists have thousands of them. */
static char *
second_write(int64_t ms, char *at)
{
	int second = (int)(ms / SECOND_MS % DAY_SECONDS);
	struct date date = date_of(ms / SECOND_MS / DAY_SECONDS);

	at = digits_put(at, date.year, 4, '-');
	at = digits_put(at, date.month, 2, '-');
	at = digits_put(at, date.day, 2, 'T');
	at = digits_put(at, second / 3600, 2, ':');
	at = digits_put(at, second / 60 % 60, 2, ':');
	return digits_put(at, second % 60, 2, '.');
}

static int64_t
ms_within_dates(int64_t at_ms)
{
	return at_ms < 0 ? 0 : at_ms > LAST_MS ? LAST_MS : at_ms;
}

void
timestamp_put_iso8601(struct wire_text *out, struct str head, int64_t at_ms)
{
	int64_t ms = ms_within_dates(at_ms);
	char text[SECOND_SIZE + 7];
	char *at = second_write(ms, text);

	at = digits_put(at, (int)(ms % SECOND_MS) * 1000, 6, '"');
	wire_text_append(out, head);
	wire_text_append(out, STR("\""));
	wire_text_append(out, str_slice(text, (size_t)(at - text)));
}

void
timestamp_put_utc(struct wire_text *out, struct str head, int64_t at_ms)
{
	int64_t ms = ms_within_dates(at_ms);
	char text[SECOND_SIZE + 4];
	char *at = second_write(ms, text);

	at = digits_put(at, (int)(ms % SECOND_MS), 3, 'Z') - 1;
	while (at[-1] == '0')
		at--;
	if (at[-1] == '.')
		at--;
	wire_text_append(out, head);
	wire_text_append(out, STR("\""));
	wire_text_append(out, str_slice(text, (size_t)(at - text)));
	wire_text_append(out, STR("Z\""));
}

/* `count` digits behind a separator ('\0': none). */
static bool
date_digits_read(struct str *text, char separator, size_t count, int *out)
{
	size_t at = separator != '\0' ? 1 : 0;

	if (text->len < at + count || (at > 0 && text->data[0] != separator))
		return false;
	*out = 0;
	for (size_t i = at; i < at + count; i++) {
		if (text->data[i] < '0' || text->data[i] > '9')
			return false;
		*out = *out * 10 + (text->data[i] - '0');
	}
	*text = str_slice(text->data + at + count, text->len - at - count);
	return true;
}

/* The inverse of date_of(). */
static int64_t
days_of(const struct date *date)
{
	int64_t year = date->month > 2 ? date->year : date->year - 1;
	int64_t month = date->month > 2 ? date->month - 3 : date->month + 9;

	assert(date->month >= 1 && date->month <= 12);
	return 365 * year + year / 4 - year / 100 + year / 400 +
	       (153 * month + 2) / 5 + date->day - 1 - 719468;
}

bool
timestamp_read(struct str text, int64_t *at_ms)
{
	int hour = 0, minute = 0, second = 0;
	struct date date;

	if (!date_digits_read(&text, '\0', 4, &date.year) ||
	    !date_digits_read(&text, '-', 2, &date.month) ||
	    !date_digits_read(&text, '-', 2, &date.day) || date.year < 1970 ||
	    date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31)
		return false;
	if (text.len > 0 && (!date_digits_read(&text, 'T', 2, &hour) ||
				!date_digits_read(&text, ':', 2, &minute) ||
				!date_digits_read(&text, ':', 2, &second)))
		return false;
	*at_ms = (days_of(&date) * DAY_SECONDS + hour * 3600 + minute * 60 +
		     second) *
		 SECOND_MS;
	return true;
}
