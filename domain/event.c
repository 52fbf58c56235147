#include "domain/event.h"

#include <assert.h>

static const char *const event_words[EVENT_KINDS] = {
#define X(constant, word, traits) [constant] = word,
	EVENTS(X)
#undef X
};

const unsigned char event_traits[EVENT_KINDS] = {
#define X(constant, word, traits) [constant] = traits,
	EVENTS(X)
#undef X
};

const char *
event_kind_word(enum event_kind kind)
{
	assert((size_t)kind < EVENT_KINDS);
	return event_words[kind];
}
