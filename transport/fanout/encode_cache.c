#include "transport/fanout/encode_cache.h"

#include <string.h>

#include "transport/ws/ws_deflate.h"

/* Smaller texts hardly shrink. */
#define DEFLATE_LEAST 96
#define DEFLATE_WINDOW_BITS 15

/* Compressing a byte costs as much as encoding this many. */
#define DEFLATE_WORK 4

bool
encode_cache_init(struct encode_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
	for (size_t i = 0; i <= VARIANTS_MAX; i++)
		wire_text_init(&cache->texts[i]);
	cache->deflater = ws_deflater_create(DEFLATE_WINDOW_BITS);
	return cache->deflater != NULL;
}

void
encode_cache_fini(struct encode_cache *cache)
{
	for (size_t i = 0; i <= VARIANTS_MAX; i++)
		wire_text_fini(&cache->texts[i]);
	ws_deflater_destroy(cache->deflater);
}

uint8_t
encode_variant(const struct dialect *dialect, bool deflate)
{
	return (uint8_t)(dialect_index(dialect) * 2 + (deflate ? 1 : 0));
}

static const struct dialect *
variant_dialect(uint8_t variant)
{
	return dialects()[variant / 2];
}

static bool
variant_is_deflated(uint8_t variant)
{
	return variant % 2 == 1;
}

void
encode_cache_begin(struct encode_cache *cache)
{
	for (size_t i = 0; i < VARIANTS_MAX; i++)
		cache->frames[i].is_made = false;
}

static void
frame_make(struct encode_cache *cache, struct str text, bool deflate,
    struct encoded_frame *out)
{
	uint8_t rsv = 0;

	out->deflate_work = 0;
	if (deflate && text.len >= DEFLATE_LEAST) {
		struct str packed = ws_deflater_run(cache->deflater, text);

		/* Without memory for this, the plain frame is as good. */
		out->deflate_work = DEFLATE_WORK * text.len;
		if (packed.data != NULL) {
			text = packed;
			rsv = 4;
		}
	}
	out->frame.head = out->head;
	out->frame.head_len =
	    ws_frame_encode(WS_TEXT, true, rsv, text.len, out->head);
	out->frame.body = text.data;
	out->frame.body_len = text.len;
}

static void
event_encode(struct encode_cache *cache, const struct event *event,
    enum viewpoint view, uint8_t variant, size_t slot)
{
	struct wire_text *text = &cache->texts[slot];
	struct encoded_frame *encoded = &cache->frames[slot];

	wire_text_reset(text);
	encoded->is_made = true;
	encoded->is_silent =
	    !variant_dialect(variant)->encode(event, view, text);
	encoded->failed = text->failed;
	encoded->close_code = text->close_code;
	encoded->close_reason = text->close_reason;
	if (!encoded->is_silent && !encoded->failed)
		frame_make(cache, str_slice(text->data, text->len),
		    variant_is_deflated(variant), encoded);
}

const struct encoded_frame *
encode_cache_for_others(struct encode_cache *cache, const struct event *event,
    uint8_t variant)
{
	if (!cache->frames[variant].is_made)
		event_encode(cache, event, VIEW_OTHERS, variant, variant);
	return &cache->frames[variant];
}

const struct encoded_frame *
encode_cache_for_one(struct encode_cache *cache, const struct event *event,
    enum viewpoint view, uint8_t variant)
{
	event_encode(cache, event, view, variant, VARIANTS_MAX);
	return &cache->frames[VARIANTS_MAX];
}
