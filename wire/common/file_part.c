#include "wire/common/file_part.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "wire/json/json_fields.h"

/* Pixels of a side of a picture. */
#define SIDE_MOST 100000

struct file_parts {
	struct file_message base; /* first: its address is this one */
	struct str url;
	struct wire_text text;
};

/* --- reading -------------------------------------------------------------- */

/* A member that is a string. */
static bool
member_read_string(const struct json_member *member, struct str key,
    struct json_string *out)
{
	if (!json_string_is(&member->key, key) ||
	    member->value.type != JSON_STRING)
		return false;
	*out = member->value.string;
	return true;
}

static bool
member_read_number(const struct json_member *member, struct str key,
    uint64_t most, uint64_t *out)
{
	return json_string_is(&member->key, key) &&
	       json_unsigned(&member->value, most, out);
}

static void
file_member_read(const struct json_member *member, struct file_view *out)
{
	(void)(member_read_string(member, STR("id"), &out->id) ||
	       member_read_string(member, STR("key"), &out->key) ||
	       member_read_string(member, STR("name"), &out->name) ||
	       member_read_string(member, STR("type"), &out->type) ||
	       member_read_string(member, STR("url"), &out->url) ||
	       member_read_number(member, STR("size"), INT64_MAX, &out->size) ||
	       member_read_number(member, STR("width"), SIDE_MOST,
		   &out->width) ||
	       member_read_number(member, STR("height"), SIDE_MOST,
		   &out->height));
}

static void
file_object_read(struct str text, struct file_view *out)
{
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, text, JSON_DEPTH_MAX, NULL);
	while (json_next(&reader, &member))
		file_member_read(&member, out);
}

enum file_part_end
file_view_read(struct str body, struct file_view *out)
{
	enum file_part_end end = FILE_PART_NONE;
	struct json_reader reader;
	struct json_member member;

	if (body.len == 0 || body.data[0] != '{')
		return end;
	*out = (struct file_view){ .size = 0 };
	json_open(&reader, body, JSON_DEPTH_MAX, NULL);
	while (json_next(&reader, &member)) {
		if (json_string_is(&member.key, STR("file")) &&
		    member.value.type == JSON_OBJECT) {
			file_object_read(member.value.text, out);
			end = FILE_PART_FOUND;
		} else if (json_string_is(&member.key, STR("auto")))
			out->is_automatic =
			    str_equal(member.value.text, STR("true"));
		else
			(void)member_read_string(&member, STR("text"),
			    &out->text);
	}
	return end;
}

static bool
json_text_copy(const struct json_string *from, char *out, size_t size)
{
	size_t len = 0;

	if (from->body.data != NULL &&
	    !json_string_copy(from, out, size - 1, &len))
		return false;
	out[len] = '\0';
	return memchr(out, '\0', len) == NULL;
}

static enum file_part_end
file_parts_read(struct file_message *messages, struct str body,
    struct file_part *out)
{
	struct file_view view;
	enum file_part_end end = file_view_read(body, &view);

	(void)messages;
	if (end == FILE_PART_FOUND &&
	    (!json_text_copy(&view.id, out->id, sizeof(out->id)) ||
		!blob_id_is_valid(str_from(out->id)) ||
		!json_text_copy(&view.key, out->key, sizeof(out->key))))
		end = FILE_PART_BAD;
	return end;
}

/* --- writing -------------------------------------------------------------- */

static void
url_put(struct wire_text *out, const struct blob *blob, struct str base)
{
	wire_text_append(out, STR(",\"url\":\""));
	json_put_string_part(out, base);
	wire_text_append(out, STR("/v1/files/"));
	wire_text_append(out, str_from(blob->id));
	if (blob->key[0] != '\0') {
		wire_text_append(out, STR("?key="));
		wire_text_append(out, str_from(blob->key));
	}
	wire_text_append(out, STR("\""));
}

void
file_members_put(struct wire_text *out, const struct blob *blob,
    struct str base)
{
	json_field_string(out, STR("\"id\":"), str_from(blob->id));
	json_field_string(out, STR(",\"name\":"), str_from(blob->name));
	json_field_string(out, STR(",\"type\":"), str_from(blob->type));
	json_field_unsigned(out, STR(",\"size\":"), blob->size);
	url_put(out, blob, base);
}

static void
part_put(struct wire_text *out, const struct file_view *view,
    const struct blob *blob, struct str base)
{
	wire_text_append(out, STR("\"file\":{"));
	file_members_put(out, blob, base);
	if (view->width != 0 && view->height != 0) {
		json_field_unsigned(out, STR(",\"width\":"), view->width);
		json_field_unsigned(out, STR(",\"height\":"), view->height);
	}
	wire_text_append(out, STR("}"));
}

static bool
file_parts_write(struct file_message *messages, struct str body,
    const struct blob *blob, struct str *out)
{
	struct file_parts *parts = (struct file_parts *)messages;
	struct wire_text *text = &parts->text;
	struct json_reader reader;
	struct json_member member;
	struct file_view view;
	enum file_part_end end = file_view_read(body, &view);

	assert(end == FILE_PART_FOUND);
	wire_text_reset(text);
	json_open(&reader, body, JSON_DEPTH_MAX, NULL);
	while (json_next(&reader, &member)) {
		wire_text_append(text, text->len == 0 ? STR("{") : STR(","));
		if (json_string_is(&member.key, STR("file"))) {
			part_put(text, &view, blob, parts->url);
			continue;
		}
		wire_text_append(text, STR("\""));
		wire_text_append(text, member.key.body);
		json_field_raw(text, STR("\":"), member.value.text);
	}
	wire_text_append(text, STR("}"));
	*out = str_slice(text->data, text->len);
	return !text->failed;
}

/* "1.5 MiB" */
static void
size_write(uint64_t size, char *out, size_t space)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	if (size < 1024) {
		snprintf(out, space, "%u bytes", (unsigned)size);
		return;
	}
	while (size >= 1024 * 1024 && unit < COUNT_OF(units) - 1) {
		size /= 1024;
		unit++;
	}
	snprintf(out, space, "%u.%u %s", (unsigned)(size / 1024),
	    (unsigned)(size % 1024 * 10 / 1024), units[unit]);
}

bool
file_view_put_as_text(struct wire_text *out, struct str body)
{
	struct file_view view;
	char size[32];

	if (file_view_read(body, &view) != FILE_PART_FOUND ||
	    view.name.body.data == NULL || view.url.body.data == NULL)
		return false;
	size_write(view.size, size, sizeof(size));
	wire_text_append(out, STR("\""));
	wire_text_append(out, view.text.body);
	wire_text_append_if(out, view.text.body.len > 0, STR("\\n"));
	wire_text_append(out, view.name.body);
	wire_text_append(out, STR(" ("));
	wire_text_append(out, str_from(size));
	wire_text_append(out, STR("): "));
	wire_text_append(out, view.url.body);
	wire_text_append(out, STR("\""));
	return true;
}

/* --- life cycle ----------------------------------------------------------- */

static const struct file_message_ops file_parts_ops = {
	.read = file_parts_read,
	.write = file_parts_write,
};

struct file_parts *
file_parts_create(void)
{
	struct file_parts *parts = calloc(1, sizeof(*parts));

	if (parts == NULL)
		return NULL;
	parts->base.ops = &file_parts_ops;
	parts->url = STR("");
	wire_text_init(&parts->text);
	return parts;
}

void
file_parts_destroy(struct file_parts *parts)
{
	if (parts == NULL)
		return;
	wire_text_fini(&parts->text);
	free(parts);
}

void
file_parts_set_base(struct file_parts *parts, struct str base)
{
	parts->url = base;
}

struct file_message *
file_parts_messages(struct file_parts *parts)
{
	return &parts->base;
}
