#include "persistence/disk/disk.h"

#include <errno.h>
#include <string.h>

#include "tests/suite.h"

/* The functions of disk.h over a disk with short and interrupted calls. */

struct stub {
	struct disk base;
	int interruptions; /* interrupted calls that are left */
	size_t most;       /* of one read or write */
	size_t len;        /* of the file */
	int calls;
	char bytes[16];
};

static bool
is_interrupted(struct stub *stub)
{
	stub->calls++;
	return stub->interruptions > 0 && stub->interruptions-- > 0;
}

static size_t
size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static ssize_t
stub_read(struct disk *disk, int file, void *to, size_t len, uint64_t at)
{
	struct stub *stub = (struct stub *)disk;
	size_t n = at < stub->len ? size_min(stub->len - at, stub->most) : 0;

	ck_assert_int_eq(file, 7);
	if (is_interrupted(stub))
		return -EINTR;
	n = size_min(n, len);
	memcpy(to, stub->bytes + at, n);
	return (ssize_t)n;
}

static ssize_t
stub_write(struct disk *disk, int file, const void *from, size_t len,
    uint64_t at)
{
	struct stub *stub = (struct stub *)disk;
	size_t room = at < sizeof(stub->bytes) ? sizeof(stub->bytes) - at : 0;
	size_t n = size_min(size_min(len, stub->most), room);

	ck_assert_int_eq(file, 7);
	if (is_interrupted(stub))
		return -EINTR;
	memcpy(stub->bytes + at, from, n);
	return (ssize_t)n;
}

static int
stub_answer(struct disk *disk)
{
	return is_interrupted((struct stub *)disk) ? EINTR : EBADF;
}

static int
stub_file(struct disk *disk, int file)
{
	(void)file;
	return stub_answer(disk);
}

static int
stub_open(struct disk *disk, const char *name, enum disk_mode mode, int *file)
{
	(void)name;
	(void)mode;
	(void)file;
	return stub_answer(disk);
}

static int
stub_resize(struct disk *disk, int file, uint64_t size)
{
	(void)file;
	(void)size;
	return stub_answer(disk);
}

static int
stub_zero(struct disk *disk, int file, uint64_t at, size_t len)
{
	(void)file;
	(void)at;
	(void)len;
	return stub_answer(disk);
}

static int
stub_rename(struct disk *disk, const char *from, const char *to)
{
	(void)from;
	(void)to;
	return stub_answer(disk);
}

static int
stub_unlink(struct disk *disk, const char *name)
{
	(void)name;
	return stub_answer(disk);
}

static int
stub_free_bytes(struct disk *disk, uint64_t *bytes)
{
	(void)bytes;
	return stub_answer(disk);
}

static int
stub_sync_dir(struct disk *disk, bool quarantine)
{
	(void)quarantine;
	return stub_answer(disk);
}

static const struct disk_ops stub_ops = {
	.open = stub_open,
	.pread = stub_read,
	.pwrite = stub_write,
	.fdatasync = stub_file,
	.fsync = stub_file,
	.ftruncate = stub_resize,
	.fallocate = stub_resize,
	.zero = stub_zero,
	.rename = stub_rename,
	.unlink = stub_unlink,
	.sync_dir = stub_sync_dir,
	.make_quarantine = stub_answer,
	.lock = stub_file,
	.free_bytes = stub_free_bytes,
};

static struct stub
stub_of(size_t most, int interruptions)
{
	return (struct stub){ .base.ops = &stub_ops,
		.most = most,
		.interruptions = interruptions,
		.len = 10,
		.bytes = "0123456789" };
}

START_TEST(goes_on_after_short_reads_and_signals)
{
	struct stub stub = stub_of((size_t)_i + 1, _i);
	char got[8] = "";

	ck_assert_int_eq(disk_read(&stub.base, 7, got, 7, 2, NULL), 0);
	ck_assert_str_eq(got, "2345678");
}
END_TEST

START_TEST(reports_a_premature_end)
{
	struct stub stub = stub_of(3, 1);
	char got[8] = "";
	size_t len;

	ck_assert_int_eq(disk_read(&stub.base, 7, got, 7, 5, NULL), EIO);
	ck_assert_int_eq(disk_read(&stub.base, 7, got, 7, 5, &len), 0);
	ck_assert_uint_eq(len, 5);
	ck_assert_str_eq(got, "56789");
}
END_TEST

START_TEST(goes_on_after_short_writes_and_signals)
{
	struct stub stub = stub_of((size_t)_i + 1, _i);

	ck_assert_int_eq(disk_write(&stub.base, 7, "abcdefg", 7, 2), 0);
	ck_assert_mem_eq(stub.bytes, "01abcdefg9", 10);
}
END_TEST

START_TEST(takes_a_write_that_stays_short_for_a_full_disk)
{
	struct stub stub = stub_of(5, 0);

	ck_assert_int_eq(disk_write(&stub.base, 7, "abcdefg", 7, 10), ENOSPC);
}
END_TEST

static int
disk_call_numbered(struct disk *disk, int which)
{
	uint64_t bytes;
	int file;

	switch (which) {
	case 0:
		return disk_open(disk, "name", DISK_READ, &file);
	case 1:
		return disk_ftruncate(disk, 7, 1);
	case 2:
		return disk_fallocate(disk, 7, 1);
	case 3:
		return disk_rename(disk, "from", "to");
	case 4:
		return disk_unlink(disk, "name");
	case 5:
		return disk_make_quarantine(disk);
	case 6:
		return disk_lock(disk, 7);
	case 7:
		return disk_free_bytes(disk, &bytes);
	case 8:
		return disk_zero(disk, 7, 0, 1);
	case 9:
		return disk_fdatasync(disk, 7);
	case 10:
		return disk_fsync(disk, 7);
	default:
		return disk_sync_dir(disk, false);
	}
}

START_TEST(asks_again_after_a_signal)
{
	struct stub stub = stub_of(0, 3);

	ck_assert_int_eq(disk_call_numbered(&stub.base, _i), EBADF);
	ck_assert_int_eq(stub.calls, 4);
}
END_TEST

START_TEST(never_syncs_again)
{
	struct stub stub = stub_of(0, 3);

	ck_assert_int_eq(disk_call_numbered(&stub.base, _i), EINTR);
	ck_assert_int_eq(stub.calls, 1);
}
END_TEST

SUITE(disk)
{
	tcase_add_loop_test(tests, goes_on_after_short_reads_and_signals, 0, 7);
	tcase_add_test(tests, reports_a_premature_end);
	tcase_add_loop_test(tests, goes_on_after_short_writes_and_signals, 0,
	    7);
	tcase_add_test(tests, takes_a_write_that_stays_short_for_a_full_disk);
	tcase_add_loop_test(tests, asks_again_after_a_signal, 0, 9);
	tcase_add_loop_test(tests, never_syncs_again, 9, 12);
}
