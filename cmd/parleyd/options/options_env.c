#include <string.h>

#include "cmd/parleyd/options/options_load.h"
#include "domain/log.h"

#define ENV_PREFIX "PARLEY_"

static bool
has_prefix(struct str text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

/*
 * The environment is shared. What looks like a slip is refused; the rest is
 * somebody else's, above all Kubernetes', which tells every container of a
 * service named "parley" in PARLEY_SERVICE_HOST, PARLEY_PORT_8080_TCP …
 */
static bool
pass_over_unknown(struct options_load *loading, struct str name)
{
	if (option_closest(OPTION_STYLE_ENV, name) != NULL ||
	    option_is_grouped(OPTION_STYLE_ENV, name))
		return options_load_fail_unknown(loading, FROM_ENV,
		    OPTION_STYLE_ENV, "", name);
	if (!has_prefix(name, ENV_PREFIX "SERVICE_") &&
	    !has_prefix(name, ENV_PREFIX "PORT"))
		log_warn("%.*s in the environment is no option: ignored",
		    (int)name.len, name.data);
	return true;
}

/* Empty is as good as absent: `PARLEY_LISTEN=${LISTEN:-}`. */
static bool
assign_env(struct options_load *loading, const char *entry)
{
	const char *equals = strchr(entry, '=');
	const struct option *option;
	struct str name;

	if (equals == NULL || equals[1] == '\0')
		return true;
	name = str_slice(entry, (size_t)(equals - entry));
	if (!has_prefix(name, ENV_PREFIX))
		return true;
	if (str_equal(name, STR(ENV_PREFIX "CONFIG"))) {
		if (loading->file == NULL)
			loading->file = equals + 1;
		return true;
	}
	option = option_find(OPTION_STYLE_ENV, name);
	if (option == NULL)
		return pass_over_unknown(loading, name);
	return options_load_assign(loading, option, FROM_ENV,
	    str_from(equals + 1));
}

bool
options_load_environment(struct options_load *loading, char *const *envp)
{
	for (; *envp != NULL; envp++) {
		if (!assign_env(loading, *envp))
			return false;
	}
	return true;
}
