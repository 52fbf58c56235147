#include "cmd/parleyd/store_tool/store_print.h"

#include <inttypes.h>

static void
character_print(FILE *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(out, "\\%c", c);
	else if (c < 0x20)
		fprintf(out, "\\u%04x", c);
	else
		fputc(c, out);
}

static void
string_print(FILE *out, const char *key, struct str text)
{
	fprintf(out, ",\"%s\":\"", key);
	for (size_t i = 0; i < text.len; i++)
		character_print(out, (unsigned char)text.data[i]);
	fputc('"', out);
}

static void
string_print_if_any(FILE *out, const char *key, struct str text)
{
	if (!str_is_empty(text))
		string_print(out, key, text);
}

static void
object_begin(FILE *out, const char *type, struct str room, uint64_t lsn)
{
	fprintf(out, "{\"type\":\"%s\",\"lsn\":%" PRIu64, type, lsn);
	string_print(out, "room", room);
}

void
store_print_room(FILE *out, const struct room *room, uint64_t lsn)
{
	object_begin(out, "room", str_from(room->id), lsn);
	string_print(out, "name", str_from(room->name));
	string_print(out, "epoch", str_from(room->epoch));
	fprintf(out,
	    ",\"ttl_ms\":%" PRId64 ",\"max_members\":%zu"
	    ",\"created\":%" PRId64 "}\n",
	    room->ttl_ms, room->max_members, room->created_ms);
}

void
store_print_room_gone(FILE *out, struct str room, uint64_t lsn)
{
	object_begin(out, "room_gone", room, lsn);
	fputs("}\n", out);
}

/* JSON text as it came. A new line can only be white space in it. */
static void
body_print(FILE *out, struct str body)
{
	fputs(",\"message\":", out);
	for (size_t i = 0; i < body.len; i++) {
		char c = body.data[i];

		fputc(c == '\n' || c == '\r' ? ' ' : c, out);
	}
}

void
store_print_message(FILE *out, struct str room, const struct message *message,
    uint64_t lsn)
{
	object_begin(out, "message", room, lsn);
	fprintf(out, ",\"seq\":%" PRIu64 ",\"at\":%" PRId64, message->seq,
	    message->at_ms);
	string_print(out, "member", message->author);
	string_print(out, "member_id", message->author_id);
	string_print_if_any(out, "key", message->key);
	if (!str_is_empty(message->body))
		body_print(out, message->body);
	fputs("}\n", out);
}

void
store_print_attribute(FILE *out, struct str room,
    const struct attribute *attribute, uint64_t lsn)
{
	object_begin(out, "attribute", room, lsn);
	string_print(out, "kind",
	    str_from(attribute_kind_word(attribute->kind)));
	if (attribute->seq > 0)
		fprintf(out, ",\"seq\":%" PRIu64, attribute->seq);
	fprintf(out, ",\"at\":%" PRId64, attribute->at_ms);
	string_print_if_any(out, "subject", attribute->subject);
	string_print_if_any(out, "label", attribute->label);
	string_print(out, "value", attribute->value);
	string_print_if_any(out, "by", attribute->by);
	if (!str_is_empty(attribute->body))
		body_print(out, attribute->body);
	fputs("}\n", out);
}

void
store_print_trim(FILE *out, struct str room, uint64_t seq, uint64_t lsn)
{
	object_begin(out, "trim", room, lsn);
	fprintf(out, ",\"seq\":%" PRIu64 "}\n", seq);
}

void
store_print_room_summary(FILE *out, const struct room *room, int64_t active_ms,
    uint64_t messages, uint64_t bytes)
{
	fprintf(out, "{\"room\":\"%s\"", room->id);
	string_print(out, "name", str_from(room->name));
	fprintf(out,
	    ",\"messages\":%" PRIu64 ",\"bytes\":%" PRIu64
	    ",\"max_members\":%zu,\"created\":%" PRId64 ",\"active\":%" PRId64
	    "}\n",
	    messages, bytes, room->max_members, room->created_ms, active_ms);
}

void
store_print_finding(FILE *out, const struct recovery_finding *finding)
{
	const char *file = finding->file[0] != '\0' ? finding->file : "no file";

	fprintf(out, "%s: byte %" PRIu64 ", %" PRIu64 " bytes: ", file,
	    finding->at, finding->len);
	switch (finding->kind) {
	case FINDING_TORN:
		fprintf(out,
		    "unfinished, from LSN %" PRIu64 " on; %" PRIu64
		    " good records behind it\n",
		    finding->first, finding->records);
		break;
	case FINDING_LOST:
	case FINDING_REPORTED:
		fprintf(out,
		    "%" PRIu64 " records lost, LSN %" PRIu64 " to %" PRIu64
		    "%s\n",
		    finding->records, finding->first, finding->last,
		    finding->kind == FINDING_REPORTED ? " (known before)" : "");
		break;
	}
}

void
store_print_figures(FILE *out, const struct recovery_result *result)
{
	fputs("store_id ", out);
	for (size_t i = 0; i < STORE_ID_SIZE; i++)
		fprintf(out, "%02x", result->store_id[i]);
	fprintf(out,
	    "\nnext_lsn %" PRIu64 "\nsnapshot_lsn %" PRIu64
	    "\nfirst_segment_lsn %" PRIu64 "\nrecords %" PRIu64
	    "\njournal_bytes %" PRIu64 "\nsnapshot_bytes %" PRIu64 "\n",
	    result->next_lsn, result->snapshot_lsn, result->first_live_lsn,
	    result->records, result->bytes, result->live_bytes);
}
