/* Options given in a file. */
#include <stdio.h>

#include "cmd/parleyd/options/config_file.h"
#include "cmd/parleyd/options/options_load.h"

#define PLACE_SIZE 224

static bool
line_assign(struct str name, struct str value, unsigned line, void *arg)
{
	const struct option *option = option_find(OPTION_STYLE_FILE, name);
	struct options_load *load = arg;
	char before[PLACE_SIZE];
	unsigned *seen;

	snprintf(before, sizeof(before), "%.200s:%u: ", load->file, line);
	if (option == NULL)
		return options_load_fail_unknown(load, FROM_FILE,
		    OPTION_STYLE_FILE, before, name);
	seen = &load->line[options_load_index(option)];
	if (*seen != 0 && option->type != OPTION_LISTEN)
		return options_load_fail(load, FROM_FILE,
		    "%s%s is in line %u already", before, option->name, *seen);
	*seen = line;
	return options_load_assign(load, option, FROM_FILE, value);
}

bool
options_load_file(struct options_load *load)
{
	struct config_error error;
	char line[16] = "";

	if (load->file == NULL ||
	    config_read(load->file, line_assign, load, &error))
		return true;
	if (error.why == NULL)
		return false; /* line_assign() has written the error */
	if (error.line != 0)
		snprintf(line, sizeof(line), "%u:", error.line);
	return options_load_fail(load, FROM_FILE, "%.200s:%s %s", load->file,
	    line, error.why);
}
