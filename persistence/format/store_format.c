#include "persistence/format/store_format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "persistence/format/store_names.h"

/*
 * parley-store 1
 * id 00112233445566778899aabbccddeeff
 * features
 *
 * After "features" come the names of those that a reader must know, each after
 * a space. There are none so far.
 */
#define FIRST_LINE "parley-store "
#define OUR_NUMBER 1
#define SECOND_LINE "id "
#define THIRD_LINE "features"

#define TEXT_MOST 4096
#define UNFINISHED FORMAT_NAME UNFINISHED_SUFFIX

static bool
text_skip(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool
id_read(const char **at, uint8_t id[STORE_ID_SIZE])
{
	for (int i = 0; i < STORE_ID_SIZE; i++, *at += 2) {
		if (strspn(*at, "0123456789abcdef") < 2 ||
		    sscanf(*at, "%2hhx", &id[i]) != 1)
			return false;
	}
	return true;
}

static enum store_format
format_parse(const char *text, uint8_t id[STORE_ID_SIZE])
{
	const char *at = text;
	char *behind;
	unsigned long number;

	if (!text_skip(&at, FIRST_LINE))
		return STORE_FORMAT_INVALID;
	number = strtoul(at, &behind, 10);
	if (behind == at)
		return STORE_FORMAT_INVALID;
	/* The other lines may have another form there. */
	if (number != OUR_NUMBER)
		return STORE_FORMAT_NEWER;
	at = behind;
	if (!text_skip(&at, "\n" SECOND_LINE) || !id_read(&at, id) ||
	    !text_skip(&at, "\n" THIRD_LINE))
		return STORE_FORMAT_INVALID;
	if (at[0] == ' ')
		return STORE_FORMAT_NEWER;
	return strcmp(at, "\n") == 0 ? STORE_FORMAT_OURS : STORE_FORMAT_INVALID;
}

int
store_format_read(struct disk *disk, enum store_format *format,
    uint8_t store_id[STORE_ID_SIZE])
{
	char text[TEXT_MOST + 1];
	size_t len;
	int file, error;

	error = disk_open(disk, FORMAT_NAME, DISK_READ, &file);
	if (error == ENOENT) {
		*format = STORE_FORMAT_NONE;
		return 0;
	}
	if (error != 0)
		return error;
	error = disk_read(disk, file, text, TEXT_MOST, 0, &len);
	disk_close(disk, file);
	if (error != 0)
		return error;
	text[len] = '\0';
	*format = format_parse(text, store_id);
	return 0;
}

static size_t
format_print(char *out, size_t size, const uint8_t id[STORE_ID_SIZE])
{
	int used =
	    snprintf(out, size, FIRST_LINE "%d\n" SECOND_LINE, OUR_NUMBER);

	for (int i = 0; i < STORE_ID_SIZE; i++)
		used +=
		    snprintf(out + used, size - (size_t)used, "%02x", id[i]);
	used += snprintf(out + used, size - (size_t)used, "\n" THIRD_LINE "\n");
	return (size_t)used;
}

static int
unfinished_write(struct disk *disk, const char *text, size_t len)
{
	int file, error;

	error = disk_open(disk, UNFINISHED, DISK_CREATE, &file);
	if (error != 0)
		return error;
	error = disk_write(disk, file, text, len, 0);
	if (error == 0)
		error = disk_fsync(disk, file);
	disk_close(disk, file);
	return error;
}

int
store_format_write(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE])
{
	char text[128];
	size_t len = format_print(text, sizeof(text), store_id);
	int error = disk_unlink(disk, UNFINISHED);

	if (error != 0 && error != ENOENT)
		return error;
	error = unfinished_write(disk, text, len);
	if (error == 0)
		error = disk_rename(disk, UNFINISHED, FORMAT_NAME);
	if (error == 0)
		error = disk_sync_dir(disk, false);
	return error;
}
