#include "cmd/parleyd/hooks_open.h"

#include <string.h>

#include "cmd/parleyd/key_file.h"
#include "cmd/parleyd/options/options.h"
#include "cmd/parleyd/platform.h"
#include "domain/log.h"
#include "transport/hooks/hooks.h"

/* False: it is logged why not. */
static bool
hooks_secret_load(const struct hooks_options *options,
    char secret[API_KEY_MOST + 1])
{
	memcpy(secret, options->secret, API_KEY_MOST + 1);
	return options->secret_file[0] == '\0' ||
	       key_file_read("hooks.secret_file", options->secret_file, secret);
}

bool
hooks_open(const struct hooks_options *options,
    void (*acknowledge)(void *arg, uint64_t lsn), void *arg, struct hooks **out)
{
	char secret[API_KEY_MOST + 1], why[512];
	struct hooks_config config = {
		.url = str_from(options->url),
		.ca = options->ca[0] == '\0' ? NULL : options->ca,
		.timeout_ms = options->timeout_ms,
		.give_up_ms = options->give_up_ms,
		.memory = options->memory,
		.clock = system_clock(),
		.acknowledge = acknowledge,
		.arg = arg,
	};

	*out = NULL;
	if (options->url[0] == '\0')
		return true;
	if (!hooks_secret_load(options, secret))
		return false;
	config.secret = str_from(secret);
	*out = hooks_create(&config, why, sizeof(why));
	if (*out == NULL)
		log_error("%s", why);
	return *out != NULL;
}
