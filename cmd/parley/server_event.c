#include "cmd/parley/server_event.h"

#include <assert.h>
#include <stdlib.h>

#include "wire/common/file_part.h"

/* Larger integers are not exact in every JSON reader. */
#define NUMBER_MAX ((uint64_t)1 << 53)

void
text_buffer_init(struct text_buffer *texts)
{
	*texts = (struct text_buffer){ 0 };
}

void
text_buffer_fini(struct text_buffer *texts)
{
	free(texts->data);
	text_buffer_init(texts);
}

bool
text_buffer_begin(struct text_buffer *texts, size_t frame_len)
{
	char *data;

	texts->used = 0;
	if (texts->capacity >= frame_len && texts->data != NULL)
		return true;
	data = realloc(texts->data, frame_len + 1);
	if (data == NULL)
		return false;
	texts->data = data;
	texts->capacity = frame_len;
	return true;
}

/* An unescaped text is never longer than in its frame. */
struct str
text_buffer_text(struct text_buffer *texts, const struct json_value *value)
{
	char *at = texts->data + texts->used;
	size_t len;

	if (value->type != JSON_STRING)
		return (struct str){ 0 };
	if (!value->string.escaped)
		return value->string.body;
	if (!json_string_copy(&value->string, at, texts->capacity - texts->used,
		&len))
		return (struct str){ 0 };
	texts->used += len;
	return str_slice(at, len);
}

/* A file as its text, name, size and URL, which are longer in the frame. */
static struct str
text_buffer_file(struct text_buffer *texts, struct str message)
{
	char *at = texts->data + texts->used;
	struct wire_text shown;
	struct str text = STR_ABSENT;
	size_t len;

	wire_text_init(&shown);
	if (file_view_put_as_text(&shown, message) && !shown.failed) {
		struct json_string quoted = {
			.body = str_slice(shown.data + 1, shown.len - 2),
			.escaped = true,
		};

		if (json_string_copy(&quoted, at, texts->capacity - texts->used,
			&len)) {
			texts->used += len;
			text = str_slice(at, len);
		}
	}
	wire_text_fini(&shown);
	return text;
}

static void
event_put_text(struct server_event *out, size_t offset, struct str text)
{
	memcpy((char *)out + offset, &text, sizeof(text));
}

static void
text_put(struct server_event *out, struct text_buffer *texts,
    const struct field *field, const struct json_value *value)
{
	void *place = (char *)out + field->offset;
	uint64_t number;

	switch (field->type) {
	case FIELD_MESSAGE:
		event_put_text(out, offsetof(struct server_event, message),
		    value->text);
		event_put_text(out, offsetof(struct server_event, text),
		    value->type == JSON_OBJECT
			? text_buffer_file(texts, value->text)
			: text_buffer_text(texts, value));
		break;
	case FIELD_TEXT:
		event_put_text(out, field->offset,
		    text_buffer_text(texts, value));
		break;
	case FIELD_JSON:
		if (value->type == JSON_ARRAY)
			event_put_text(out, field->offset, value->text);
		break;
	case FIELD_NUMBER:
		if (json_unsigned(value, NUMBER_MAX, &number))
			memcpy(place, &number, sizeof(number));
		break;
	case FIELD_BOOLEAN:
		*(bool *)place = str_equal(value->text, STR("true"));
		break;
	}
}

bool
server_event_read(struct server_event *out, struct text_buffer *texts,
    struct str json, const struct field fields[], size_t count)
{
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, json, SERVER_EVENT_DEPTH, NULL);
	while (json_next(&reader, &member))
		for (size_t i = 0; i < count; i++)
			if (json_string_is(&member.key, fields[i].key))
				text_put(out, texts, &fields[i], &member.value);
	return reader.error == JSON_OK;
}
