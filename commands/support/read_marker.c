#include "commands/support/read_marker.h"

uint64_t
read_marker_parse(struct str value)
{
	uint64_t seq = 0;

	if (value.len >= READ_MARKER_SIZE)
		return 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return 0;
		seq = seq * 10 + (uint64_t)(value.data[i] - '0');
	}
	return seq;
}

struct read_marker
read_marker_get(const struct chat *chat, struct str room, struct str member_id,
    int64_t now_ms)
{
	struct read_marker marker = { .last = 0 };
	struct history_span span;
	struct attribute attribute;
	uint64_t from;

	if (history_span(chat->history, room, now_ms, &span) != CHAT_OK)
		return marker;
	marker.last = span.last;
	if (attribute_store_get(chat->attributes, room, ATTRIBUTE_READ,
		member_id, &attribute))
		marker.read = read_marker_parse(attribute.value);
	if (marker.read > marker.last)
		marker.read = 0;
	from = marker.read + 1 > span.first ? marker.read + 1 : span.first;
	marker.unread = span.last + 1 - from;
	return marker;
}
