/* The scripts of this folder, as text: made by tools/embed_scripts. */
#ifndef CLUSTER_REDIS_SCRIPTS_H
#define CLUSTER_REDIS_SCRIPTS_H

#include "cluster/broker.h"

extern const char *const redis_scripts[BROKER_SCRIPTS];

#endif
