#include "transport/api/tus_metadata.h"

#include <stdint.h>

#include "domain/base/str_trim.h"
#include "transport/http/http.h"

static int
base64_value(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* RFC 4648 §4, with padding. */
static bool
base64_decode(struct str text, char *out, size_t size, size_t *len)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t padding = 0;

	*len = 0;
	if (text.len % 4 != 0)
		return false;
	while (padding < 2 && text.len > 0 && text.data[text.len - 1] == '=') {
		text.len--;
		padding++;
	}
	for (size_t i = 0; i < text.len; i++) {
		int value = base64_value(text.data[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		if (*len == size)
			return false;
		out[(*len)++] = (char)(bits >> count);
	}
	return true;
}

enum tus_value
tus_metadata_find(struct str header, const char *key, char *out, size_t size)
{
	struct str entry, name;
	size_t len;

	out[0] = '\0';
	while ((entry = http_list_next(&header)).data != NULL) {
		const char *blank = memchr(entry.data, ' ', entry.len);

		name = entry;
		if (blank != NULL)
			name.len = (size_t)(blank - entry.data);
		if (!str_equal(name, str_from(key)))
			continue;
		entry = str_trim(str_slice(entry.data + name.len,
				     entry.len - name.len),
		    STR_BLANKS);
		if (base64_decode(entry, out, size - 1, &len) &&
		    memchr(out, '\0', len) == NULL) {
			out[len] = '\0';
			return TUS_FOUND;
		}
		out[0] = '\0';
		return TUS_INVALID;
	}
	return TUS_ABSENT;
}
