#include "cmd/parley/speech.h"

#include "cmd/parley/url.h"

static const struct speech *const speeches[] = {
	&speech_command,
	&speech_action,
	&speech_topic,
};

#define SPEECHES (sizeof(speeches) / sizeof(speeches[0]))

const struct speech *
speech_find(const char *name)
{
	for (size_t i = 0; i < SPEECHES; i++)
		if (strcmp(speeches[i]->name, name) == 0)
			return speeches[i];
	return NULL;
}

const struct speech *
speech_of_url(const struct url *url)
{
	for (size_t i = 0; i < SPEECHES; i++)
		if (url_path_is(url, speeches[i]->path))
			return speeches[i];
	return speeches[0];
}

enum heard_kind
speech_kind(const struct speech_word words[], size_t count, struct str word)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(words[i].word, word))
			return words[i].kind;
	return HEARD_NOTHING;
}
