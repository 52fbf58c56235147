#include "tests/support/commands/fixed_ids.h"

#include <stdio.h>

static const char *const words[] = {
	[ID_HEX8] = "id",
	[ID_HEX16] = "epoch",
	[ID_UUID] = "uuid",
};

static void
fixed_ids_next(struct id_source *base, enum id_style style, char out[ID_SIZE])
{
	struct fixed_ids *ids = (struct fixed_ids *)base;

	if (ids->repeats > 0)
		ids->repeats--;
	else
		ids->last++;
	snprintf(out, ID_SIZE, "%s%u", words[style], ids->last);
}

static const struct id_source_ops ops = {
	.next = fixed_ids_next,
};

void
fixed_ids_init(struct fixed_ids *ids)
{
	*ids = (struct fixed_ids){ .base = { &ops } };
}
