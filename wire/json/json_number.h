/* Which JSON numbers every client can read. */
#ifndef WIRE_JSON_NUMBER_H
#define WIRE_JSON_NUMBER_H

#include <stdbool.h>

#include "domain/base/str.h"

/*
 * Whether a number, valid by RFC 8259 and at most JSON_NUMBER_BYTES long, is
 * finite as an IEEE 754 double. Does not depend on the locale.
 */
bool json_number_is_finite(struct str number);

/*
 * Whether all numbers in a valid JSON text are within both bounds of
 * json_read_number(). False only for texts stored before those bounds existed.
 */
bool json_numbers_are_portable(struct str json);

#endif
