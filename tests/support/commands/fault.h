/* A fault that occurs once, at the n-th call. */
#ifndef TESTS_SUPPORT_COMMANDS_FAULT_H
#define TESTS_SUPPORT_COMMANDS_FAULT_H

#include <stdbool.h>

#include "domain/error.h"

struct fault {
	unsigned to_go; /* calls until it occurs; 0: never */
	enum chat_error error;
};

/* Whether this call has to fail. */
static inline bool
fault_hits(struct fault *fault)
{
	return fault->to_go > 0 && --fault->to_go == 0;
}

#endif
