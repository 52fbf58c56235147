#include "transport/api/tus_metadata.h"

#include "domain/base/str_trim.h"
#include "domain/text/base64.h"
#include "transport/http/http.h"

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
