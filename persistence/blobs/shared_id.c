#include "persistence/blobs/shared_id.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHARED_NAME "SHARED"
#define SHARED_LEN (SHARED_ID_SIZE - 1)

/* Another process may be writing the id. */
#define TRIES 1000

static int
shared_id_make(struct disk *disk, int file, char out[SHARED_ID_SIZE])
{
	unsigned char random[SHARED_LEN / 2];
	int error;

	disk_random(disk, random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(out + 2 * i, 3, "%02x", random[i]);
	error = disk_write(disk, file, out, SHARED_LEN, 0);
	return error == 0 ? disk_fsync(disk, file) : error;
}

/* Under its lock it is whole, or nothing was written. */
static int
shared_id_read(struct disk *disk, int file, char out[SHARED_ID_SIZE])
{
	size_t got = 0;
	int error = disk_lock(disk, file);

	if (error == 0)
		error = disk_read(disk, file, out, SHARED_LEN, 0, &got);
	if (error != 0)
		return error == EACCES ? EAGAIN : error;
	out[got] = '\0';
	if (got == 0)
		return shared_id_make(disk, file, out);
	return strspn(out, "0123456789abcdef") == SHARED_LEN ? 0 : EINVAL;
}

int
shared_id_get(struct disk *disk, char out[SHARED_ID_SIZE])
{
	int file, error = EAGAIN;

	for (int i = 0; i < TRIES && error == EAGAIN; i++) {
		error = disk_open_or_create(disk, SHARED_NAME, &file);
		if (error != 0)
			continue;
		error = shared_id_read(disk, file, out);
		disk_close(disk, file);
	}
	return error;
}
