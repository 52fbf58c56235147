/* How an event looks to each kind of session: as the bytes of a frame. */
#ifndef TRANSPORT_ENCODE_CACHE_H
#define TRANSPORT_ENCODE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/event.h"
#include "transport/fanout/send_batch.h"
#include "transport/ws/ws_frame.h"
#include "wire/dialect.h"

struct ws_deflater;

/* One event as one variant of a dialect: with or without compression. */
struct spelling {
	struct frame frame; /* good until the same variant is spelled again */
	uint8_t head[WS_FRAME_HEAD_MAX];
	bool is_made;
	bool is_silent;      /* the dialect has no word for it */
	bool failed;         /* no memory */
	unsigned close_code; /* 0; else close when it is sent, for this … */
	const char *close_reason;
};

#define VARIANTS_MAX (DIALECTS_MAX * 2)

struct speller {
	struct ws_deflater *deflater;
	struct wire_text texts[VARIANTS_MAX + 1];
	struct spelling spellings[VARIANTS_MAX + 1]; /* the last: for one */
};

/* False: no memory. speller_fini() is called for in any case. */
bool speller_init(struct speller *);
void speller_fini(struct speller *);

uint8_t spelling_variant(const struct dialect *, bool deflate);

/* Another event follows. */
void speller_begin(struct speller *);

/*
 * The event as those see it who did not cause it. It is spelled once for
 * each variant.
 */
const struct spelling *speller_for_others(struct speller *,
    const struct event *, uint8_t variant);

/* The event as one session of this variant sees it; good until the next. */
const struct spelling *speller_for_one(struct speller *, const struct event *,
    enum viewpoint, uint8_t variant);

#endif
