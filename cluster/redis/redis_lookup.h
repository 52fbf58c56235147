/* Looks up the address of a host while the loop runs. */
#ifndef CLUSTER_REDIS_LOOKUP_H
#define CLUSTER_REDIS_LOOKUP_H

struct event_base;
struct redis_lookup;

/* The address as text, or NULL and why there is none. */
typedef void redis_lookup_done(void *arg, const char *address, const char *why);

/* NULL: no memory. The name is borrowed until the end. */
struct redis_lookup *redis_lookup_begin(struct event_base *, const char *name,
    redis_lookup_done *, void *arg);

/* Waits for the resolver if it is at work. */
void redis_lookup_destroy(struct redis_lookup *);

#endif
