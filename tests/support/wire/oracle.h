/* What jansson says about a text: a second opinion. */
#ifndef TESTS_SUPPORT_WIRE_ORACLE_H
#define TESTS_SUPPORT_WIRE_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

struct verdict {
	bool is_object;
	size_t members;
	bool unable;   /* it is JSON, perhaps, but more than jansson can do */
	char why[256]; /* if it is not JSON */
};

struct verdict oracle_judge(struct str text);

/*
 * What the string under the key "v" means, if that is within size bytes;
 * absent otherwise.
 */
struct str oracle_string(struct str text, char *out, size_t size);

#endif
