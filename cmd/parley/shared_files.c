#include "cmd/parley/shared_files.h"

#include <stdio.h>
#include <string.h>

#include "domain/text/file_name.h"
#include "wire/common/file_part.h"

static bool
key_char_is_valid(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* The key of a URL; empty: it has none. */
static struct str
url_key(struct str url)
{
	static const char mark[] = "key=";
	const char *at = memmem(url.data, url.len, mark, sizeof(mark) - 1);
	size_t len = 0, most;

	if (at == NULL)
		return STR("");
	at += sizeof(mark) - 1;
	most = url.len - (size_t)(at - url.data);
	while (len < most && len < BLOB_KEY_SIZE - 1 &&
	       key_char_is_valid(at[len]))
		len++;
	return str_slice(at, len);
}

/* False: it is no id. */
static bool
shared_file_set(struct shared_file *file, struct str id, struct str url)
{
	struct str key = url_key(url);

	if (!blob_id_is_valid(id))
		return false;
	*str_put(file->id, id) = '\0';
	snprintf(file->target, sizeof(file->target), "/v1/files/%s%s%.*s",
	    file->id, key.len > 0 ? "?key=" : "", (int)key.len, key.data);
	return true;
}

static struct str
string_copy(const struct json_string *string, char *out, size_t size)
{
	size_t len = 0;

	if (!json_string_copy(string, out, size, &len))
		return STR("");
	return str_slice(out, len);
}

const struct shared_file *
shared_files_note(struct shared_files *files, struct str message)
{
	struct file_view view;
	struct shared_file file;
	char text[1024];

	if (message.data == NULL ||
	    file_view_read(message, &view) != FILE_PART_FOUND ||
	    !shared_file_set(&file, view.id.body, view.url.body))
		return NULL;
	file_name_sanitize(string_copy(&view.name, text, sizeof(text)),
	    file.name, sizeof(file.name));
	if (files->count < SHARED_FILES_MOST)
		files->count++;
	memmove(&files->items[1], &files->items[0],
	    (files->count - 1) * sizeof(files->items[0]));
	files->items[0] = file;
	return &files->items[0];
}

bool
shared_files_find(const struct shared_files *files, struct str what,
    struct shared_file *out)
{
	static const char path[] = "/v1/files/";
	const char *at = memmem(what.data, what.len, path, sizeof(path) - 1);
	struct str id = what;

	for (size_t i = 0; i < files->count; i++)
		if (str_equal(str_from(files->items[i].name), what) ||
		    str_equal(str_from(files->items[i].id), what)) {
			*out = files->items[i];
			return true;
		}
	if (at != NULL) {
		at += sizeof(path) - 1;
		id = str_slice(at, what.len - (size_t)(at - what.data));
	}
	if (id.len > ID_SIZE - 1)
		id.len = ID_SIZE - 1;
	if (!shared_file_set(out, id, what))
		return false;
	memcpy(out->name, out->id, sizeof(out->id));
	return true;
}
