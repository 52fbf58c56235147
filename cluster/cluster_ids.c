/* The source of ids: a command makes the same ones at all nodes. */
#include <inttypes.h>
#include <stdio.h>

#include "cluster/cluster_internal.h"

/* splitmix64 */
static uint64_t
seed_next(struct cluster *cluster)
{
	uint64_t z = cluster->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A command makes the same ids at all nodes. */
static void
cluster_ids_next(struct id_source *ids, enum id_style style, char out[ID_SIZE])
{
	struct cluster *cluster = LIST_OWNER(ids, struct cluster, ids);
	uint64_t a, b;

	if (cluster->running == NULL) {
		id_source_next(cluster->config.ids, style, out);
		return;
	}
	a = seed_next(cluster);
	switch (style) {
	case ID_HEX8:
		snprintf(out, ID_SIZE, "%08" PRIx64, a >> 32);
		break;
	case ID_HEX16:
		snprintf(out, ID_SIZE, "%016" PRIx64, a);
		break;
	case ID_UUID:
		b = seed_next(cluster);
		snprintf(out, ID_SIZE,
		    "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-%04" PRIx64
		    "-%012" PRIx64,
		    a >> 32, a >> 16 & 0xffff, a & 0xfff,
		    0x8000 | (b >> 48 & 0x3fff), b & UINT64_C(0xffffffffffff));
		break;
	}
}

const struct id_source_ops cluster_ids_ops = {
	.next = cluster_ids_next,
};
