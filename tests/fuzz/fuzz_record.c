/*
 * Records and their payloads. As bytes of a file: nothing is read beyond them.
 * As a payload: what can be read of it can be written again, and a record made
 * of it is read unchanged, unless a bit of it is flipped.
 */
#include <stdlib.h>

#include "persistence/format/record_payload.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())
#define SALT UINT64_C(0x1122334455667788)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_bytes(struct str bytes)
{
	struct segment_head head;
	struct record record;
	size_t size;
	enum record_state state =
	    record_read(bytes.data, bytes.len, SALT, &record, &size);

	CHECK((state != RECORD_GOOD && state != RECORD_BAD_PAYLOAD) ||
	      size <= bytes.len);
	(void)segment_head_read(bytes.data, bytes.len, &head);
}

static void
message_record_check(struct str payload)
{
	struct message message = { 0 }, again = { 0 };
	struct str room, room_again;
	char *out;

	if (!message_payload_read(payload, &room, &message))
		return;
	CHECK(message_payload_size(room, &message) <= payload.len);
	out = malloc(message_payload_size(room, &message));
	payload = str_slice(out, message_payload_write(out, room, &message));
	CHECK(message_payload_read(payload, &room_again, &again));
	CHECK(message.seq == again.seq && message.at_ms == again.at_ms);
	CHECK(str_equal(room, room_again) &&
	      str_equal(message.author, again.author) &&
	      str_equal(message.author_id, again.author_id) &&
	      str_equal(message.key, again.key) &&
	      str_equal(message.body, again.body));
	free(out);
}

static void
check_attribute(struct str payload)
{
	struct attribute attribute, again;
	struct str room, room_again;
	char *out;

	if (!attribute_payload_read(payload, &room, &attribute))
		return;
	CHECK(attribute_can_be_set(&attribute));
	CHECK(attribute_payload_size(room, &attribute) <= payload.len);
	out = malloc(attribute_payload_size(room, &attribute));
	payload =
	    str_slice(out, attribute_payload_write(out, room, &attribute));
	CHECK(attribute_payload_read(payload, &room_again, &again));
	CHECK(attribute.kind == again.kind && attribute.seq == again.seq &&
	      attribute.at_ms == again.at_ms);
	CHECK(str_equal(room, room_again) &&
	      str_equal(attribute.subject, again.subject) &&
	      str_equal(attribute.label, again.label) &&
	      str_equal(attribute.value, again.value) &&
	      str_equal(attribute.by, again.by) &&
	      str_equal(attribute.body, again.body));
	free(out);
}

static void
room_record_check(struct str payload)
{
	struct room room, again;
	char *out;

	if (!room_payload_read(payload, &room))
		return;
	CHECK(room_payload_size(&room) <= payload.len);
	out = malloc(room_payload_size(&room));
	payload = str_slice(out, room_payload_write(out, &room));
	CHECK(room_payload_read(payload, &again));
	CHECK(strcmp(room.id, again.id) == 0 &&
	      strcmp(room.name, again.name) == 0 &&
	      strcmp(room.epoch, again.epoch) == 0 &&
	      room.max_members == again.max_members &&
	      room.ttl_ms == again.ttl_ms);
	free(out);
}

static void
check_others(struct str payload)
{
	struct open_payload open;
	struct lost_range lost;
	struct str room;
	uint64_t number;
	int64_t at_ms;

	if (open_payload_read(payload, &open))
		CHECK(open.version.len <= payload.len);
	if (room_gone_payload_read(payload, &room))
		CHECK(room_gone_payload_size(room) <= payload.len);
	if (trim_payload_read(payload, &room, &number, &at_ms))
		CHECK(trim_payload_size(room) <= payload.len);
	if (lost_payload_read(payload, &lost))
		CHECK(lost.first <= lost.last);
	if (snap_end_payload_read(payload, &number))
		CHECK(payload.len >= SNAP_END_PAYLOAD_SIZE);
}

/* The payload decides which bit is turned. */
static void
check_record(struct str payload)
{
	size_t size = record_size(payload.len), end, bit;
	char *bytes = malloc(size);
	struct record record = { .lsn = 1, .ahead = 1, .payload = payload };
	struct record out;

	if (payload.len > 0)
		memcpy(bytes + RECORD_HEAD_SIZE, payload.data, payload.len);
	record_write(bytes, &record, SALT);
	CHECK(record_read(bytes, size, SALT, &out, &end) == RECORD_GOOD);
	CHECK(end == size && str_equal(out.payload, payload));
	bit = payload.len > 0 ? (uint8_t)payload.data[0] * size / 32 : 0;
	if (bit / 8 < RECORD_HEAD_SIZE + payload.len) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		CHECK(record_read(bytes, size, SALT, &out, &end) !=
		      RECORD_GOOD);
	}
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = str_slice((const char *)data, size);

	if (size > RECORD_PAYLOAD_MOST)
		return 0;
	check_bytes(bytes);
	message_record_check(bytes);
	check_attribute(bytes);
	room_record_check(bytes);
	check_others(bytes);
	check_record(bytes);
	return 0;
}
