/*
 * Whole sessions: several clients in all dialects use the transport, the hub,
 * the commands and the file store, on a disk that fails; then the power fails,
 * and acknowledged messages must be found. See session_oracle.h.
 *
 * The input is a list of steps: a byte chooses the step, the next ones its
 * client and its arguments.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "domain/base/count_of.h"
#include "tests/fuzz/session_oracle.h"
#include "tests/fuzz/session_world.h"
#include "transport/ws/ws_frame.h"
#include "wire/dotnet/mux.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLIENTS 6
#define DOTNET (CLIENTS - 1)
#define STARTS_MOST 4

struct client {
	int fd; /* -1: not connected */
	bool reads;
	bool is_open; /* the handshake was answered */
	char *unread;
	size_t len;
	size_t capacity;
	struct oracle_client view;
	struct mux_reader mux; /* these two of a dotnet client */
	struct wire_text content;
};

static struct world world;
static struct oracle oracle;
static struct client clients[CLIENTS];
static const char *const commands_sent[CLIENTS] = {
	"command",
	"command",
	"command",
	"action",
	"topic",
	"dotnet",
};

/* --- the input ------------------------------------------------------------ */

struct input {
	const uint8_t *data;
	size_t len;
};

static unsigned
input_byte(struct input *input)
{
	if (input->len == 0)
		return 0;
	input->len--;
	return *input->data++;
}

/* A number below `count`, from one byte. */
static unsigned
input_choice(struct input *input, unsigned count)
{
	return input_byte(input) % count;
}

/* --- clients -------------------------------------------------------------- */

static bool
is_native(const struct client *client)
{
	return client - clients < 3;
}

static void
client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->unread);
	wire_text_fini(&client->content);
	*client = (struct client){ .fd = -1 };
}

/* Data that does not fit into the socket is lost with the connection. */
static void
fuzz_client_send(struct client *client, const void *data, size_t len)
{
	if (client->fd < 0)
		return;
	if (send(client->fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		client_close(client);
}

static void
fuzz_client_send_frame(struct client *client, uint8_t opcode, const char *text,
    size_t len)
{
	static uint8_t frame[80000];
	static const char mask[4];
	size_t head = ws_frame_encode(opcode, true, 0, len, frame);

	frame[1] |= 0x80;
	memcpy(frame + head, mask, sizeof(mask));
	memcpy(frame + head + sizeof(mask), text, len);
	fuzz_client_send(client, frame, head + sizeof(mask) + len);
}

static void
fuzz_client_send_text(struct client *client, const char *text, size_t len)
{
	fuzz_client_send_frame(client, WS_TEXT, text, len);
}

__attribute__((format(printf, 2, 3))) static void
client_post(struct client *client, const char *format, ...)
{
	static char text[75000];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fuzz_client_send_text(client, text, (size_t)len);
}

static void
dotnet_open(struct client *client)
{
	static const char bytes[] = "\x2f\xdf\x1d\x50"
				    "0123456789abcdef"
				    "\0\0\0\0\1\0\10messages"
				    "\0\0\0\0\3\0\5files";

	fuzz_client_send_frame(client, WS_BINARY, bytes, sizeof(bytes) - 1);
}

static void
fuzz_client_connect(struct client *client)
{
	static const char request[] =
	    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

	client_close(client);
	client->fd = world_connect(&world, commands_sent[client - clients]);
	client->reads = true;
	client->view.native = is_native(client);
	fuzz_client_send(client, request, sizeof(request) - 1);
	if (client == &clients[DOTNET])
		dotnet_open(client);
}

/* The server's stream: its first bytes, and frames of channels that are open.
 */
static void
dotnet_receive(struct client *client, struct str bytes)
{
	enum mux_result result;

	while ((result = mux_read(&client->mux, &bytes)) != MUX_SHORT) {
		size_t len = mux_available(&client->mux, bytes);

		require(result == MUX_FRAME || result == MUX_NO_ODD,
		    "a bad stream");
		if (result == MUX_NO_ODD) {
			client->mux = (struct mux_reader){ .has_hello = true };
			continue;
		}
		require(client->mux.code <= MUX_TERMINATE, "a bad mux frame");
		wire_text_append(&client->content,
		    mux_take(&client->mux, &bytes, len));
	}
	require(!client->content.failed, "memory");
	wire_text_append(&client->content, str_slice("", 1));
	if (client->content.len > 1)
		oracle_receive(&oracle, &client->view, client->content.data,
		    client->content.len - 1);
	wire_text_reset(&client->content);
}

/* Returns how many bytes the first frame took; 0: it is not whole. */
static size_t
fuzz_client_take_frame(struct client *client)
{
	struct ws_frame_head head;
	size_t used;
	char *payload;
	char kept;

	if (client->len == 0 ||
	    ws_frame_decode((uint8_t *)client->unread, client->len, &head,
		&used) != WS_FRAME_OK ||
	    client->len - used < head.length)
		return 0;
	require(!head.masked && head.fin && head.rsv == 0, "a bad frame");
	payload = client->unread + used;
	if (head.opcode == WS_TEXT) {
		kept = payload[head.length]; /* there is always room for NUL */
		payload[head.length] = '\0';
		oracle_receive(&oracle, &client->view, payload, head.length);
		payload[head.length] = kept;
	} else if (head.opcode == WS_BINARY) {
		require(client == &clients[DOTNET], "a binary message");
		dotnet_receive(client, str_slice(payload, head.length));
	}
	return used + head.length;
}

static void
client_take(struct client *client)
{
	size_t used = 0;

	if (!client->is_open) {
		char *end = memmem(client->unread, client->len, "\r\n\r\n", 4);

		if (end == NULL)
			return;
		client->is_open =
		    strncmp(client->unread, "HTTP/1.1 101", 12) == 0;
		used = client->is_open ? (size_t)(end + 4 - client->unread)
				       : client->len;
	} else {
		used = fuzz_client_take_frame(client);
	}
	client->len -= used;
	memmove(client->unread, client->unread + used, client->len);
	if (used > 0)
		client_take(client);
}

static void
fuzz_client_receive(struct client *client)
{
	while (client->fd >= 0) {
		ssize_t got;

		if (client->capacity - client->len < 65536) {
			client->capacity += 1 << 18;
			client->unread =
			    realloc(client->unread, client->capacity);
			require(client->unread != NULL, "memory");
		}
		got = recv(client->fd, client->unread + client->len,
		    client->capacity - client->len - 1, 0);
		if (got > 0) {
			client->len += (size_t)got;
			client_take(client);
		} else {
			if (got == 0 || errno != EAGAIN)
				client_close(client);
			return;
		}
	}
}

static void
world_run_turn(void)
{
	world_turn(&world);
	for (int i = 0; i < CLIENTS; i++)
		if (clients[i].reads)
			fuzz_client_receive(&clients[i]);
}

/* --- requests of clients -------------------------------------------------- */

static const size_t lengths[] = { 16, 16, 100, 1000, 5000, 40000 };

static const char *
pick_room(struct input *input)
{
	return oracle_rooms[input_choice(input, ORACLE_ROOMS)];
}

static void
native_post(struct client *client, struct input *input)
{
	const char *room = pick_room(input);
	size_t number = oracle.count;
	const char *text = oracle_compose(&oracle,
	    lengths[input_choice(input, COUNT_OF(lengths))]);

	if (text == NULL)
		return;
	oracle.messages[number].room = room;
	client_post(client,
	    "{\"command\":\"broadcast\",\"room\":\"%s\","
	    "\"ref\":%zu,\"key\":\"k%zu\",\"message\":%s}",
	    room, number, number, text);
}

/* The same key in the same room: the same message. */
static void
native_retry(struct client *client, struct input *input)
{
	size_t back = 1 + input_byte(input) % 8, number;
	const char *room;

	if (back > oracle.count)
		return;
	number = oracle.count - back;
	room = oracle.messages[number].room;
	if (room != NULL)
		client_post(client,
		    "{\"command\":\"broadcast\",\"room\":\"%s\","
		    "\"ref\":%zu,\"key\":\"k%zu\",\"message\":%s}",
		    room, number, number,
		    oracle_compose_again(&oracle, number));
}

static void
native_join(struct client *client, struct input *input)
{
	const char *room = pick_room(input);

	client_post(client,
	    "{\"command\":\"join\",\"room\":\"%s\",\"create\":true,"
	    "\"persistent\":%s,\"history\":%u}",
	    room, room[0] == 'p' ? "true" : "false",
	    input_choice(input, 4) * 5);
}

static void
native_other(struct client *client, struct input *input)
{
	static const char *const commands[] = {
		"{\"command\":\"leave\",\"room\":\"%s\"}",
		"{\"command\":\"history\",\"room\":\"%s\",\"limit\":20}",
		"{\"command\":\"history\",\"room\":\"%s\",\"after\":2}",
		"{\"command\":\"list\",\"room\":\"%s\"}",
		"{\"command\":\"typing\",\"room\":\"%s\"}",
		"{\"command\":\"rooms\",\"ref\":\"%s\"}",
		"{\"command\":\"ping\",\"ref\":\"%s\"}",
		"{\"command\":\"me\",\"ref\":\"%s\"}",
		"{\"command\":\"name\",\"name\":\"%s\"}",
		"{\"command\":\"broadcast\",\"message\":\"%s\"}",
		"{\"command\":\"dm\",\"recipient\":\"%s\",\"message\":\"hi\"}",
		"{\"command\":\"create\",\"name\":\"%s\",\"room\":\"other\"}",
	};
	unsigned which = input_choice(input, COUNT_OF(commands));
	const char *room = pick_room(input);
	char text[128];
	const char *hole = strstr(commands[which], "%s");

	snprintf(text, sizeof(text), "%.*s%s%s", (int)(hole - commands[which]),
	    commands[which], room, hole + 2);
	fuzz_client_send_text(client, text, strlen(text));
}

static void
action_post(struct client *client, struct input *input)
{
	const char *text;

	switch (input_choice(input, 4)) {
	case 0:
		client_post(client, "{\"action\":\"join\",\"body\":\"%s\"}",
		    pick_room(input));
		break;
	case 1:
		client_post(client, "{\"action\":\"leave\"}");
		break;
	default:
		text = oracle_compose(&oracle, 30);
		if (text != NULL)
			client_post(client,
			    "{\"action\":\"message\",\"body\":%s}", text);
	}
}

static void
topic_post(struct client *client, struct input *input)
{
	const char *text;

	switch (input_choice(input, 4)) {
	case 0:
		client_post(client,
		    "{\"type\":\"join\",\"username\":\"bob\",\"topic\":\"%s\"}",
		    pick_room(input));
		break;
	case 1:
		client_post(client, "{\"type\":\"leave\"}");
		break;
	default:
		text = oracle_compose(&oracle, 30);
		if (text != NULL)
			client_post(client,
			    "{\"type\":\"message\",\"message\":%s}", text);
	}
}

/* A line of a channel, in frames that end anywhere. */
__attribute__((format(printf, 4, 5))) static void
dotnet_send_line(struct client *client, struct input *input, char channel,
    const char *format, ...)
{
	static char text[70000], frame[MUX_HEAD_BYTES + MUX_PAYLOAD_MOST];
	size_t most = 1 + 80 * (size_t)input_byte(input), done = 0, len;
	va_list args;

	va_start(args, format);
	len = (size_t)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (size_t part; done < len; done += part) {
		part = len - done < most ? len - done : most;
		frame[0] = MUX_CONTENT;
		frame[4] = channel;
		frame[5] = (char)(part >> 8);
		frame[6] = (char)part;
		memcpy(frame + MUX_HEAD_BYTES, text + done, part);
		fuzz_client_send_frame(client, WS_BINARY, frame,
		    MUX_HEAD_BYTES + part);
	}
}

static void
dotnet_post(struct client *client, struct input *input)
{
	static const char *const types[] = { "fileUploadComplete", "fileOffer",
		"fileOfferAuto", "fileAccept", "fileReject" };
	static const char *const commands[] = { "joinRoom", "leaveRoom",
		"listRoomMembers", "setUsername", "createRoom", "send" };
	unsigned what = input_choice(input, 16);
	unsigned id = input_choice(input, 4);
	const char *text;

	if (what == 0)
		dotnet_open(client);
	else if (what < 4)
		dotnet_send_line(client, input, 3,
		    "{\"Type\":\"fileUpload\",\"ChunkIndex\":%u,"
		    "\"FileId\":\"0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e1%u\","
		    "\"FileInfo\":{\"FileName\":\"a\"},"
		    "\"Data\":\"AAAAAAAA\"}\n",
		    input_choice(input, 3), id);
	else if (what < 8)
		dotnet_send_line(client, input, 3,
		    "{\"Type\":\"%s\",\"ToUsername\":\"%s\","
		    "\"FileId\":\"0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e1%u\"}\n",
		    types[input_choice(input, COUNT_OF(types))],
		    input_choice(input, 2) == 0 ? "" : "ROOM:p1", id);
	else if (what < 11)
		dotnet_send_line(client, input, 1,
		    "{\"Type\":\"%s\",\"Message\":\"%s\"}\n",
		    commands[input_choice(input, COUNT_OF(commands))],
		    pick_room(input));
	else {
		const char *room = pick_room(input);

		text = oracle_compose(&oracle,
		    lengths[input_choice(input, COUNT_OF(lengths))]);
		if (text != NULL)
			dotnet_send_line(client, input, 1,
			    "{\"Type\":\"%s\",\"RoomId\":\"%s\","
			    "\"Message\":%s}\n",
			    what < 14 ? "roomMessage" : "chat", room, text);
	}
}

static void
client_post_random(struct client *client, struct input *input)
{
	unsigned what;

	if (client->fd < 0)
		fuzz_client_connect(client);
	if (client == &clients[DOTNET]) {
		dotnet_post(client, input);
		return;
	}
	if (!is_native(client)) {
		if (strcmp(commands_sent[client - clients], "action") == 0)
			action_post(client, input);
		else
			topic_post(client, input);
		return;
	}
	what = input_choice(input, 8);
	if (what < 2)
		native_join(client, input);
	else if (what < 5)
		native_post(client, input);
	else if (what == 5)
		native_retry(client, input);
	else
		native_other(client, input);
}

/* Bytes of the input, without the marks that the oracle looks for. */
static void
client_send_unlimited(struct client *client, struct input *input, bool framed)
{
	char text[256];
	size_t len = input_byte(input);

	if (len > input->len)
		len = input->len;
	for (size_t i = 0; i < len; i++) {
		text[i] = (char)input_byte(input);
		if (text[i] == '#')
			text[i] = '.';
	}
	if (framed)
		fuzz_client_send_text(client, text, len);
	else
		fuzz_client_send(client, text, len);
}

/* --- faults and power cuts
 * -------------------------------------------------- */

static void
disk_fail(struct input *input)
{
	static const int errors[] = { EIO, ENOSPC, EINTR, ENOMEM, EMFILE, 0 };
	struct disk_fault fault = {
		.call = (enum disk_call)input_choice(input, DISK_CALLS),
		.nth = 1 + input_choice(input, 16),
		.error = errors[input_choice(input, COUNT_OF(errors))],
		.forever = input_byte(input) & 1,
	};

	if (fault.call == DISK_CALL_LOCK)
		return;
	/* A call that is interrupted or short is repeated until it is not. */
	if (fault.error == EINTR || fault.error == 0)
		fault.forever = false;
	/* One at a time: the disk counts no more than a few. */
	memory_disk_heal(world.memory);
	memory_disk_fail(world.memory, fault);
}

/* Data in the sockets was sent before the power failed. */
static void
cut_power(struct input *input)
{
	enum crash_shape shape =
	    (enum crash_shape)input_choice(input, CRASH_SHAPES);
	struct memory_disk *left =
	    world_cut_power(&world, shape, input_byte(input));

	for (int i = 0; i < CLIENTS; i++) {
		fuzz_client_receive(&clients[i]);
		client_close(&clients[i]);
	}
	world_power_off(&world, left);
}

static void
input_world_start(void)
{
	world_start(&world);
	oracle_check(&oracle, file_store_rooms(world.files),
	    file_store_history(world.files), world.now_ms);
}

static void
input_step(struct input *input)
{
	unsigned what = input_byte(input), who = what / 16;
	struct client *client =
	    &clients[who == 15 ? DOTNET : who % (CLIENTS - 1)];

	switch (what % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
		client_post_random(client, input);
		break;
	case 4:
		fuzz_client_connect(client);
		break;
	case 5:
		client_close(client);
		break;
	case 6:
		client->reads = !client->reads;
		break;
	case 7:
		client_send_unlimited(client, input, true);
		break;
	case 8:
		client_send_unlimited(client, input, false);
		break;
	case 9:
		world_pass(&world, 1 + 40 * (int64_t)input_byte(input));
		break;
	case 10:
		disk_fail(input);
		break;
	case 11:
		memory_disk_heal(world.memory);
		break;
	case 12:
	case 13:
		world_write(&world);
		break;
	default:
		world_run_turn();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	int starts = 1;

	memset(&oracle, 0, sizeof(oracle));
	world_init(&world);
	for (int i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	input_world_start();
	while (input.len > 0) {
		if (*input.data == 0xff && starts < STARTS_MOST) {
			input_byte(&input);
			cut_power(&input);
			input_world_start();
			starts++;
		} else {
			input_step(&input);
		}
	}
	cut_power(&input);
	input_world_start();
	world_stop(&world);
	world_fini(&world);
	return 0;
}
