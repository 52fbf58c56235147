/* The types of the dotnet dialect, and what each takes from the message. */
#include "domain/base/count_of.h"
#include "domain/base/str_trim.h"
#include "domain/text/utf8.h"
#include "wire/dotnet/dotnet_decode_internal.h"
#include "wire/json/json_ascii.h"
#include "wire/json/json_writer.h"

/* Longer than any name or room id; longer words are cut. */
#define WORD_BYTES 512
/* The argument of createRoom, with fields that are ignored. */
#define ROOM_ARGUMENT_BYTES 4096
/* The other fields of a chat message, in ASCII. */
#define FIELDS_BYTES 8192
/* A text that follows the words. */
#define REST_BYTES 48000

const struct str dotnet_keys[FIELDS_COUNT] = {
	[FIELD_MESSAGE] = STR("Message"),
	[FIELD_TO_USERNAME] = STR("ToUsername"),
	[FIELD_TO_USERNAMES] = STR("ToUsernames"),
	[FIELD_CHAT_TYPE] = STR("ChatType"),
	[FIELD_ROOM_ID] = STR("RoomId"),
	[FIELD_TYPE] = STR("Type"),
};

static enum chat_error
dotnet_refuse(struct decoding *decoding, enum field field, struct str text)
{
	decoding->why->field = dotnet_keys[field];
	decoding->why->text = text;
	return decoding->why->error = CHAT_BAD_FIELD;
}

/* A text of several parts; NULL ends them. */
static struct str
scratch_join(struct scratch *scratch, const struct str parts[], size_t count)
{
	const char *from = scratch->data + scratch->used;

	for (size_t i = 0; i < count; i++)
		scratch_text(scratch, parts[i]);
	return str_slice(from, (size_t)(scratch->data + scratch->used - from));
}

/* With the type as the client spelled it. */
static enum chat_error
dotnet_refuse_usage(struct decoding *decoding, const struct command *command,
    struct str arguments, struct str example)
{
	const struct str parts[] = { STR("Usage: "), command->word, arguments,
		STR("\nExample: "), command->word, example };

	return dotnet_refuse(decoding, FIELD_MESSAGE,
	    scratch_join(decoding->scratch, parts, COUNT_OF(parts)));
}

/* The length of the blank at `at`, which may be an escape; 0: it is none. */
static size_t
blank_length(const struct decoding *decoding)
{
	const char *next = decoding->at;
	char bytes[4];

	if (decoding->at == decoding->end ||
	    json_string_next(&next, bytes) != 1 || bytes[0] != ' ')
		return 0;
	return (size_t)(next - decoding->at);
}

static void
words_skip_blanks(struct decoding *decoding)
{
	size_t len;

	while ((len = blank_length(decoding)) > 0)
		decoding->at += len;
}

/* The next word, unescaped, cut to WORD_BYTES; empty: there is none. */
static struct str
take_word(struct decoding *decoding)
{
	struct scratch *scratch = decoding->scratch;
	char word[WORD_BYTES + 4];
	size_t len = 0;

	words_skip_blanks(decoding);
	while (decoding->at < decoding->end && blank_length(decoding) == 0) {
		char bytes[4];
		size_t count = json_string_next(&decoding->at, bytes);

		if (len < WORD_BYTES) {
			memcpy(word + len, bytes, count);
			len += count;
		}
	}
	return scratch_text(scratch,
	    utf8_cut(str_slice(word, len), WORD_BYTES));
}

/* What is left, without blanks around it, as a JSON string in `out`. */
static enum chat_error
take_rest(struct decoding *decoding, struct command *out)
{
	const char *end = decoding->end;
	struct str parts[] = { STR("\""), STR(""), STR("\"") };

	words_skip_blanks(decoding);
	while (end > decoding->at && end[-1] == ' ')
		end--;
	parts[1] = str_slice(decoding->at, (size_t)(end - decoding->at));
	if (parts[1].len > REST_BYTES) {
		decoding->why->limit = REST_BYTES;
		return decoding->why->error = CHAT_MESSAGE_TOO_LARGE;
	}
	out->body = scratch_join(decoding->scratch, parts, COUNT_OF(parts));
	return CHAT_OK;
}

static bool
has_more_words(struct decoding *decoding)
{
	words_skip_blanks(decoding);
	return decoding->at < decoding->end;
}

/* The whole Message as it was sent. */
static struct str
whole_message(const struct decoding *decoding)
{
	const struct json_value *value = &decoding->values[FIELD_MESSAGE];

	return value->text.data != NULL
		   ? value->text
		   : scratch_text(decoding->scratch, STR("\"\""));
}

/* The value of a short string; empty if it is missing. */
static struct str
chat_field_text(const struct decoding *decoding, enum field field, size_t most)
{
	const struct json_value *value = &decoding->values[field];

	if (value->text.data == NULL)
		return scratch_text(decoding->scratch, STR(""));
	return scratch_string_cut(decoding->scratch, &value->string, most);
}

/* Whether the value of a key is that of a message without the key. */
static bool
is_preset(const struct json_value *value, struct str preset)
{
	return value->text.data == NULL ||
	       (value->type == JSON_STRING
		       ? json_string_is(&value->string, preset)
		       : str_equal(value->text, preset));
}

/* The receivers get what the sender wrote into the other keys. */
static enum chat_error
take_fields(struct decoding *decoding, struct command *out)
{
	static const struct str heads[] = {
		[FIELD_TO_USERNAME] = STR(",\"ToUsername\":"),
		[FIELD_TO_USERNAMES] = STR(",\"ToUsernames\":"),
		[FIELD_CHAT_TYPE] = STR(",\"ChatType\":"),
		[FIELD_ROOM_ID] = STR(",\"RoomId\":"),
	};
	static const struct str presets[] = {
		[FIELD_TO_USERNAME] = STR("\"\""),
		[FIELD_TO_USERNAMES] = STR("[]"),
		[FIELD_CHAT_TYPE] = STR("\"public\""),
		[FIELD_ROOM_ID] = STR("\"\""),
	};
	struct scratch *scratch = decoding->scratch;
	struct wire_text text = {
		.data = scratch->data + scratch->used,
		.capacity = FIELDS_BYTES,
	};
	const struct json_value *values = decoding->values;

	if (is_preset(&values[FIELD_TO_USERNAME], STR("")) &&
	    is_preset(&values[FIELD_TO_USERNAMES], STR("[]")) &&
	    is_preset(&values[FIELD_CHAT_TYPE], STR("public")) &&
	    is_preset(&values[FIELD_ROOM_ID], STR("")))
		return CHAT_OK;
	for (size_t i = FIELD_TO_USERNAME; i <= FIELD_ROOM_ID; i++) {
		struct str json =
		    values[i].text.data != NULL ? values[i].text : presets[i];

		/* A character takes six bytes for each of its own at most. */
		if (json.len * 6 + 64 > FIELDS_BYTES - text.len)
			return dotnet_refuse(decoding, (enum field)i,
			    STR("A field of the message is too long"));
		wire_text_append(&text, heads[i]);
		json_put_ascii_json(&text, json);
	}
	scratch->used += text.len;
	out->fields = str_slice(text.data, text.len);
	return CHAT_OK;
}

static enum chat_error
dotnet_decode_chat(struct decoding *decoding, struct command *out)
{
	out->body = whole_message(decoding);
	return take_fields(decoding, out);
}

#define ROOM_PREFIX STR("ROOM:")

static bool
has_room_prefix(struct str name)
{
	struct str prefix = ROOM_PREFIX;

	return name.len >= prefix.len &&
	       memcmp(name.data, prefix.data, prefix.len) == 0;
}

static enum chat_error
dotnet_decode_set_username(struct decoding *decoding, struct command *out)
{
	out->name = take_word(decoding);
	if (str_is_empty(out->name))
		return dotnet_refuse(decoding, FIELD_MESSAGE,
		    STR("Username cannot be empty"));
	if (has_room_prefix(out->name))
		return dotnet_refuse(decoding, FIELD_MESSAGE,
		    STR("Username cannot start with 'ROOM:' - this prefix is "
			"reserved for room identifiers"));
	return CHAT_OK;
}

static enum chat_error
check_recipient(struct decoding *decoding, const struct command *command)
{
	const struct str parts[] = { STR("Invalid username '"),
		command->recipient,
		STR("' - cannot send private message to room identifier") };

	if (!has_room_prefix(command->recipient))
		return CHAT_OK;
	return dotnet_refuse(decoding, FIELD_TO_USERNAME,
	    scratch_join(decoding->scratch, parts, COUNT_OF(parts)));
}

/* Skips a name that the client repeats in front of its text. */
static void
skip_name(struct decoding *decoding, struct str name)
{
	const char *start = decoding->at;
	size_t done = 0;

	words_skip_blanks(decoding);
	while (done < name.len && decoding->at < decoding->end) {
		char bytes[4];
		size_t len = json_string_next(&decoding->at, bytes);

		if (len > name.len - done ||
		    memcmp(name.data + done, bytes, len) != 0)
			break;
		done += len;
	}
	if (done < name.len ||
	    (decoding->at < decoding->end && blank_length(decoding) == 0))
		decoding->at = start;
}

/* Without ToUsername the first word is the name. */
static enum chat_error
dotnet_decode_private_message(struct decoding *decoding, struct command *out)
{
	out->recipient =
	    chat_field_text(decoding, FIELD_TO_USERNAME, WORD_BYTES);
	if (str_is_empty(out->recipient))
		out->recipient = take_word(decoding);
	else
		skip_name(decoding, out->recipient);
	if (str_is_empty(out->recipient) || !has_more_words(decoding))
		return dotnet_refuse_usage(decoding, out,
		    STR(" <username> <message>"), STR(" John Hello there!"));
	if (check_recipient(decoding, out) != CHAT_OK)
		return decoding->why->error;
	return take_rest(decoding, out);
}

static enum chat_error
dotnet_decode_private_chat(struct decoding *decoding, struct command *out)
{
	out->recipient =
	    chat_field_text(decoding, FIELD_TO_USERNAME, WORD_BYTES);
	if (str_is_empty(out->recipient))
		return dotnet_refuse(decoding, FIELD_TO_USERNAME,
		    STR("Private chat requires a target username"));
	out->body = whole_message(decoding);
	return check_recipient(decoding, out);
}

static struct str
cut_at_bar(struct str text)
{
	const char *bar =
	    text.len > 0 ? memchr(text.data, '|', text.len) : NULL;

	return bar == NULL ? text
			   : str_slice(text.data, (size_t)(bar - text.data));
}

/* The name; description, privacy and password are ignored. */
static enum chat_error
dotnet_decode_create_room(struct decoding *decoding, struct command *out)
{
	struct str name =
	    chat_field_text(decoding, FIELD_MESSAGE, ROOM_ARGUMENT_BYTES);

	out->id_style = ID_UUID;
	out->name = str_trim(cut_at_bar(name), STR_BLANKS);
	if (str_is_empty(out->name))
		return dotnet_refuse_usage(decoding, out, STR(" <roomName>"),
		    STR(" MyRoom"));
	return CHAT_OK;
}

/* The id up to a bar, or RoomId; empty: there is none. */
static struct str
take_room_id(struct decoding *decoding)
{
	struct str word = cut_at_bar(take_word(decoding));

	return str_is_empty(word)
		   ? chat_field_text(decoding, FIELD_ROOM_ID, WORD_BYTES)
		   : word;
}

static enum chat_error
dotnet_decode_room(struct decoding *decoding, struct command *out)
{
	out->room = take_room_id(decoding);
	if (str_is_empty(out->room))
		return dotnet_refuse_usage(decoding, out, STR(" <roomId>"),
		    STR(" abc-123-def-456"));
	return CHAT_OK;
}

static bool
is_uuid(struct str text)
{
	if (text.len != ID_SIZE - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_hyphen ? text.data[i] != '-'
			      : strchr("0123456789abcdefABCDEF",
				    text.data[i]) == NULL ||
				    text.data[i] == '\0')
			return false;
	}
	return true;
}

/* Forms: ⟨id⟩ ⟨text⟩; roomMessage ⟨id⟩ ⟨text⟩; the text alone, with RoomId. */
static enum chat_error
dotnet_decode_room_message(struct decoding *decoding, struct command *out)
{
	struct str room = chat_field_text(decoding, FIELD_ROOM_ID, WORD_BYTES);
	const char *start = decoding->at;
	struct str word = take_word(decoding);

	if (str_equal(word, STR("roomMessage"))) {
		start = decoding->at;
		word = take_word(decoding);
	}
	out->room = word;
	if (room.len > 0 && !str_equal(word, room) && !is_uuid(word)) {
		out->room = room;
		decoding->at = start;
	}
	if (str_is_empty(out->room) || !has_more_words(decoding))
		return dotnet_refuse_usage(decoding, out,
		    STR(" <roomId> <message>"), STR(" abc-123 Hello room!"));
	return take_rest(decoding, out);
}

/* ⟨id⟩|⟨user⟩, or with a blank between them. */
static enum chat_error
dotnet_decode_room_member(struct decoding *decoding, struct command *out)
{
	struct str text =
	    chat_field_text(decoding, FIELD_MESSAGE, 2 * WORD_BYTES);

	text = str_trim(text, STR_BLANKS);
	if (text.len > 0 && memchr(text.data, '|', text.len) != NULL)
		out->room = cut_at_bar(text);
	else
		out->room = take_word(decoding);
	out->recipient = str_slice(text.data + text.len, 0);
	if (text.len > out->room.len)
		out->recipient =
		    str_trim(str_slice(text.data + out->room.len + 1,
				 text.len - out->room.len - 1),
			STR_BLANKS);
	if (str_is_empty(out->room) || str_is_empty(out->recipient))
		return dotnet_refuse_usage(decoding, out,
		    STR(" <roomId>|<username>"), STR(" abc-123-def-456|John"));
	return CHAT_OK;
}

/* No file of the server's disk is sent. */
static enum chat_error
dotnet_decode_send(struct decoding *decoding, struct command *out)
{
	struct str path = take_word(decoding);
	const struct str parts[] = { STR("File not found: "), path };

	if (str_is_empty(path))
		return dotnet_refuse_usage(decoding, out,
		    STR(" <filepath> [username|roomId]"),
		    STR(" C:\\file.txt john or send C:\\file.txt room-uuid"));
	return dotnet_refuse(decoding, FIELD_MESSAGE,
	    scratch_join(decoding->scratch, parts, COUNT_OF(parts)));
}

/* sendFile ⟨roomId⟩ ⟨path⟩ */
static enum chat_error
dotnet_decode_send_file(struct decoding *decoding, struct command *out)
{
	(void)take_word(decoding); /* the room */
	if (!has_more_words(decoding))
		return dotnet_refuse_usage(decoding, out,
		    STR(" <roomId> <filePath>"), STR(" abc-123 file.txt"));
	return dotnet_decode_send(decoding, out);
}

/* Only these two match exactly. */
static const struct command_word exact_words[] = {
	{ STR("chat"), COMMAND_BROADCAST, 0, dotnet_decode_chat },
	{ STR("privateChat"), COMMAND_DM,
	    COMMAND_IN_DIALOG | COMMAND_EXACT_NAME,
	    dotnet_decode_private_chat },
};

/* In lower case. */
static const struct command_word other_words[] = {
	{ STR("setusername"), COMMAND_RENAME, 0, dotnet_decode_set_username },
	{ STR("listusers"), COMMAND_LIST, 0, NULL },
	{ STR("privatemessage"), COMMAND_DM, COMMAND_EXACT_NAME,
	    dotnet_decode_private_message },
	{ STR("pm"), COMMAND_DM, COMMAND_EXACT_NAME,
	    dotnet_decode_private_message },
	{ STR("dm"), COMMAND_DM, COMMAND_EXACT_NAME,
	    dotnet_decode_private_message },
	{ STR("createroom"), COMMAND_ROOM_CREATE, COMMAND_ANY_NAME,
	    dotnet_decode_create_room },
	{ STR("joinroom"), COMMAND_ROOM_JOIN, COMMAND_UNLISTED,
	    dotnet_decode_room },
	{ STR("roommessage"), COMMAND_BROADCAST, 0,
	    dotnet_decode_room_message },
	{ STR("leaveroom"), COMMAND_ROOM_LEAVE, 0, dotnet_decode_room },
	{ STR("listrooms"), COMMAND_ROOM_LIST, 0, NULL },
	{ STR("listroommembers"), COMMAND_LIST, 0, dotnet_decode_room },
	{ STR("invitetoroom"), COMMAND_INVITE, 0, dotnet_decode_room_member },
	{ STR("kickfromroom"), COMMAND_KICK, 0, dotnet_decode_room_member },
	{ STR("send"), COMMAND_NOOP, 0, dotnet_decode_send },
	{ STR("sendfile"), COMMAND_NOOP, 0, dotnet_decode_send_file },
};

const struct command_word *
dotnet_type_find(struct scratch *scratch, struct str type)
{
	const struct command_word *word =
	    command_word_find(exact_words, COUNT_OF(exact_words), type);

	return word != NULL
		   ? word
		   : command_word_find(other_words, COUNT_OF(other_words),
			 scratch_lower(scratch, type));
}
