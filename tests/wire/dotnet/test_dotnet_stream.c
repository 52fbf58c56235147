/* Whole connections of the dotnet dialect: bytes in, steps out. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/base/pack.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/wire/vectors.h"
#include "wire/common/scratch.h"
#include "wire/dotnet/dialect_dotnet.h"
#include "wire/dotnet/mux.h"

#define HELLO              \
	"\x2f\xdf\x1d\x50" \
	"0123456789abcdef"
#define OFFER_1 "\x00\x00\x00\x00\x01\x00\x08messages"
#define OFFER_3                        \
	"\x00\x00\x00\x00\x03\x00\x05" \
	"files"
#define OPEN HELLO OFFER_1 OFFER_3
#define OPENED "hello\naccept 1\naccept 3\nconnects 1\n"

static struct scratch scratch;

/* A connection, and a line for each step and each frame of an answer. */
struct client {
	void *state;
	char text[8192];
	size_t len;
	bool is_over;
	size_t frame_bytes;
};

static const struct dialect_stream *const stream = &dotnet_stream;

static void
client_init(struct client *client)
{
	*client = (struct client){ .frame_bytes = VECTOR_FRAME_BYTES };
	client->state = malloc(stream->state_size);
	ck_assert_ptr_nonnull(client->state);
	stream->init(client->state);
}

static void
client_fini(struct client *client)
{
	stream->fini(client->state);
	free(client->state);
}

static void client_note(struct client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
client_note(struct client *client, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	client->len += (size_t)vsnprintf(client->text + client->len,
	    sizeof(client->text) - client->len, format, args);
	va_end(args);
	ck_assert_uint_lt(client->len, sizeof(client->text));
}

/* The answer is whole frames, behind the first bytes. */
static void
note_answer(struct client *client, const struct wire_text *answer)
{
	static const char *const codes[] = { "offer", "accept", "content",
		"finish", "terminate" };
	struct mux_reader reader = { .has_hello = true };
	struct str input = str_slice(answer->data, answer->len);

	if (input.len >= 4 && memcmp(input.data, HELLO, 4) == 0) {
		client_note(client, "hello\n");
		input = str_slice(input.data + 20, input.len - 20);
	}
	while (mux_read(&reader, &input) == MUX_FRAME) {
		client_note(client, "%s %u\n", codes[reader.code],
		    reader.channel);
		mux_take(&reader, &input, mux_available(&reader, input));
	}
	ck_assert_uint_eq(reader.head_len, 0);
}

static void
note_command(struct client *client, const struct command *command,
    const struct failure *why)
{
	if (why->error == CHAT_OK)
		client_note(client, "%s", command_kind_word(command->kind));
	else
		client_note(client, "%s", chat_error_word(why->error));
	if (command->body.data != NULL && command->body.len < 100)
		client_note(client, " %.*s", (int)command->body.len,
		    command->body.data);
	client_note(client, "\n");
}

/* Notes a step. False: the bytes are used up, or the connection ends. */
static bool
client_step(struct client *client, struct stream_input *input)
{
	struct wire_context context = {
		.json_depth = VECTOR_JSON_DEPTH,
		.frame_bytes = client->frame_bytes,
	};
	struct command command;
	struct failure why;
	struct wire_text answer;
	enum stream_step step;

	wire_text_init(&answer);
	step = stream->read(client->state, input, &context, &command, &why,
	    &scratch, &answer);
	note_answer(client, &answer);
	if (step == STREAM_CONNECTS)
		client_note(client, "connects %u\n",
		    stream->form(client->state));
	else if (step == STREAM_COMMAND)
		note_command(client, &command, &why);
	else if (step == STREAM_ENDS)
		client_note(client, "ends %u %s\n", answer.close_code,
		    answer.close_reason);
	else
		ck_assert_uint_eq(input->bytes.len, 0);
	client->is_over = step == STREAM_ENDS;
	wire_text_fini(&answer);
	return step != STREAM_WAITS && step != STREAM_ENDS;
}

/* At the end of its memory, so that reading beyond it is found. */
static void
client_send_message(struct client *client, struct str bytes, bool is_text)
{
	char *copy = malloc(bytes.len == 0 ? 1 : bytes.len);
	struct stream_input input = { .is_text = is_text };

	ck_assert_ptr_nonnull(copy);
	str_put(copy, bytes);
	input.bytes = str_slice(copy, bytes.len);
	while (!client->is_over && client_step(client, &input))
		;
	free(copy);
}

static void
client_send_bytes(struct client *client, struct str bytes)
{
	client_send_message(client, bytes, false);
}

#define BYTES(literal)                       \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static const struct {
	struct str bytes;
	const char *steps;
} streams[] = {
	{ BYTES(OPEN), OPENED },
	{ BYTES(HELLO "\x00\x00\x00\x00\x01\x00\x05"
		      "files"
		      "\x00\x00\x00\x00\x03\x00\x08messages"),
	    "hello\naccept 1\naccept 3\nconnects 2\n" },
	/* Other channels are refused. */
	{ BYTES(HELLO "\x00\x00\x00\x00\x01\x00\x05"
		      "video"
		      "\x00\x00\x00\x00\x03\x00\x08messages"
		      "\x00\x00\x00\x00\x05\x00\x05"
		      "files"),
	    "hello\nterminate 1\naccept 3\naccept 5\nconnects 3\n" },
	{ BYTES(OPEN "\x00\x00\x00\x00\x05\x00\x00"
		     "\x00\x00\x00\x00\x07\x00\x09messages\n"
		     "\x00\x00\x00\x00\x09\x00\x05"
		     "files"
		     "\x04\x00\x00\x00\x05\x00\x00"),
	    OPENED "terminate 5\nterminate 7\nterminate 9\n" },
	{ BYTES(HELLO "\x00\x00\x00\x00\x07\x00\x08messages"
		      "\x00\x00\x00\x00\x09\x00\x05"
		      "files"),
	    "hello\naccept 7\naccept 9\n"
	    "ends 1002 messages and files must be offered first\n" },
	/* Lines. */
	{ BYTES(OPEN "\x02\x00\x00\x00\x01\x00\x03{}\n"),
	    OPENED "broadcast \"\"\n" },
	{ BYTES(OPEN "\x02\x00\x00\x00\x01\x00\x0d\r\n \n{}\n {} \r\n"),
	    OPENED "broadcast \"\"\nbroadcast \"\"\n" },
	{ BYTES(OPEN "\x02\x00\x00\x00\x01\x00\x01{"
		     "\x02\x00\x00\x00\x03\x00\x02{}"
		     "\x02\x00\x00\x00\x01\x00\x00"
		     "\x02\x00\x00\x00\x01\x00\x04}\n{}"
		     "\x02\x00\x00\x00\x01\x00\x01\n"),
	    OPENED "broadcast \"\"\nbroadcast \"\"\n" },
	{ BYTES(OPEN "\x02\x00\x00\x00\x01\x00\x0c{\"a\"\n{}x\n{}\n"),
	    OPENED "noop\nnoop\nbroadcast \"\"\n" },
	{ BYTES(OPEN "\x02\x00\x00\x00\x01\x00\x0f{\"Type\":\"pm\"} \n"),
	    OPENED "bad_field\n" },
	/* Before the client is connected. */
	{ BYTES(HELLO OFFER_1 "\x02\x00\x00\x00\x01\x00\x03{}\n" OFFER_3),
	    "hello\naccept 1\naccept 3\nconnects 1\n" },
	/* Codes that are not known. */
	{ BYTES(OPEN "\x05\x00\x00\x00\x01\x00\x04\xff\xff\xff\xff"
		     "\xee\x00\x00\x00\x09\x00\x00"
		     "\x02\x00\x00\x00\x01\x00\x03{}\n"),
	    OPENED "broadcast \"\"\n" },
	/* The end of a channel. */
	{ BYTES(OPEN "\x03\x00\x00\x00\x03\x00\x00"
		     "\x02\x00\x00\x00\x01\x00\x03{}\n"
		     "\x03\x00\x00\x00\x01\x00\x00"),
	    OPENED "finish 3\nbroadcast \"\"\nfinish 1\nends 1000 \n" },
	{ BYTES(OPEN "\x03\x00\x00\x00\x01\x00\x00"),
	    OPENED "finish 1\nfinish 3\nends 1000 \n" },
	{ BYTES(OPEN "\x04\x00\x00\x00\x03\x00\x02xx"
		     "\x04\x00\x00\x00\x03\x00\x00"
		     "\x04\x00\x00\x00\x01\x00\x00"),
	    OPENED "terminate 3\nterminate 1\nends 1000 \n" },
	{ BYTES(HELLO OFFER_1 "\x04\x00\x00\x00\x01\x00\x00"),
	    "hello\naccept 1\nterminate 1\nends 1000 \n" },
	/* Violations. */
	{ BYTES(OPEN "\x02\x00\x00\x00\x05\x00\x03{}\n"),
	    OPENED "ends 1002 content of an unknown channel\n" },
	{ BYTES(HELLO "\x02\x00\x00\x00\x01\x00\x03{}\n"),
	    "hello\nends 1002 content of an unknown channel\n" },
	{ BYTES(OPEN "\x04\x00\x00\x00\x03\x00\x00"
		     "\x02\x00\x00\x00\x03\x00\x03{}\n"),
	    OPENED "terminate 3\nends 1002 content of an unknown channel\n" },
	{ BYTES(OPEN "\x03\x00\x00\x00\x05\x00\x00"),
	    OPENED "ends 1002 end of an unknown channel\n" },
	{ BYTES(OPEN "\x03\x00\x00\x00\x03\x00\x00"
		     "\x03\x00\x00\x00\x03\x00\x00"),
	    OPENED "finish 3\nends 1002 end of an unknown channel\n" },
	{ BYTES(OPEN "\x01\x00\x00\x00\x02\x00\x00"),
	    OPENED "ends 1002 no channel was offered\n" },
	{ BYTES(HELLO "\x00\x00\x00\x00\x02\x00\x08messages"),
	    "hello\nends 1002 bad number of a channel\n" },
	{ BYTES(HELLO "\x00\x00\x00\x00\x00\x00\x08messages"),
	    "hello\nends 1002 bad number of a channel\n" },
	{ BYTES(OPEN "\x00\x00\x00\x00\x03\x00\x01x"),
	    OPENED "ends 1002 bad number of a channel\n" },
	{ BYTES(OPEN "\x02\x00\x00\x00\x01\x50\x01"),
	    OPENED "ends 1002 frame of a channel is too long\n" },
	{ BYTES("\x2f\xdf\x1d\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	    "ends 1002 random bytes of the handshake are zero\n" },
	{ BYTES("{\"Type\":\"listUsers\"}"),
	    "ends 1002 handshake magic number mismatch\n" },
};

static void
check_steps(struct client *client, int n)
{
	ck_assert_str_eq(client->text, streams[n].steps);
	client_fini(client);
}

/* As to another process. */
static void
client_move(struct client *client)
{
	struct packer packer = { .len = 0 };
	struct unpacker from;

	stream->pack(client->state, &packer);
	for (size_t len = 0; len < packer.len; len++) {
		stream->fini(client->state);
		stream->init(client->state);
		from =
		    (struct unpacker){ .rest = str_slice(packer.bytes, len) };
		ck_assert(!stream->unpack(client->state, &from));
	}
	stream->fini(client->state);
	stream->init(client->state);
	from = (struct unpacker){ .rest = packer_str(&packer) };
	ck_assert(stream->unpack(client->state, &from));
	ck_assert_uint_eq(from.rest.len, 0);
	packer_fini(&packer);
}

START_TEST(another_state_goes_on_anywhere)
{
	struct str bytes = streams[_i].bytes;
	struct client client;

	client_init(&client);
	for (size_t i = 0; i < bytes.len && !client.is_over; i++) {
		client_send_bytes(&client, str_slice(bytes.data + i, 1));
		client_move(&client);
	}
	check_steps(&client, _i);
}
END_TEST

START_TEST(reads_a_stream)
{
	struct client client;

	client_init(&client);
	client_send_bytes(&client, streams[_i].bytes);
	check_steps(&client, _i);
}
END_TEST

START_TEST(reads_the_same_byte_by_byte)
{
	struct client client;

	client_init(&client);
	for (size_t i = 0; i < streams[_i].bytes.len; i++)
		client_send_bytes(&client,
		    str_slice(streams[_i].bytes.data + i, 1));
	check_steps(&client, _i);
}
END_TEST

START_TEST(reads_the_same_split_anywhere)
{
	struct str bytes = streams[_i].bytes;

	for (size_t at = 0; at <= bytes.len; at++) {
		struct client client;

		client_init(&client);
		client_send_bytes(&client, str_slice(bytes.data, at));
		client_send_bytes(&client,
		    str_slice(bytes.data + at, bytes.len - at));
		check_steps(&client, _i);
	}
}
END_TEST

/* "messages" is channel 1. */
static void
client_send_content(struct client *client, struct str content)
{
	struct wire_text text;

	wire_text_init(&text);
	wire_text_append(&text, content);
	mux_wrap_content(&text, 1);
	client_send_bytes(client, str_slice(text.data, text.len));
	wire_text_fini(&text);
}

START_TEST(a_line_may_be_as_long_as_a_frame)
{
	struct client client;
	struct wire_text line;

	client_init(&client);
	client.frame_bytes = 100000;
	client_send_bytes(&client, STR(OPEN));
	client.len = 0;
	wire_text_init(&line);
	memset(wire_text_reserve(&line, 100000), ' ', 100000);
	line.len = 100000;
	memcpy(line.data, "{}", 2);
	line.data[99999] = '\n';
	client_send_content(&client, str_slice(line.data, line.len));
	ck_assert_str_eq(client.text, "broadcast \"\"\n");
	client.len = 0;
	client_send_content(&client, str_slice(line.data, 99999));
	ck_assert_uint_ge(stream->held(client.state), 99999);
	ck_assert_uint_le(stream->held(client.state), 2 * 99999);
	client_send_content(&client, STR("  "));
	ck_assert_str_eq(client.text, "ends 1009 line is too long\n");
	wire_text_fini(&line);
	client_fini(&client);
}
END_TEST

START_TEST(an_idle_connection_holds_nothing)
{
	struct client client;

	client_init(&client);
	client_send_bytes(&client, STR(OPEN));
	client_send_content(&client, STR("{"));
	ck_assert_uint_gt(stream->held(client.state), 0);
	client_send_content(&client, STR("}\n"));
	ck_assert_uint_eq(stream->held(client.state), 0);
	client_fini(&client);
}
END_TEST

START_TEST(without_memory_the_connection_ends)
{
	struct wire_context context = { VECTOR_JSON_DEPTH, VECTOR_FRAME_BYTES,
		WIRE_NEW };
	struct stream_input input = { STR("{"), false };
	struct client client;
	struct command command;
	struct failure why;
	struct wire_text answer = { .len = 0 };
	enum stream_step step;

	if (!malloc_can_fail())
		return;
	client_init(&client);
	client_send_bytes(&client, STR(OPEN "\x02\x00\x00\x00\x01\x00\x03"));
	malloc_fail_at(1);
	step = stream->read(client.state, &input, &context, &command, &why,
	    &scratch, &answer);
	malloc_fail_at(0);
	ck_assert_int_eq(step, STREAM_ENDS);
	ck_assert_uint_eq(answer.close_code, 1011);
	client_fini(&client);
}
END_TEST

static const struct {
	const char *text, *steps;
} texts[] = {
	{ "listUsers", "connects 0\nlist\n" },
	{ "", "connects 0\n" },
	{ " \n", "connects 0\nunknown_command\n" },
	{ "createRoom my dev", "connects 0\nroom_create\n" },
	{ "joinRoom 25a05739\r\n", "connects 0\nroom_join\n" },
	{ "roomMessage 25a05739 Hello \"room\"!",
	    "connects 0\nbroadcast \"Hello \\\"room\\\"!\"\n" },
	{ "sendFile 25a05739 a.txt", "connects 0\nbad_field\n" },
	{ "chat Hello", "connects 0\nbroadcast \"Hello\"\n" },
	{ "Hello", "connects 0\nunknown_command\n" },
	{ "{\"type\":\"chat\",\"MESSAGE\":\"Hello\"}",
	    "connects 0\nbroadcast \"Hello\"\n" },
	{ "{\"Type\":\"listRooms\"}", "connects 0\nroom_list\n" },
	{ "{\"Type\":\"dance\"}", "connects 0\nnoop\n" },
	{ "{", "connects 0\nbad_json\n" },
};

START_TEST(reads_texts)
{
	struct client client;

	client_init(&client);
	client_send_message(&client, str_from(texts[_i].text), true);
	ck_assert_str_eq(client.text, texts[_i].steps);
	client_fini(&client);
}
END_TEST

START_TEST(a_connection_does_not_change_its_kind)
{
	struct client client;

	client_init(&client);
	client_send_bytes(&client, STR(OPEN));
	client.len = 0;
	client_send_message(&client, STR("listUsers"), true);
	ck_assert_str_eq(client.text,
	    "ends 1003 text and binary messages in one connection\n");
	client_fini(&client);
	client_init(&client);
	client_send_message(&client, STR(""), true);
	client.len = 0;
	client_send_bytes(&client, STR(OPEN));
	ck_assert_str_eq(client.text,
	    "ends 1003 text and binary messages in one connection\n");
	client_fini(&client);
}
END_TEST

/* Texts that need escapes, as long as a line may be, and longer. */
START_TEST(long_lines_are_refused)
{
	char line[30000] = "roomMessage r ";
	const size_t head = strlen(line);
	struct client client;

	for (int n = 0; n < 4; n++) {
		bool is_long = n % 2 == 1;
		char c = n < 2 ? 'a' : '"';
		size_t rest = is_long ? 26000 : 20000;

		rest /= n < 2 ? 1 : 6;
		memset(line + head, c, rest);
		client_init(&client);
		client_send_message(&client, STR(""), true);
		client.len = 0;
		client_send_message(&client, str_slice(line, head + rest),
		    true);
		ck_assert_str_eq(client.text,
		    is_long ? "message_too_large\n" : "broadcast\n");
		client_fini(&client);
	}
}
END_TEST

START_TEST(wraps_messages_in_the_form_of_the_client)
{
	static const char *const heads[] = { "{}", "\x02\0\0\0\x01\0\x03{}\n",
		"\x02\0\0\0\x03\0\x03{}\n", "\x02\0\0\0\x03\0\x03{}\n" };

	for (unsigned form = 0; form < stream->forms; form++) {
		size_t len = form == 0 ? 2 : 10;
		struct wire_text text;

		wire_text_init(&text);
		wire_text_append(&text, STR("{}"));
		stream->wrap(&text, form);
		ck_assert_uint_eq(text.len, len);
		ck_assert_mem_eq(text.data, heads[form], len);
		ck_assert_int_eq(text.is_binary, form != 0);
		wire_text_fini(&text);
	}
}
END_TEST

SUITE(dotnet_stream)
{
	int count = COUNT_OF(streams);

	tcase_add_loop_test(tests, reads_a_stream, 0, count);
	tcase_add_loop_test(tests, another_state_goes_on_anywhere, 0, count);
	tcase_add_loop_test(tests, reads_the_same_byte_by_byte, 0, count);
	tcase_add_loop_test(tests, reads_the_same_split_anywhere, 0, count);
	tcase_add_test(tests, a_line_may_be_as_long_as_a_frame);
	tcase_add_test(tests, an_idle_connection_holds_nothing);
	tcase_add_test(tests, without_memory_the_connection_ends);
	tcase_add_loop_test(tests, reads_texts, 0, COUNT_OF(texts));
	tcase_add_test(tests, a_connection_does_not_change_its_kind);
	tcase_add_test(tests, long_lines_are_refused);
	tcase_add_test(tests, wraps_messages_in_the_form_of_the_client);
}
