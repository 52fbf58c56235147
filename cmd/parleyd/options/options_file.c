#include <stdio.h>

#include "cmd/parleyd/options/config_file.h"
#include "cmd/parleyd/options/options_load.h"

#define PLACE_SIZE 224

static bool
assign_line(struct str name, struct str value, unsigned line, void *arg)
{
	const struct option *option = option_find(OPTION_STYLE_FILE, name);
	struct options_load *loading = arg;
	char before[PLACE_SIZE];
	unsigned *seen;

	snprintf(before, sizeof(before), "%.200s:%u: ", loading->file, line);
	if (option == NULL)
		return options_load_fail_unknown(loading, FROM_FILE,
		    OPTION_STYLE_FILE, before, name);
	seen = &loading->line[options_load_index(option)];
	if (*seen != 0 && option->type != OPTION_LISTEN)
		return options_load_fail(loading, FROM_FILE,
		    "%s%s is in line %u already", before, option->name, *seen);
	*seen = line;
	return options_load_assign(loading, option, FROM_FILE, value);
}

bool
options_load_file(struct options_load *loading)
{
	struct config_error error;
	char line[16] = "";

	if (loading->file == NULL ||
	    config_read(loading->file, assign_line, loading, &error))
		return true;
	if (error.why == NULL)
		return false; /* assign_line() has said why */
	if (error.line != 0)
		snprintf(line, sizeof(line), "%u:", error.line);
	return options_load_fail(loading, FROM_FILE, "%.200s:%s %s",
	    loading->file, line, error.why);
}
