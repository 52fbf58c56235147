/* Any text as a configuration: what is taken can be written and read again. */
#include <assert.h>

#include "cmd/parleyd/options/config_file.h"
#include "cmd/parleyd/options/option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
line_check(struct str name, struct str value, unsigned line, void *arg)
{
	const struct option *option = option_find(OPTION_STYLE_FILE, name);
	static struct options options, again;
	char text[OPTION_TEXT_SIZE], text_again[OPTION_TEXT_SIZE];

	(void)line;
	(void)arg;
	listen_clear(&options.listeners);
	listen_clear(&again.listeners);
	if (option == NULL) {
		option_closest(OPTION_STYLE_FILE, name);
		return true;
	}
	if (!option_parse(option, value, &options))
		return true;
	option_format(option, &options, text);
	assert(option_parse(option, str_from(text), &again));
	option_format(option, &again, text_again);
	assert(strcmp(text, text_again) == 0);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error error;

	config_parse(str_slice((const char *)data, size), line_check, NULL,
	    &error);
	return 0;
}
