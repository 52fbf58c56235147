#include "transport/http/path.h"

#include "wire/dialect.h"

/* What follows "/ws/"; absent: the path is another one. */
static struct str
name_in(struct str path)
{
	struct str folder = STR("/ws/");

	if (path.len < folder.len ||
	    memcmp(path.data, folder.data, folder.len) != 0)
		return STR_ABSENT;
	return str_slice(path.data + folder.len, path.len - folder.len);
}

const struct dialect *
path_dialect(const struct dialect *listener, struct str path)
{
	const struct dialect *named = dialect_find(name_in(path));

	if (named != NULL)
		return named;
	if (listener == NULL)
		return NULL;
	return listener->every_path || str_equal(path, STR("/ws")) ? listener
								   : NULL;
}
