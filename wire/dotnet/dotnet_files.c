#include "wire/dotnet/dotnet_files.h"

#include "domain/base/count_of.h"
#include "domain/text/base64.h"
#include "wire/common/command_words.h"
#include "wire/common/file_part.h"
#include "wire/common/scratch.h"
#include "wire/common/timestamps.h"
#include "wire/json/json_ascii.h"
#include "wire/json/json_fields.h"
#include "wire/json/json_select.h"

#define TEXT_BYTES 512
#define DATA_BYTES 48000
#define NUMBER_MOST (INT64_C(1) << 53)

/* --- requests ------------------------------------------------------------- */

enum field {
	FIELD_FILE_ID,
	FIELD_FILE_INFO,
	FIELD_DATA,
	FIELD_CHUNK_INDEX,
	FIELD_TO_USERNAME,
	FIELD_TYPE,
	FIELDS_COUNT
};

static const struct str keys[FIELDS_COUNT] = {
	[FIELD_FILE_ID] = STR("FileId"),
	[FIELD_FILE_INFO] = STR("FileInfo"),
	[FIELD_DATA] = STR("Data"),
	[FIELD_CHUNK_INDEX] = STR("ChunkIndex"),
	[FIELD_TO_USERNAME] = STR("ToUsername"),
	[FIELD_TYPE] = STR("Type"),
};

struct decoding {
	size_t depth;
	struct dotnet_upload *upload;
	struct scratch *scratch;
	struct failure *why;
	struct json_value values[FIELDS_COUNT];
};

static struct str
file_text(struct decoding *decoding, const struct json_value *value)
{
	return json_is_string(value) ? scratch_string_cut(decoding->scratch,
					   &value->string, TEXT_BYTES)
				     : STR_ABSENT;
}

static enum chat_error
file_refuse(struct decoding *decoding, enum chat_error error)
{
	return decoding->why->error = error;
}

/* What FileInfo says of a new file. */
static void
decode_file_info(struct decoding *decoding, struct command *out)
{
	static const struct str names[] = { STR("FileName"), STR("FileSize"),
		STR("ContentType") };
	const struct json_value *info = &decoding->values[FIELD_FILE_INFO];
	struct json_value values[COUNT_OF(names)];

	out->file.size = BLOB_SIZE_UNKNOWN;
	if (info->text.data == NULL || info->type != JSON_OBJECT)
		return;
	json_select(info->text, decoding->depth, NULL, names, values,
	    COUNT_OF(names));
	out->file.name = file_text(decoding, &values[0]);
	if (values[1].text.data != NULL)
		json_unsigned(&values[1], NUMBER_MOST, &out->file.size);
	out->file.type = file_text(decoding, &values[2]);
}

static bool
decode_data(struct decoding *decoding, struct command *out)
{
	const struct json_value *data = &decoding->values[FIELD_DATA];
	struct scratch *scratch = decoding->scratch;
	char *to = scratch->data + scratch->used;
	struct str text = STR("");
	size_t len;

	if (json_is_string(data))
		text = data->string.body;
	if (text.len / 4 * 3 > DATA_BYTES ||
	    !base64_decode(text, to, DATA_BYTES, &len))
		return false;
	scratch->used += len;
	out->body = str_slice(to, len);
	return true;
}

/* Chunks have no offset: they follow each other. */
static void
upload_note(struct dotnet_upload *upload, uint64_t chunk, struct command *out)
{
	bool goes_on = chunk > 0 && chunk == upload->next_chunk &&
		       str_equal(str_from(upload->id), out->file.id);

	out->file.at = goes_on ? upload->received : chunk * DOTNET_CHUNK_BYTES;
	*str_put(upload->id, out->file.id) = '\0';
	upload->next_chunk = chunk + 1;
	upload->received = out->file.at + out->body.len;
}

/* A failure is answered once: for the first chunk, or when it is complete. */
static enum chat_error
decode_upload(struct decoding *decoding, struct command *out)
{
	uint64_t chunk = 0;

	if (json_is_given(&decoding->values[FIELD_CHUNK_INDEX]) &&
	    !json_unsigned(&decoding->values[FIELD_CHUNK_INDEX],
		NUMBER_MOST / DOTNET_CHUNK_BYTES, &chunk))
		return file_refuse(decoding, CHAT_FILE_OFFSET);
	decode_file_info(decoding, out);
	if (!decode_data(decoding, out)) {
		decoding->why->field = keys[FIELD_DATA];
		decoding->why->text = STR("Data is not base64, or too long");
		return file_refuse(decoding, CHAT_BAD_FIELD);
	}
	upload_note(decoding->upload, chunk, out);
	if (chunk > 0)
		out->ref = STR_ABSENT;
	return CHAT_OK;
}

/* An empty file has no chunk. */
static enum chat_error
decode_upload_complete(struct decoding *decoding, struct command *out)
{
	decode_file_info(decoding, out);
	if (out->file.size == 0)
		out->flags |= COMMAND_MAY_CREATE;
	return CHAT_OK;
}

static enum chat_error
decode_offer_text(struct decoding *decoding, struct command *out,
    struct str after)
{
	const struct str parts[] = { STR("{\"file\":{\"id\":\""), out->file.id,
		after };
	struct scratch *scratch = decoding->scratch;
	const char *from = scratch->data + scratch->used;

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		scratch_text(scratch, parts[i]);
	out->body =
	    str_slice(from, (size_t)(scratch->data + scratch->used - from));
	return CHAT_OK;
}

/* To a room, to a member, or to all. */
static enum chat_error
decode_offer(struct decoding *decoding, struct command *out)
{
	struct str to =
	    file_text(decoding, &decoding->values[FIELD_TO_USERNAME]);
	struct str prefix = STR("ROOM:");

	if (to.len > prefix.len &&
	    memcmp(to.data, prefix.data, prefix.len) == 0) {
		out->room =
		    str_slice(to.data + prefix.len, to.len - prefix.len);
	} else if (to.len > 0) {
		out->kind = COMMAND_DM;
		out->recipient = to;
	}
	return decode_offer_text(decoding, out, STR("\"}}"));
}

static enum chat_error
decode_offer_auto(struct decoding *decoding, struct command *out)
{
	return decode_offer_text(decoding, out, STR("\"},\"auto\":true}"));
}

/* In lower case. */
static const struct command_word file_words[] = {
	{ STR("fileupload"), COMMAND_FILE_APPEND, COMMAND_MAY_CREATE,
	    decode_upload },
	{ STR("fileuploadcomplete"), COMMAND_FILE_COMPLETE, COMMAND_ANNOUNCED,
	    decode_upload_complete },
	{ STR("fileoffer"), COMMAND_BROADCAST, 0, decode_offer },
	{ STR("fileofferauto"), COMMAND_BROADCAST, 0, decode_offer_auto },
	{ STR("fileaccept"), COMMAND_FILE_ACCEPT, 0, NULL },
	{ STR("filereject"), COMMAND_FILE_REJECT, 0, NULL },
};

enum chat_error
dotnet_decode_file(struct str line, const struct wire_context *context,
    struct dotnet_upload *upload, struct command *out, struct failure *why,
    struct scratch *scratch)
{
	struct decoding decoding = { context->json_depth, upload, scratch, why,
		{ { 0 } } };
	const struct command_word *word;
	struct str type;

	*out = (struct command){ .kind = COMMAND_NOOP };
	*why = (struct failure){ 0 };
	scratch->used = 0;
	if (json_select(line, context->json_depth, &scratch->keys, keys,
		decoding.values, FIELDS_COUNT) != JSON_OK)
		return why->error = CHAT_BAD_JSON;
	type = file_text(&decoding, &decoding.values[FIELD_TYPE]);
	if (type.data == NULL)
		return CHAT_OK;
	out->word = scratch_text(scratch, type);
	why->command = out->word;
	word = command_word_find(file_words, COUNT_OF(file_words),
	    scratch_lower(scratch, type));
	if (word == NULL)
		return CHAT_OK;
	type = file_text(&decoding, &decoding.values[FIELD_FILE_ID]);
	out->file.id =
	    scratch_lower(scratch, type.data != NULL ? type : STR(""));
	out->ref = out->file.id;
	if (!blob_id_is_valid(out->file.id))
		return why->error = CHAT_FILE_NOT_FOUND;
	return command_word_decode(word, &decoding, out);
}

/* --- answers -------------------------------------------------------------- */

/* The fields of a FileTransferMessage. */
struct transfer {
	struct str id; /* these three are bodies of JSON strings */
	struct str name;
	struct str type;
	uint64_t size;
	struct str from;
	struct str to;
	struct str data; /* absent: null */
	uint64_t chunk;
	uint64_t chunks;
	bool has_info;
};

static void
transfer_put_text(struct wire_text *out, struct str head, struct str text)
{
	wire_text_append(out, head);
	wire_text_append(out, STR("\""));
	json_put_ascii_part(out, text);
	wire_text_append(out, STR("\""));
}

static void
transfer_put_json(struct wire_text *out, struct str head, struct str body)
{
	wire_text_append(out, head);
	wire_text_append(out, STR("\""));
	json_put_ascii_json(out, body);
	wire_text_append(out, STR("\""));
}

static void
transfer_put_data(struct wire_text *out, struct str data)
{
	char *to = wire_text_reserve(out, BASE64_SIZE(data.len));

	if (to == NULL)
		return;
	base64_encode(data.data, data.len, to);
	out->len += BASE64_SIZE(data.len);
}

static void
transfer_put_info(struct wire_text *out, const struct transfer *transfer,
    int64_t at_ms)
{
	if (!transfer->has_info) {
		wire_text_append(out, STR(",\"FileInfo\":null"));
		return;
	}
	transfer_put_json(out, STR(",\"FileInfo\":{\"Id\":"), transfer->id);
	transfer_put_json(out, STR(",\"FileName\":"), transfer->name);
	json_field_unsigned(out, STR(",\"FileSize\":"), transfer->size);
	transfer_put_json(out, STR(",\"ContentType\":"), transfer->type);
	transfer_put_text(out, STR(",\"FromUsername\":"), transfer->from);
	transfer_put_text(out, STR(",\"ToUsername\":"), transfer->to);
	timestamp_put_utc(out, STR(",\"Timestamp\":"), at_ms);
	wire_text_append(out, STR("}"));
}

static bool
transfer_put(struct wire_text *out, const struct transfer *transfer,
    struct str type, int64_t at_ms)
{
	out->has_second = true;
	out->second_at = out->len;
	transfer_put_json(out, STR("{\"FileId\":"), transfer->id);
	transfer_put_info(out, transfer, at_ms);
	if (transfer->data.data == NULL) {
		wire_text_append(out, STR(",\"Data\":null"));
	} else {
		wire_text_append(out, STR(",\"Data\":\""));
		transfer_put_data(out, transfer->data);
		wire_text_append(out, STR("\""));
	}
	json_field_unsigned(out, STR(",\"ChunkIndex\":"), transfer->chunk);
	json_field_unsigned(out, STR(",\"TotalChunks\":"), transfer->chunks);
	transfer_put_text(out, STR(",\"FromUsername\":"), transfer->from);
	transfer_put_text(out, STR(",\"ToUsername\":"), transfer->to);
	transfer_put_text(out, STR(",\"Type\":"), type);
	timestamp_put_utc(out, STR(",\"Timestamp\":"), at_ms);
	wire_text_append(out, STR("}"));
	return true;
}

/* A name is sanitized, so it needs no escape but that of a quote. */
static bool
blob_transfer_put(struct wire_text *out, const struct event *event,
    struct transfer *transfer, struct str type)
{
	const struct blob *blob = event->file;
	struct wire_text name;
	bool is_put;

	wire_text_init(&name);
	json_put_ascii_part(&name, str_from(blob->name));
	transfer->id = str_from(blob->id);
	transfer->name = str_slice(name.data, name.len);
	transfer->type = str_from(blob->type);
	transfer->size = blob->size;
	transfer->has_info = true;
	transfer->chunks =
	    (blob->size + DOTNET_CHUNK_BYTES - 1) / DOTNET_CHUNK_BYTES;
	is_put = transfer_put(out, transfer, type, event->at_ms);
	out->failed |= name.failed;
	wire_text_fini(&name);
	return is_put;
}

static bool
file_data_put(const struct event *event, struct wire_text *out)
{
	struct transfer transfer = {
		.chunk = event->file_at / DOTNET_CHUNK_BYTES,
		.from = event->by,
		.to = event->member,
	};

	if (event->file == NULL)
		return false;
	if (str_is_empty(event->body))
		return blob_transfer_put(out, event, &transfer,
		    STR("fileComplete"));
	transfer.data = event->body;
	return blob_transfer_put(out, event, &transfer, STR("fileData"));
}

static bool
file_decision_put(const struct event *event, struct wire_text *out,
    struct str type)
{
	struct transfer transfer = { .from = event->member, .to = event->by };

	return event->file != NULL && event->is_private &&
	       blob_transfer_put(out, event, &transfer, type);
}

static bool
file_offer_put(const struct event *event, struct wire_text *out)
{
	struct file_view view;
	struct transfer transfer = {
		.from = event->member,
		.to = event->kind == EVENT_DM ? event->recipient : STR(""),
		.has_info = true,
	};

	if (event->is_redacted ||
	    file_view_read(event->body, &view) != FILE_PART_FOUND)
		return false;
	transfer.id = view.id.body;
	transfer.name = view.name.body;
	transfer.type = view.type.body;
	transfer.size = view.size;
	transfer.chunks =
	    (view.size + DOTNET_CHUNK_BYTES - 1) / DOTNET_CHUNK_BYTES;
	return transfer_put(out, &transfer, STR("fileOffer"), event->at_ms);
}

bool
dotnet_command_is(const struct failure *failure, struct str word)
{
	struct str command = failure->command;

	if (command.len != word.len)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if ((command.data[i] | 0x20) != (word.data[i] | 0x20))
			return false;
	return true;
}

/* The original has no receiver in the answer to fileAccept. */
static bool
file_error_put(const struct event *event, struct wire_text *out)
{
	struct transfer transfer = { .from = STR("System") };
	struct wire_text id;

	if (event->failure.error != CHAT_FILE_NOT_FOUND ||
	    event->ref.data == NULL)
		return false;
	if (!dotnet_command_is(&event->failure, STR("fileAccept")))
		transfer.to = event->member;
	wire_text_init(&id);
	json_put_ascii_part(&id, event->ref);
	transfer.id = str_slice(id.data, id.len);
	transfer_put(out, &transfer, STR("fileError"), event->at_ms);
	out->failed |= id.failed;
	wire_text_fini(&id);
	return true;
}

bool
dotnet_file_put(const struct event *event, struct wire_text *out)
{
	switch (event->kind) {
	case EVENT_MESSAGE:
	case EVENT_DM:
		return file_offer_put(event, out);
	case EVENT_FILE_DATA:
		return file_data_put(event, out);
	case EVENT_FILE_ACCEPTED:
		return file_decision_put(event, out, STR("fileAccept"));
	case EVENT_FILE_REJECTED:
		return file_decision_put(event, out, STR("fileReject"));
	case EVENT_FAILED:
		return file_error_put(event, out);
	default:
		return false;
	}
}

bool
dotnet_pushes_file(const struct event *event, char id[ID_SIZE])
{
	struct file_view view;
	size_t len;

	if (event->kind != EVENT_MESSAGE || event->is_redacted ||
	    file_view_read(event->body, &view) != FILE_PART_FOUND ||
	    !view.is_automatic ||
	    !json_string_copy(&view.id, id, ID_SIZE - 1, &len))
		return false;
	id[len] = '\0';
	return true;
}
