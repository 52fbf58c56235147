#include "transport/fanout/encode_cache.h"

#include <assert.h>
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

static bool
variant_is_deflated(uint8_t variant)
{
	return variant % 2 == 1;
}

/* The forms of all dialects are numbered in the order of dialects(). */
uint8_t
encode_variant(const struct dialect *dialect, unsigned form, bool deflate)
{
	const struct dialect *const *at = dialects();

	assert(form < dialect_forms(dialect));
	for (; *at != dialect; at++)
		form += dialect_forms(*at);
	assert(form < DIALECT_FORMS_MAX);
	return (uint8_t)(form * 2 + (deflate ? 1 : 0));
}

static const struct dialect *
variant_dialect(uint8_t variant, unsigned *form)
{
	const struct dialect *const *at = dialects();

	*form = variant / 2;
	for (; *form >= dialect_forms(*at); at++)
		*form -= dialect_forms(*at);
	return *at;
}

uint8_t
encode_variant_of_form(uint8_t variant, unsigned form)
{
	unsigned before;
	const struct dialect *dialect = variant_dialect(variant, &before);

	return encode_variant(dialect, form, variant_is_deflated(variant));
}

void
encode_cache_begin(struct encode_cache *cache)
{
	cache->event++;
}

static void
frame_make(struct encode_cache *cache, const struct wire_text *message,
    bool deflate, struct encoded_frame *out)
{
	struct str text = str_slice(message->data, message->len);
	enum ws_opcode opcode = message->is_binary ? WS_BINARY : WS_TEXT;
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
	    ws_frame_encode((uint8_t)opcode, true, rsv, text.len, out->head);
	out->frame.body = text.data;
	out->frame.body_len = text.len;
}

static void
event_encode(struct encode_cache *cache, const struct event *event,
    enum viewpoint view, uint8_t variant, size_t slot)
{
	struct wire_text *text = &cache->texts[slot];
	struct encoded_frame *encoded = &cache->frames[slot];
	unsigned form;
	const struct dialect *dialect = variant_dialect(variant, &form);
	bool has_text;

	wire_text_reset(text);
	has_text = dialect->encode(event, view, text);
	if (has_text && dialect->stream != NULL)
		dialect->stream->wrap(text, form);
	has_text = has_text && (text->len > 0 || text->failed);
	encoded->event = cache->event;
	encoded->is_silent = !has_text;
	encoded->failed = text->failed;
	encoded->close_code = text->close_code;
	encoded->close_reason = text->close_reason;
	if (has_text && !text->failed)
		frame_make(cache, text, variant_is_deflated(variant), encoded);
}

const struct encoded_frame *
encode_cache_for_others(struct encode_cache *cache, const struct event *event,
    uint8_t variant)
{
	if (cache->frames[variant].event != cache->event)
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
