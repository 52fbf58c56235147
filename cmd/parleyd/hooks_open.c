#include "cmd/parleyd/hooks_open.h"

#include <string.h>

#include "cmd/parleyd/key_file.h"
#include "cmd/parleyd/options/options.h"
#include "cmd/parleyd/platform.h"
#include "domain/log.h"
#include "transport/hooks/hook_questions.h"
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

/* NULL: the authorities of the system. */
static const char *
ca_of(const struct hooks_options *options)
{
	return options->ca[0] == '\0' ? NULL : options->ca;
}

bool
hooks_open(const struct hooks_options *options,
    void (*acknowledge)(void *arg, uint64_t lsn), void *arg, struct hooks **out)
{
	char secret[API_KEY_MOST + 1], why[512];
	struct hooks_config config = {
		.url = str_from(options->url),
		.ca = ca_of(options),
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

bool
hook_questions_open(const struct hooks_options *options,
    struct hook_questions **out)
{
	char secret[API_KEY_MOST + 1], why[512];
	struct hook_questions_config config = {
		.connect_url = str_from(options->before_connect),
		.join_url = str_from(options->before_join),
		.publish_url = str_from(options->before_publish),
		.ca = ca_of(options),
		.timeout_ms = options->before_timeout_ms,
		.most = options->before_max,
		.memory = options->memory,
		.allows_on_failure = options->failure == HOOK_POLICY_ALLOW,
		.clock = system_clock(),
	};

	*out = NULL;
	if (!hooks_options_ask(options))
		return true;
	if (!hooks_secret_load(options, secret))
		return false;
	config.secret = str_from(secret);
	*out = hook_questions_create(&config, why, sizeof(why));
	if (*out == NULL)
		log_error("%s", why);
	return *out != NULL;
}
