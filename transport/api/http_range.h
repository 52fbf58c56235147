/* Ranges of bytes: RFC 9110 §14. Pure. */
#ifndef TRANSPORT_HTTP_RANGE_H
#define TRANSPORT_HTTP_RANGE_H

#include <stdint.h>

#include "domain/base/str.h"

enum range_end {
	RANGE_ALL,    /* the header is absent, malformed, or of several */
	RANGE_PART,   /* *from to *to, both included */
	RANGE_REFUSED /* it is outside: 416 */
};

/* Reads the header Range of a request for something of that size. */
enum range_end http_range_read(struct str header, uint64_t size, uint64_t *from,
    uint64_t *to);

#endif
