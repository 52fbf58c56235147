/* Encodes an event as a frame, once for each variant of a dialect. */
#ifndef TRANSPORT_ENCODE_CACHE_H
#define TRANSPORT_ENCODE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/event.h"
#include "transport/fanout/send_batch.h"
#include "transport/ws/ws_frame.h"
#include "wire/dialect.h"

struct ws_deflater;

/*
 * One event as one variant of a dialect: in one of its forms, with or without
 * compression.
 */
struct encoded_frame {
	struct frame frame; /* good until the same variant is encoded again */
	uint8_t head[WS_FRAME_HEAD_MAX];
	size_t deflate_work;      /* what compressing it cost, in bytes */
	uint64_t event;           /* the number of the event that it is */
	bool is_silent;           /* the dialect does not encode it */
	bool failed;              /* no memory */
	unsigned close_code;      /* close once it is sent; 0: do not */
	const char *close_reason; /* of that close, a constant */
};

static inline size_t
encoded_frame_bytes(const struct encoded_frame *encoded)
{
	return frame_bytes(&encoded->frame);
}

#define VARIANTS_MAX (DIALECT_FORMS_MAX * 2)

struct encode_cache {
	struct ws_deflater *deflater;
	uint64_t event; /* the number of the last one */
	struct wire_text texts[VARIANTS_MAX + 1];
	struct encoded_frame frames[VARIANTS_MAX + 1]; /* the last: for one */
};

/* False: no memory; encode_cache_fini() is needed in any case. */
bool encode_cache_init(struct encode_cache *);
void encode_cache_fini(struct encode_cache *);

/* A dialect without a stream has the form 0 only. */
uint8_t encode_variant(const struct dialect *, unsigned form, bool deflate);

/* The same in another form of the dialect. */
uint8_t encode_variant_of_form(uint8_t variant, unsigned form);

/* Another event follows. */
void encode_cache_begin(struct encode_cache *);

/* For members other than the author; encoded once for each variant. */
const struct encoded_frame *encode_cache_for_others(struct encode_cache *,
    const struct event *, uint8_t variant);

/* For one session of this variant; good until the next. */
const struct encoded_frame *encode_cache_for_one(struct encode_cache *,
    const struct event *, enum viewpoint, uint8_t variant);

#endif
