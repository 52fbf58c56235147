#include "cmd/parley/speech.h"

#include "cmd/parley/url.h"
#include "domain/base/count_of.h"

static const struct speech *const speeches[] = {
	&speech_command,
	&speech_action,
	&speech_topic,
};

const struct speech *
speech_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(speeches); i++)
		if (strcmp(speeches[i]->name, name) == 0)
			return speeches[i];
	return NULL;
}

const struct speech *
speech_of_url(const struct url *url)
{
	for (size_t i = 0; i < COUNT_OF(speeches); i++)
		if (url_path_is(url, speeches[i]->path))
			return speeches[i];
	return speeches[0];
}

static enum heard_kind
kind_of_word(const struct speech_word *words, struct str word)
{
	for (; words->word.data != NULL; words++)
		if (str_equal(words->word, word))
			return words->kind;
	return HEARD_NOTHING;
}

bool
speech_read_item(const struct speech *speech, struct reading *reading,
    struct str item, struct heard *out)
{
	return heard_fill(out, reading, item, speech->fields,
	    speech->field_count);
}

bool
speech_read(const struct speech *speech, struct reading *reading,
    struct str frame, struct heard *out)
{
	if (!speech_read_item(speech, reading, frame, out))
		return false;
	out->kind = speech->kind_of != NULL
			? speech->kind_of(out)
			: kind_of_word(speech->words, out->word);
	out->at *= speech->at_unit_ms;
	return true;
}
