#include "cluster/redis/redis_batch.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/array.h"

/*
 * How a value begins: with a byte that has a small size in its last bits; or
 * with one of the bytes from `first` to `last`, and a size behind it, of twice
 * as many bytes as for the byte before.
 */
struct form {
	unsigned char small;
	unsigned char small_most;
	unsigned char first;
	unsigned char last;
	size_t first_width;
};

static const struct form list_form = { 0x90, 0x0f, 0xdc, 0xdd, 2 };
static const struct form text_form = { 0xa0, 0x1f, 0xd9, 0xdb, 1 };

/* --- reading -------------------------------------------------------------- */

/* Takes the head of a value off the front. False: it has another form. */
static bool
head_take(struct str *bytes, const struct form *form, size_t *size)
{
	const unsigned char *at = (const unsigned char *)bytes->data;
	size_t width = 0;

	if (str_is_empty(*bytes))
		return false;
	*size = at[0] & form->small_most;
	if (at[0] >= form->first && at[0] <= form->last) {
		*size = 0;
		width = form->first_width << (at[0] - form->first);
	} else if (at[0] != (form->small | *size))
		return false;
	if (bytes->len < 1 + width)
		return false;
	for (size_t i = 1; i <= width; i++)
		*size = *size << 8 | at[i];
	*bytes = str_slice(bytes->data + 1 + width, bytes->len - 1 - width);
	return true;
}

bool
redis_batch_read(struct redis_batch *batch, struct str bytes)
{
	size_t count, len;

	batch->count = 0;
	if (!head_take(&bytes, &list_form, &count))
		return false;
	for (; count > 0; count--) {
		struct str *items;

		if (!head_take(&bytes, &text_form, &len) || len > bytes.len)
			return false;
		items = array_grow(batch->items, batch->count, &batch->capacity,
		    sizeof(*items));
		if (items == NULL)
			return false;
		batch->items = items;
		batch->items[batch->count++] = str_slice(bytes.data, len);
		bytes = str_slice(bytes.data + len, bytes.len - len);
	}
	return str_is_empty(bytes);
}

void
redis_batch_fini(struct redis_batch *batch)
{
	free(batch->items);
	*batch = (struct redis_batch){ 0 };
}

/* --- writing -------------------------------------------------------------- */

/* How many bytes the size takes that is not in the first byte. */
static size_t
size_width(const struct form *form, size_t size)
{
	size_t width = form->first_width;

	if (size <= form->small_most)
		return 0;
	while (size >> 8 * width != 0)
		width *= 2;
	assert(width <= 4);
	return width;
}

static char *
form_write(char *at, const struct form *form, size_t size)
{
	size_t width = size_width(form, size);
	unsigned char head = form->first;

	if (width == 0) {
		*at++ = (char)(form->small | size);
		return at;
	}
	for (size_t least = form->first_width; least < width; least *= 2)
		head++;
	*at++ = (char)head;
	while (width-- > 0)
		*at++ = (char)(size >> 8 * width & 0xff);
	return at;
}

size_t
redis_batch_size(const struct str *items, size_t count)
{
	size_t size = 1 + size_width(&list_form, count);

	for (size_t i = 0; i < count; i++)
		size += 1 + size_width(&text_form, items[i].len) + items[i].len;
	return size;
}

char *
redis_batch_write(char *at, const struct str *items, size_t count)
{
	at = form_write(at, &list_form, count);
	for (size_t i = 0; i < count; i++)
		at =
		    str_put(form_write(at, &text_form, items[i].len), items[i]);
	return at;
}
