#include "cmd/parley/client_dialect.h"

#include "cmd/parley/url.h"
#include "domain/base/count_of.h"

static const struct client_dialect *const speeches[] = {
	&client_dialect_native,
	&client_dialect_action,
	&client_dialect_topic,
};

const struct client_dialect *
client_dialect_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(speeches); i++)
		if (strcmp(speeches[i]->name, name) == 0)
			return speeches[i];
	return NULL;
}

const struct client_dialect *
client_dialect_of_url(const struct url *url)
{
	for (size_t i = 0; i < COUNT_OF(speeches); i++)
		if (url_path_is(url, speeches[i]->path))
			return speeches[i];
	return speeches[0];
}

static enum server_event_kind
event_kind_of_word(const struct event_word *words, struct str word)
{
	for (; words->word.data != NULL; words++)
		if (str_equal(words->word, word))
			return words->kind;
	return SERVER_NOTHING;
}

bool
client_dialect_read_item(const struct client_dialect *dialect,
    struct text_buffer *texts, struct str item, struct server_event *out)
{
	return server_event_read(out, texts, item, dialect->fields,
	    dialect->field_count);
}

bool
client_dialect_read(const struct client_dialect *dialect,
    struct text_buffer *texts, struct str frame, struct server_event *out)
{
	if (!client_dialect_read_item(dialect, texts, frame, out))
		return false;
	out->kind = dialect->kind_of != NULL
			? dialect->kind_of(out)
			: event_kind_of_word(dialect->words, out->word);
	out->at *= dialect->at_unit_ms;
	return true;
}
