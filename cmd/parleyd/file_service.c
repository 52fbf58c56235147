#include "cmd/parleyd/file_service.h"

#include <stdio.h>

#include "domain/log.h"
#include "persistence/blobs/directory_blobs.h"
#include "persistence/blobs/memory_blobs.h"
#include "persistence/disk/disk.h"
#include "wire/common/file_part.h"

/* Bytes of uploads that the system holds for the disk. */
#define UNFLUSHED_MOST (64 * 1024 * 1024)

static bool
file_service_is_shared(const struct options *options)
{
	return options->broker.url[0] != '\0';
}

/* "": in memory. */
static bool
file_service_directory(const struct options *options, char *out, size_t size)
{
	if (options->files.dir[0] != '\0')
		snprintf(out, size, "%s", options->files.dir);
	else if (options->store_kind == STORE_FILE)
		snprintf(out, size, "%s/files", options->store.dir);
	else
		out[0] = '\0';
	return out[0] != '\0';
}

/* The journal is read-only below store.min_free, until there is twice that. */
static bool
file_service_open_store(struct file_service *service,
    const struct options *options, struct str packed)
{
	struct unpacker from = { .rest = packed };
	char dir[sizeof(options->store.dir) + sizeof("/files")];
	struct directory_blobs_config config = {
		.is_shared = file_service_is_shared(options),
		.unflushed_most = UNFLUSHED_MOST,
		.reserve_bytes = options->store_kind == STORE_FILE
				     ? 2 * options->store.min_free_bytes
				     : 0,
	};

	if (!file_service_directory(options, dir, sizeof(dir))) {
		service->blobs = memory_blobs_create();
		return service->blobs != NULL;
	}
	service->disk = config.disk = system_disk_open(dir);
	if (service->disk == NULL || !system_disk_make_private(service->disk))
		return false;
	if (config.is_shared &&
	    shared_id_get(service->disk, service->shared_id) != 0) {
		log_error("files: %s/SHARED cannot be used", dir);
		return false;
	}
	if (packed.data != NULL && str_equal(unpack_text(&from), str_from(dir)))
		config.packed = from.rest;
	service->blobs = directory_blobs_create(&config);
	return service->blobs != NULL;
}

bool
file_service_open(struct file_service *service, const struct options *options,
    struct str packed)
{
	*service = (struct file_service){ .parts = file_parts_create() };
	if (service->parts == NULL)
		return false;
	/* What one node has in memory, or in a directory of its own, the others
	 * have not. */
	return options->chat.files.size == 0 ||
	       (file_service_is_shared(options) &&
		   options->files.dir[0] == '\0') ||
	       file_service_open_store(service, options, packed);
}

void
file_service_pack(const struct file_service *service,
    const struct options *options, struct packer *packer)
{
	char dir[sizeof(options->store.dir) + sizeof("/files")];
	struct packer files = { 0 };
	bool is_known = false;

	if (service->disk != NULL &&
	    file_service_directory(options, dir, sizeof(dir))) {
		pack_text(&files, str_from(dir));
		is_known = directory_blobs_pack(service->blobs, &files);
	}
	packer->failed |= files.failed;
	pack_text(packer, is_known ? packer_str(&files) : STR_ABSENT);
	packer_fini(&files);
}

void
file_service_fini(struct file_service *service)
{
	blob_store_destroy(service->blobs);
	disk_destroy(service->disk);
	file_parts_destroy(service->parts);
	*service = (struct file_service){ .blobs = NULL };
}

struct file_limits
file_service_use(struct file_service *service, const struct options *options)
{
	struct file_limits limits = options->chat.files;

	if (service->parts != NULL)
		file_parts_set_base(service->parts,
		    str_from(options->files.url));
	if (service->disk == NULL &&
	    (limits.quota == 0 || limits.quota > options->files.memory))
		limits.quota = options->files.memory;
	return limits;
}

size_t
file_service_bytes(const struct file_service *service)
{
	return service->blobs == NULL || service->disk != NULL
		   ? 0
		   : (size_t)blob_store_usage(service->blobs, STR_ABSENT).bytes;
}
