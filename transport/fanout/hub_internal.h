/* What the parts of a hub share; not for anybody else. */
#ifndef TRANSPORT_HUB_INTERNAL_H
#define TRANSPORT_HUB_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/id_map.h"
#include "domain/publisher.h"
#include "transport/fanout/encode_cache.h"
#include "transport/fanout/send_batch.h"
#include "transport/fanout/subscriptions.h"
#include "transport/session.h"
#include "wire/dialect.h"

struct hub {
	struct publisher base;
	struct subscriptions seating;
	struct id_map sessions; /* by member id */
	struct send_batch turn;
	struct encode_cache speller;
	struct session *last_author;       /* that was looked up; or NULL */
	uint64_t said;                     /* messages, … */
	uint64_t heard;                    /* … and by how many all of them */
	uint64_t errors[CHAT_ERROR_KINDS]; /* answers, by error */
};

/* hub_publish.c: the door out of the chat. */
extern const struct publisher_ops hub_ops;

/* hub.c: to one session; false: its dialect has no word for it. */
bool hub_say_to(struct hub *, struct session *, const struct event *,
    enum viewpoint);

/* A turn that has gathered a lot is sent before its end. */
void hub_flush_if_large(struct hub *);

#endif
