#include "domain/command.h"

#include <assert.h>
#include <stddef.h>

static const char *const words[COMMAND_KINDS] = {
#define X(constant, word) [constant] = #word,
	COMMANDS(X)
#undef X
};

const char *
command_kind_word(enum command_kind kind)
{
	assert((size_t)kind < COMMAND_KINDS);
	return words[kind];
}
