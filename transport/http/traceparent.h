/* The header traceparent: W3C Trace Context §3.2. Pure. */
#ifndef TRANSPORT_TRACEPARENT_H
#define TRANSPORT_TRACEPARENT_H

#include <stdbool.h>

#include "domain/base/str.h"

struct http_request;

/* "00-", the trace in 32 digits, "-", the parent in 16, "-", two of flags. */
#define TRACEPARENT_SIZE (55 + 1)

/*
 * Reads the header of a request, of version 00 or a later one, as version 00.
 * False: it has none, or not a valid one, which is ignored; `out` is "".
 */
bool traceparent_read(const struct http_request *, char out[TRACEPARENT_SIZE]);

/* The digits of the trace. */
static inline struct str
traceparent_trace(const char *text)
{
	return str_slice(text + 3, 32);
}

#endif
