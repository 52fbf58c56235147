/* SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash. Public. */
#ifndef WIRE_SIPHASH_H
#define WIRE_SIPHASH_H

#include <stdint.h>

#include "domain/base/str.h"

uint64_t siphash(const uint64_t key[2], struct str text);

#endif
