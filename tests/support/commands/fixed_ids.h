/* Predictable ids: id1, id2, epoch3, uuid4, … */
#ifndef TESTS_SUPPORT_COMMANDS_FIXED_IDS_H
#define TESTS_SUPPORT_COMMANDS_FIXED_IDS_H

#include "domain/id_source.h"

struct fixed_ids {
	struct id_source base;
	unsigned last;
	unsigned repeats; /* how often the last one comes again first */
};

void fixed_ids_init(struct fixed_ids *);

#endif
