#include "wire/hooks/hook_question.h"

#include <assert.h>

#include "domain/text/utf8.h"
#include "wire/json/json_fields.h"
#include "wire/json/json_select.h"

#define ANSWER_DEPTH 64

/* --- questions ------------------------------------------------------------ */

/* What a client sends need not be UTF-8. */
static void
candidate_put(struct wire_text *out, struct str head, struct str text)
{
	if (!str_is_empty(text) && utf8_is_valid(text))
		json_field_string(out, head, text);
}

void
hook_put_candidate(struct wire_text *out,
    const struct hook_candidate *candidate)
{
	wire_text_append(out, STR("{\"question\":\"connect\""));
	candidate_put(out, STR(",\"user\":"), candidate->user);
	candidate_put(out, STR(",\"name\":"), candidate->name);
	candidate_put(out, STR(",\"member_id\":"), candidate->member_id);
	candidate_put(out, STR(",\"address\":"), candidate->address);
	candidate_put(out, STR(",\"path\":"), candidate->path);
	candidate_put(out, STR(",\"query\":"), candidate->query);
	candidate_put(out, STR(",\"dialect\":"), candidate->dialect);
	wire_text_append(out, STR("}"));
}

static bool
is_publication(const struct command *command)
{
	return command->body.data != NULL;
}

void
hook_put_command(struct wire_text *out, const struct command *command,
    const struct member *author)
{
	bool publishes = is_publication(command);

	json_field_string(out, STR("{\"question\":"),
	    publishes ? STR("publish") : STR("join"));
	json_field_string(out, STR(",\"command\":"),
	    str_from(command_kind_word(command->kind)));
	json_field_string(out, STR(",\"member\":"), str_from(author->name));
	json_field_string(out, STR(",\"member_id\":"), str_from(author->id));
	json_field_boolean(out, STR(",\"user\":"), author->is_user);
	json_field_optional(out, STR(",\"room\":"), command->room);
	json_field_optional(out, STR(",\"to\":"), command->recipient);
	if (!publishes)
		json_field_boolean(out, STR(",\"create\":"),
		    command_may_create_room(command));
	if (command->kind == COMMAND_EDIT)
		json_field_unsigned(out, STR(",\"seq\":"), command->from_seq);
	if (publishes)
		json_field_message(out, STR(",\"message\":"), command->body);
	wire_text_append(out, STR("}"));
}

/* --- answers -------------------------------------------------------------- */

/* Without control characters; longer ones are refused. */
static bool
reason_read(const struct json_value *value, char out[HOOK_REASON_MOST + 1])
{
	size_t len;

	if (!json_is_string(value) ||
	    !json_string_copy(&value->string, out, HOOK_REASON_MOST, &len))
		return false;
	out[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			return false;
	return true;
}

const char *
hook_read_decision(struct str json, struct hook_decision *out)
{
	static const struct str keys[] = { STR("allow"), STR("text"),
		STR("message") };
	enum {
		ALLOW,
		TEXT,
		MESSAGE,
		KEYS
	};
	struct json_value values[KEYS];
	enum json_error error;

	*out = (struct hook_decision){ .message = STR_ABSENT };
	error = json_select(json, ANSWER_DEPTH, NULL, keys, values, KEYS);
	if (error != JSON_OK)
		return json_error_text(error).data;
	if (values[ALLOW].text.data == NULL ||
	    values[ALLOW].type != JSON_BOOLEAN)
		return "allow is not true or false";
	out->allows = values[ALLOW].text.data[0] == 't';
	if (json_is_given(&values[TEXT]) &&
	    !reason_read(&values[TEXT], out->text))
		return "text is not a text of up to 200 bytes";
	if (json_is_given(&values[MESSAGE]))
		out->message = values[MESSAGE].text;
	if (str_equal(out->message, STR("\"\"")))
		return "message is empty";
	return NULL;
}
