/* Something that goes wrong, once, when its turn has come. */
#ifndef TESTS_SUPPORT_COMMANDS_FAULT_H
#define TESTS_SUPPORT_COMMANDS_FAULT_H

#include <stdbool.h>

#include "domain/error.h"

struct fault {
	unsigned to_go; /* calls until it happens; 0: it does not */
	enum chat_error error;
};

/* Whether the call that asks is the one that fails. */
static inline bool
fault_hits(struct fault *fault)
{
	return fault->to_go > 0 && --fault->to_go == 0;
}

#endif
