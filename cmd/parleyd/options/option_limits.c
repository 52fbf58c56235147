#include "cmd/parleyd/options/option_limits.h"

#include "domain/base/count_of.h"

/* A part is at most the whole, unless that is 0 for no limit. */
static const struct {
	const char *part;
	const char *other_part;
	const char *whole;
} limits[] = {
	{ "limits.message_bytes", NULL, "limits.frame_bytes" },
	{ "limits.frame_bytes", NULL, "limits.input_total" },
	{ "limits.message_bytes", NULL, "limits.output_hard" },
	{ "limits.list_bytes", NULL, "limits.output_hard" },
	{ "history.page_bytes", NULL, "limits.output_hard" },
	{ "limits.output_soft", NULL, "limits.output_hard" },
	{ "limits.output_hard", NULL, "limits.output_total" },
	{ "history.bytes", NULL, "history.total_bytes" },
	{ "drain.delay", "drain.window", "drain.timeout" },
};

static const struct option *
option_by_name(const char *name)
{
	return option_find(OPTION_STYLE_FILE, str_from(name));
}

static bool
limit_agrees(const struct options *options, const struct option_conflict *in)
{
	int64_t parts = option_number(in->part, options);
	int64_t whole = option_number(in->whole, options);

	if (in->other_part != NULL)
		parts += option_number(in->other_part, options);
	return parts <= whole || (whole == 0 && in->whole->zero != NULL);
}

bool
option_limits_agree(const struct options *options, struct option_conflict *out)
{
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		const char *other = limits[i].other_part;

		out->part = option_by_name(limits[i].part);
		out->other_part = other == NULL ? NULL : option_by_name(other);
		out->whole = option_by_name(limits[i].whole);
		if (!limit_agrees(options, out))
			return false;
	}
	return true;
}
