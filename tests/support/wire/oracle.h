/* Jansson as the oracle for JSON. */
#ifndef TESTS_SUPPORT_WIRE_ORACLE_H
#define TESTS_SUPPORT_WIRE_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

struct verdict {
	bool is_object;
	size_t members;
	bool unable;   /* beyond a limit of jansson */
	char why[256]; /* if it is not JSON */
};

struct verdict oracle_judge(struct str text);

/*
 * The value of the string under the key "v", if it has at most size bytes;
 * absent otherwise.
 */
struct str oracle_string(struct str text, char *out, size_t size);

#endif
