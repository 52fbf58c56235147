#include "tests/support/persistence/disk_rig.h"

#include <string.h>

#include "tests/suite.h"

struct memory_disk *memory;
struct disk *disk;

void
disk_rig_begin(void)
{
	memory = memory_disk_create();
	disk = memory_disk_disk(memory);
}

void
disk_rig_end(void)
{
	memory_disk_destroy(memory);
}

int
disk_rig_create(const char *name)
{
	int file;

	ck_assert_int_eq(disk_open(disk, name, DISK_CREATE, &file), 0);
	return file;
}

void
disk_rig_put(int file, const char *text, uint64_t at)
{
	ck_assert_int_eq(disk_write(disk, file, text, strlen(text), at), 0);
}

int
disk_rig_create_with(const char *name, const char *text)
{
	int file = disk_rig_create(name);

	disk_rig_put(file, text, 0);
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	return file;
}

void
disk_rig_expect(const struct memory_disk *on, const char *name,
    const char *text)
{
	size_t len = 0;
	const char *data = memory_disk_file(on, name, &len);

	if (text == NULL) {
		ck_assert_ptr_null(data);
		return;
	}
	ck_assert_ptr_nonnull(data);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert(memcmp(data, text, len) == 0);
}

void
disk_rig_expect_after(enum crash_shape shape, const char *name,
    const char *text)
{
	for (uint64_t seed = 0; seed < 4; seed++) {
		struct memory_disk *left =
		    memory_disk_crash(memory, shape, seed);

		disk_rig_expect(left, name, text);
		memory_disk_destroy(left);
	}
}
