#include "cmd/parleyd/file_service.h"

#include "persistence/blobs/memory_blobs.h"
#include "persistence/disk/disk.h"
#include "wire/common/file_part.h"

static bool
file_service_open_store(struct file_service *service,
    const struct options *options)
{
	(void)options;
	service->blobs = memory_blobs_create();
	return service->blobs != NULL;
}

bool
file_service_open(struct file_service *service, const struct options *options)
{
	*service = (struct file_service){ .blobs = NULL };
	if (options->chat.files.size == 0)
		return true;
	service->parts = file_parts_create();
	return service->parts != NULL &&
	       file_service_open_store(service, options);
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
