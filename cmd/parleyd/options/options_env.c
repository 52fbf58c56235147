/* Options given in the environment. */
#include <string.h>

#include "cmd/parleyd/options/options_load.h"
#include "domain/log.h"

#define ENV_PREFIX "PARLEY_"

static bool
str_has_prefix(struct str text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

/*
 * Other programs set variables, too. A name that resembles an option is an
 * error; others are ignored. Kubernetes sets PARLEY_SERVICE_HOST,
 * PARLEY_PORT_8080_TCP and so on in each container of a service "parley".
 */
static bool
unknown_check(struct options_load *load, struct str name)
{
	if (option_closest(OPTION_STYLE_ENV, name) != NULL ||
	    option_is_grouped(OPTION_STYLE_ENV, name))
		return options_load_fail_unknown(load, FROM_ENV,
		    OPTION_STYLE_ENV, "", name);
	if (!str_has_prefix(name, ENV_PREFIX "SERVICE_") &&
	    !str_has_prefix(name, ENV_PREFIX "PORT"))
		log_warn("%.*s in the environment is no option: ignored",
		    (int)name.len, name.data);
	return true;
}

/* An empty value is like an absent one: `PARLEY_LISTEN=${LISTEN:-}`. */
static bool
env_assign(struct options_load *load, const char *entry)
{
	const char *equals = strchr(entry, '=');
	const struct option *option;
	struct str name;

	if (equals == NULL || equals[1] == '\0')
		return true;
	name = str_slice(entry, (size_t)(equals - entry));
	if (!str_has_prefix(name, ENV_PREFIX))
		return true;
	if (str_equal(name, STR(ENV_PREFIX "CONFIG"))) {
		if (load->file == NULL)
			load->file = equals + 1;
		return true;
	}
	option = option_find(OPTION_STYLE_ENV, name);
	if (option == NULL)
		return unknown_check(load, name);
	return options_load_assign(load, option, FROM_ENV,
	    str_from(equals + 1));
}

bool
options_load_environment(struct options_load *load, char *const *envp)
{
	for (; *envp != NULL; envp++) {
		if (!env_assign(load, *envp))
			return false;
	}
	return true;
}
