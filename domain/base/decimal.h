/* Numbers as decimal digits. Public. */
#ifndef DOMAIN_DECIMAL_H
#define DOMAIN_DECIMAL_H

#include <stdint.h>

#include "domain/base/str.h"

#define DECIMAL_MOST 20

/* Writes a number; its text is at the end of `out`. */
struct str decimal_write(uint64_t number, char out[DECIMAL_MOST]);

#endif
