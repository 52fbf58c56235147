/* Records the calls of frames_feed() for comparison. */
#ifndef TESTS_SUPPORT_PARLEY_FRAME_LOG_H
#define TESTS_SUPPORT_PARLEY_FRAME_LOG_H

#include "cmd/parley/frames.h"

struct frame_log {
	char text[512]; /* "text:hi ping:x close:1000:bye error:1002" */
	size_t len;
	unsigned stop_after; /* after this many calls; 0: never */
};

/* Feeds bytes in pieces of this size, from separate blocks. */
void frame_log_feed(struct frame_log *, const char *data, size_t len,
    size_t piece);

#endif
