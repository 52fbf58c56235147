/* Statistics of guests, for HTTP. */
#ifndef DOMAIN_CHAT_STATS_H
#define DOMAIN_CHAT_STATS_H

#include <stddef.h>

struct chat_stats {
	size_t guests;         /* in rooms */
	size_t guest_rooms;    /* rooms with guests in them */
	size_t guest_messages; /* in those rooms, not expired */
};

#endif
