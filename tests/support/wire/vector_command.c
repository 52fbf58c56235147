#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "tests/support/wire/vectors.h"

static const char *const flags[] = { "may_create", "persistent", "has_since",
	"has_after", "has_before", "no_lobby", "leaves_others", "current_room",
	"ack", "any_size", "any_name", "named_by_id", "guest", "of_guests",
	"fatal", "burst_limited", "unlisted", [20] = "named_user",
	"in_dialog", [22] = "private", "moderated", "remove", "detailed",
	"mine", [28] = "exact_name" };

static void
print_flags(FILE *out, char mark, unsigned given)
{
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if ((given & 1u << i) != 0 && flags[i] != NULL)
			fprintf(out, "%c %s\n", mark, flags[i]);
}

/* Shows invisible characters as their codes. */
static void
print_text(FILE *out, const char *name, struct str text)
{
	if (text.data == NULL)
		return;
	fprintf(out, "%s ", name);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c < 0x20)
			fprintf(out, "<%02x>", c);
		else
			fputc(c, out);
	}
	fputc('\n', out);
}

static void
print_number(FILE *out, const char *name, uint64_t number)
{
	if (number != 0)
		fprintf(out, "%s %" PRIu64 "\n", name, number);
}

char *
vector_of_command(const struct command *command)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		abort();
	fprintf(out, "= %s\n", command_kind_word(command->kind));
	print_flags(out, '=', command->flags);
	print_text(out, "= ref", command->ref);
	print_text(out, "= room", command->room);
	print_text(out, "= name", command->name);
	print_text(out, "= recipient", command->recipient);
	print_text(out, "= body", command->body);
	print_text(out, "= key", command->key);
	print_text(out, "= fields", command->fields);
	print_number(out, "= id_style", command->id_style);
	print_text(out, "= after", command->after);
	print_text(out, "= reaction", command->reaction);
	print_text(out, "= reason", command->reason);
	print_text(out, "= token", command->token);
	print_text(out, "= topic", command->topic);
	print_text(out, "= role", command->role);
	print_text(out, "= since_epoch", command->since_epoch);
	print_number(out, "= since_seq", command->since_seq);
	print_number(out, "= from_seq", command->from_seq);
	print_number(out, "= limit", command->limit);
	print_number(out, "= ttl_ms", (uint64_t)command->ttl_ms);
	print_number(out, "= max_members", command->max_members);
	print_number(out, "= max_rooms", command->max_rooms);
	print_number(out, "= duration_ms", (uint64_t)command->duration_ms);
	print_number(out, "= slow_ms", (uint64_t)command->slow_ms);
	fclose(out);
	return text;
}

char *
vector_of_failure(const struct command *command, const struct failure *failure)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		abort();
	fprintf(out, "! %s\n", chat_error_word(failure->error));
	print_flags(out, '!', command->flags & COMMAND_BURST_LIMITED);
	print_text(out, "! ref", command->ref);
	print_text(out, "! command", failure->command);
	print_text(out, "! text", failure->text);
	print_text(out, "! field", failure->field);
	print_number(out, "! offset", failure->offset);
	print_number(out, "! limit", (uint64_t)failure->limit);
	if (failure->fatal)
		fputs("! fatal\n", out);
	fclose(out);
	return text;
}
