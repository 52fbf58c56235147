#include "persistence/disk/system_facts.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int64_t
clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
system_wall_ms(struct disk *disk)
{
	(void)disk;
	return clock_us(CLOCK_REALTIME) / 1000;
}

int64_t
system_monotonic_us(struct disk *disk)
{
	(void)disk;
	return clock_us(CLOCK_MONOTONIC);
}

void
system_random(struct disk *disk, void *to, size_t len)
{
	(void)disk;
	for (size_t done = 0; done < len;) {
		ssize_t n = getrandom((char *)to + done, len - done, 0);

		assert(n > 0 || errno == EINTR);
		done += n > 0 ? (size_t)n : 0;
	}
}

/* "0d9f7d1c-…": hexadecimal digits and separators. */
static bool
hex_read(const char *text, uint8_t *out, size_t size)
{
	size_t digits = 0;

	for (; *text != '\0' && digits < 2 * size; text++) {
		int value = isdigit((unsigned char)*text) ? *text - '0'
							  : *text - 'a' + 10;

		if (!isxdigit((unsigned char)*text))
			continue;
		out[digits / 2] =
		    (uint8_t)(out[digits / 2] << 4 | (value & 15));
		digits++;
	}
	return digits == 2 * size;
}

void
system_boot_id(struct disk *disk, uint8_t id[BOOT_ID_SIZE])
{
	char text[64] = "";
	int file =
	    open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t len = file < 0 ? -1 : read(file, text, sizeof(text) - 1);

	(void)disk;
	if (file >= 0)
		close(file);
	memset(id, 0, BOOT_ID_SIZE);
	if (len < 0 || !hex_read(text, id, BOOT_ID_SIZE))
		memset(id, 0, BOOT_ID_SIZE);
}
