/*
 * Descriptions of files by clients, and records of files on the disk. The first
 * byte selects the reader of the rest.
 */
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "domain/text/file_name.h"
#include "domain/text/utf8.h"
#include "persistence/blobs/blob_record.h"
#include "transport/api/http_range.h"
#include "transport/api/tus_metadata.h"
#include "wire/common/file_part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
files_require(bool holds)
{
	if (!holds)
		abort();
}

/* A base name in UTF-8, and the same if it is made again. */
static void
file_name_check(struct str text)
{
	char name[BLOB_NAME_SIZE], again[BLOB_NAME_SIZE];
	char type[BLOB_TYPE_SIZE];

	file_name_sanitize(text, name, sizeof(name));
	files_require(name[0] != '\0' && name[0] != '.');
	files_require(utf8_is_valid(str_from(name)));
	files_require(strpbrk(name, "/\\\"\r\n%") == NULL);
	file_name_sanitize(str_from(name), again, sizeof(again));
	files_require(strcmp(name, again) == 0);
	if (file_type_normalize(text, type, sizeof(type)))
		files_require(file_type_choose(type, text)[0] != '\0');
	(void)file_types_are_valid(text);
	(void)file_type_is_listed(text, STR("image/png"));
}

static void
tus_metadata_check(struct str text)
{
	char value[64];

	if (tus_metadata_find(text, "filename", value, sizeof(value)) !=
	    TUS_FOUND)
		files_require(value[0] == '\0');
}

static void
http_range_check(struct str text)
{
	uint64_t from = 0, to = 0;

	if (http_range_read(text, 1000, &from, &to) == RANGE_PART)
		files_require(from <= to && to < 1000);
}

/* The output is one valid value, from which the part can be read again. */
static void
file_part_check(struct str text)
{
	static const struct blob blob = {
		.id = "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10",
		.name = "a\"b",
		.type = "a/b",
		.size = 5,
	};
	struct file_parts *parts = file_parts_create();
	struct file_message *messages = file_parts_messages(parts);
	struct wire_text shown = { 0 };
	struct file_part part;
	struct str out;

	if (json_is_value(text, 32, NULL) &&
	    file_message_read(messages, text, &part) == FILE_PART_FOUND) {
		files_require(file_message_write(messages, text, &blob, &out));
		files_require(json_is_value(out, 33, NULL));
		files_require(file_message_read(messages, out, &part) ==
			      FILE_PART_FOUND);
		files_require(strcmp(part.id, blob.id) == 0);
		files_require(file_view_put_as_text(&shown, out));
		files_require(json_is_value(str_slice(shown.data, shown.len), 1,
		    NULL));
	}
	wire_text_fini(&shown);
	file_parts_destroy(parts);
}

/* A record that can be read is written with the same bytes. */
static void
blob_record_check(struct str text)
{
	uint8_t boot_id[BOOT_ID_SIZE];
	char record[BLOB_RECORD_MOST];
	struct blob blob;

	if (blob_record_read(text, &blob, boot_id))
		files_require(blob_record_write(record, &blob, boot_id) <=
			      text.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(struct str) = { file_name_check,
		tus_metadata_check, http_range_check, file_part_check,
		blob_record_check };
	struct str text;

	if (size == 0)
		return 0;
	text = str_slice((const char *)data + 1, size - 1);
	checks[data[0] % COUNT_OF(checks)](text);
	return 0;
}
