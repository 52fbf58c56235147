#include "tests/support/commands/braces.h"

#include <stdio.h>
#include <string.h>

static enum file_part_end
braces_read(struct file_message *messages, struct str body,
    struct file_part *out)
{
	(void)messages;
	*out = (struct file_part){ .id = "" };
	if (body.data[0] != '{')
		return FILE_PART_NONE;
	if (body.len < ID_SIZE + 1)
		return FILE_PART_BAD;
	memcpy(out->id, body.data + 1, ID_SIZE - 1);
	memcpy(out->key, body.data + ID_SIZE, body.len - ID_SIZE - 1);
	return FILE_PART_FOUND;
}

static bool
braces_write(struct file_message *messages, struct str body,
    const struct blob *blob, struct str *out)
{
	static char text[ID_SIZE + BLOB_NAME_SIZE + 2];

	(void)messages;
	(void)body;
	snprintf(text, sizeof(text), "{%s%s}", blob->id, blob->name);
	*out = str_from(text);
	return true;
}

static const struct file_message_ops braces_ops = { braces_read, braces_write };
struct file_message braces = { &braces_ops };
