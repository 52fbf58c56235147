/* Sessions of TLS with Redis, as the options of the broker want them. */
#ifndef CMD_BROKER_TLS_H
#define CMD_BROKER_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "cluster/broker_options.h"
#include "cluster/broker_url.h"
#include "cluster/redis/redis_tls.h"

/* Reads the files. *out is NULL if no target has TLS. False: `why` has the
 * reason. */
bool broker_tls_create(const struct broker_options *,
    const struct broker_targets *, struct redis_tls **out, char *why,
    size_t size);

/* Later sessions have the certificates of the other one. */
void broker_tls_use(struct redis_tls *, struct redis_tls *other);

/* Accepts NULL. */
void broker_tls_destroy(struct redis_tls *);

#endif
