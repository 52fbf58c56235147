#include "domain/room_pattern.h"

#include "domain/room.h"

static bool
pattern_has_star(struct str pattern)
{
	return pattern.len > 0 && pattern.data[pattern.len - 1] == '*';
}

bool
room_pattern_is_valid(struct str pattern)
{
	if (pattern_has_star(pattern) && --pattern.len == 0)
		return true;
	return room_id_is_valid(pattern);
}

static bool
pattern_matches(struct str pattern, struct str room_id)
{
	if (!pattern_has_star(pattern))
		return str_equal(pattern, room_id);
	pattern.len--;
	return room_id.len >= pattern.len &&
	       (pattern.len == 0 ||
		   memcmp(pattern.data, room_id.data, pattern.len) == 0);
}

bool
room_patterns_match(struct str patterns, struct str room_id)
{
	if (patterns.data == NULL)
		return true;
	while (patterns.len > 0) {
		const char *end = memchr(patterns.data, ' ', patterns.len);
		size_t len =
		    end != NULL ? (size_t)(end - patterns.data) : patterns.len;
		size_t taken = end != NULL ? len + 1 : len;

		if (pattern_matches(str_slice(patterns.data, len), room_id))
			return true;
		patterns =
		    str_slice(patterns.data + taken, patterns.len - taken);
	}
	return false;
}
