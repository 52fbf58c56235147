/* Options given as flags. */
#include <string.h>

#include "cmd/parleyd/options/options_load.h"
#include "domain/base/count_of.h"

static const struct {
	const char *flag;
	enum options_action action;
} actions[] = {
	{ "--help", OPTIONS_HELP },
	{ "-h", OPTIONS_HELP },
	{ "--help=markdown", OPTIONS_HELP_MARKDOWN },
	{ "--help=man", OPTIONS_HELP_MAN },
	{ "--help=conf-man", OPTIONS_HELP_CONF_MAN },
	{ "--help=conf", OPTIONS_HELP_CONF },
	{ "--version", OPTIONS_VERSION },
	{ "--check-config", OPTIONS_CHECK_CONFIG },
	{ "--print-config", OPTIONS_PRINT_CONFIG },
};

static bool
action_take(const char *flag, struct options *out)
{
	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		if (strcmp(flag, actions[i].flag) == 0) {
			out->action = actions[i].action;
			return true;
		}
	}
	return false;
}

bool
options_load_only_answers(const struct options *options)
{
	return options->action == OPTIONS_HELP ||
	       options->action == OPTIONS_HELP_MARKDOWN ||
	       options->action == OPTIONS_HELP_MAN ||
	       options->action == OPTIONS_HELP_CONF_MAN ||
	       options->action == OPTIONS_HELP_CONF ||
	       options->action == OPTIONS_VERSION;
}

/* A switch without a value is on: the next argument may be another flag. */
static bool
flag_is_bare_switch(const struct option *option, const char *next)
{
	return option != NULL && option->type == OPTION_BOOL &&
	       (next == NULL || next[0] == '-');
}

static bool
flag_assign(struct options_load *load, struct str name, const char *value)
{
	const struct option *option = option_find(OPTION_STYLE_FLAG, name);
	bool is_config = str_equal(name, STR("--config"));

	if (option == NULL && !is_config)
		return options_load_fail_unknown(load, FROM_FLAG,
		    OPTION_STYLE_FLAG, "", name);
	if (value == NULL || (is_config && *value == '\0'))
		return options_load_fail(load, FROM_FLAG,
		    "%.*s: a value is missing", (int)name.len, name.data);
	if (!is_config)
		return options_load_assign(load, option, FROM_FLAG,
		    str_from(value));
	load->file = value;
	return true;
}

/* The text after '=', or the next argument. */
static const char *
flag_value(struct str name, const char *equals, char *const *argv, int *i)
{
	const struct option *option = option_find(OPTION_STYLE_FLAG, name);

	if (equals != NULL)
		return equals + 1;
	if (flag_is_bare_switch(option, argv[*i + 1]))
		return "on";
	return argv[++*i];
}

/* argv ends with NULL: argv[i + 1] exists. */
bool
options_load_flags(struct options_load *load, int argc, char *const *argv)
{
	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		struct str name = str_from(argv[i]);

		if (action_take(argv[i], load->out)) {
			if (options_load_only_answers(load->out))
				return true;
			continue;
		}
		if (argv[i][0] != '-')
			return options_load_fail(load, FROM_FLAG,
			    "\"%.64s\": expected an option; see --help",
			    argv[i]);
		if (equals != NULL)
			name.len = (size_t)(equals - argv[i]);
		if (!flag_assign(load, name,
			flag_value(name, equals, argv, &i)))
			return false;
	}
	return true;
}
