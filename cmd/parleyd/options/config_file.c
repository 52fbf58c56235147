#include "cmd/parleyd/options/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/base/str_trim.h"

/* CR: lines may end with CR LF. */
#define CONFIG_BLANKS STR(" \t\r")

/* Returns the text before the first c; *text becomes the text after it. */
static struct str
str_take_until(struct str *text, char c)
{
	const char *at = memchr(text->data, c, text->len);
	size_t len = at == NULL ? text->len : (size_t)(at - text->data);
	size_t skip = at == NULL ? len : len + 1;
	struct str before = str_slice(text->data, len);

	*text = str_slice(text->data + skip, text->len - skip);
	return before;
}

static bool
line_parse(struct str line, unsigned number, config_visit *visit, void *arg,
    struct config_error *error)
{
	struct str name, value;

	line = str_trim(str_take_until(&line, '#'), CONFIG_BLANKS);
	if (line.len == 0)
		return true;
	if (memchr(line.data, '\0', line.len) != NULL ||
	    memchr(line.data, '=', line.len) == NULL) {
		*error = (struct config_error){ number,
			"not a line of the form name = value" };
		return false;
	}
	value = line;
	name = str_trim(str_take_until(&value, '='), CONFIG_BLANKS);
	return visit(name, str_trim(value, CONFIG_BLANKS), number, arg);
}

bool
config_parse(struct str text, config_visit *visit, void *arg,
    struct config_error *error)
{
	*error = (struct config_error){ 0 };
	for (unsigned number = 1; text.len > 0; number++) {
		if (!line_parse(str_take_until(&text, '\n'), number, visit, arg,
			error))
			return false;
	}
	return true;
}

/* Reads all of a file, which may be a pipe. Returns an error text or NULL. */
static const char *
config_file_read(const char *path, char *data, size_t *len)
{
	FILE *file = fopen(path, "re");
	const char *why = NULL;

	if (file == NULL)
		return strerror(errno);
	*len = fread(data, 1, CONFIG_FILE_MAX + 1, file);
	if (ferror(file))
		why = strerror(errno);
	else if (*len > CONFIG_FILE_MAX)
		why = "larger than 1 MiB";
	fclose(file);
	return why;
}

bool
config_read(const char *path, config_visit *visit, void *arg,
    struct config_error *error)
{
	char *data = malloc(CONFIG_FILE_MAX + 1);
	bool ok = false;
	size_t len = 0;

	*error = (struct config_error){ 0, "no memory" };
	if (data != NULL)
		error->why = config_file_read(path, data, &len);
	if (error->why == NULL)
		ok = config_parse(str_slice(data, len), visit, arg, error);
	free(data);
	return ok;
}
