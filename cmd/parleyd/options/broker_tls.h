/* Sessions of TLS with Redis, as the options of the broker want them. */
#ifndef CMD_BROKER_TLS_H
#define CMD_BROKER_TLS_H

#include <stddef.h>

#include "cluster/broker_options.h"
#include "cluster/redis/redis_tls.h"

/* Reads the files. NULL: `why` has the reason. */
struct redis_tls *broker_tls_create(const struct broker_options *, char *why,
    size_t size);

/* Accepts NULL. */
void broker_tls_destroy(struct redis_tls *);

#endif
