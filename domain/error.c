#include "domain/error.h"

#include <assert.h>
#include <stddef.h>

#include "domain/base/count_of.h"

static const struct {
	const char *word;
	const char *text;
} errors[] = {
#define X(constant, word, text) { word, text },
	CHAT_ERRORS(X)
#undef X
};

const char *
chat_error_word(enum chat_error error)
{
	assert((size_t)error < COUNT_OF(errors));
	return errors[error].word;
}

const char *
chat_error_text(enum chat_error error)
{
	assert((size_t)error < COUNT_OF(errors));
	return errors[error].text;
}
