/* A dialect: how one kind of client encodes commands and events. Public. */
#ifndef WIRE_DIALECT_H
#define WIRE_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/command.h"
#include "domain/event.h"

/* For which reader an event is encoded. */
enum viewpoint {
	VIEW_AUTHOR, /* the member that caused it */
	VIEW_OTHERS
};

/* Membership of a connection, for dialects that open with a handshake. */
enum wire_stage {
	WIRE_NEW,    /* has never been in a room */
	WIRE_INSIDE, /* is in a room */
	WIRE_OUTSIDE /* was in a room and left */
};

#define WIRE_DEPTH_MAX 256

/* What a decoder depends on besides the message. */
struct wire_context {
	size_t json_depth;     /* 1 to WIRE_DEPTH_MAX */
	size_t frame_bytes;    /* longest message, in any dialect */
	enum wire_stage stage; /* for dialects with stages, else WIRE_NEW */
};

/* The state of a decoder: wire/common/scratch.h. */
struct scratch;

/*
 * A growing text. The caller reuses it for the next event, so that encoding
 * usually allocates nothing.
 */
struct wire_text {
	char *data;
	size_t len;
	size_t capacity;
	bool failed;              /* no memory: the text is incomplete */
	unsigned close_code;      /* 0, or: close after sending this */
	const char *close_reason; /* a constant, with close_code */
	bool is_binary;           /* for a binary message */
	bool has_second;          /* a stream's second channel has a part: */
	size_t second_at;         /* where that begins */
};

void wire_text_init(struct wire_text *);
void wire_text_fini(struct wire_text *);
/* Empties the text. Frees a large buffer, keeps a small one. */
void wire_text_reset(struct wire_text *);

/*
 * Rate rule of a dialect: after `messages` messages (COMMAND_BURST_LIMITED)
 * further ones are refused until none was accepted for pause_ms.
 */
struct burst_limit {
	uint32_t messages; /* 0: no such rule */
	int64_t pause_ms;
};

struct packer;
struct unpacker;
struct http_compat_response;
struct http_compat_request;

/* A WebSocket message of a stream. Reading removes bytes from its front. */
struct stream_input {
	struct str bytes;
	bool is_text;
};

/* The result of reading a part of a stream. */
enum stream_step {
	STREAM_WAITS,    /* all bytes are read; it goes on with the next ones */
	STREAM_CONNECTS, /* the client can be connected now, and form() is set
			  */
	STREAM_COMMAND,  /* a command, as decode() returns it */
	STREAM_ENDS      /* answer->close_code is set */
};

/*
 * A dialect whose WebSocket messages contain a stream of bytes, or whose
 * connections differ in how they are encoded. It has a state per connection.
 */
struct dialect_stream {
	size_t state_size;
	unsigned forms; /* different encodings of the same event; at least 1 */
	void (*init)(void *state);
	void (*fini)(void *state);
	/*
	 * Reads up to the next step. Texts of the command are valid until the
	 * next call; `answer` is appended to, and is sent as a binary message
	 * before what follows from the step.
	 */
	enum stream_step (*read)(void *state, struct stream_input *,
	    const struct wire_context *, struct command *out,
	    struct failure *why, struct scratch *, struct wire_text *answer);
	/* From STREAM_CONNECTS on: how events are encoded for the client. */
	unsigned (*form)(const void *state);
	/* Memory held for what has begun to arrive. */
	size_t (*held)(const void *state);
	/* Whether something has begun and is not whole: it has a deadline. */
	bool (*is_unfinished)(const void *state);
	/* Makes a message of what encode() wrote. Empty: nothing is sent. */
	void (*wrap)(struct wire_text *, unsigned form);
	/*
	 * Whether the event makes the server send a file to its receivers, and
	 * the id of that. NULL: no event does.
	 */
	bool (*pushes_file)(const struct event *, char id[ID_SIZE]);
	/*
	 * For another process: the state, into a fresh one. False: no such
	 * bytes, or no memory.
	 */
	void (*pack)(const void *state, struct packer *);
	bool (*unpack)(void *state, struct unpacker *);
};

struct dialect {
	const char *name;        /* "command" */
	const char *subprotocol; /* offered and chosen; NULL: none */
	enum id_style ids;
	unsigned connect_flags; /* of enum command_flag, for COMMAND_CONNECT */
	bool every_path;        /* its listeners upgrade at any path */
	bool has_stages;        /* decode reads wire_context.stage */
	int64_t idle_ms; /* close a connection that sent no frame; 0: never */
	struct burst_limit burst_limit; /* replaces limits.messages */
	/* A bit (1ul << kind) for each event that authors see differently. */
	unsigned long author_differs;
	/*
	 * Decodes one message into one command. On failure `why` is the
	 * answer (CHAT_OK: decoded); out->ref is set if it could be read. out
	 * and why are zeroed first. Texts point into message or scratch and
	 * are valid as long as both. Even on failure out->flags may have
	 * COMMAND_BURST_LIMITED. why->fatal: close after the answer.
	 */
	enum chat_error (*decode)(struct str message,
	    const struct wire_context *, struct command *out,
	    struct failure *why, struct scratch *);
	/*
	 * Appends the encoding of an event. False: this dialect does not have
	 * the event, send nothing. Check out->failed and out->close_code.
	 */
	bool (*encode)(const struct event *, enum viewpoint,
	    struct wire_text *out);
	/*
	 * Answers a plain HTTP request to a listener of this dialect, see
	 * wire/common/http_compat.h. NULL, or false: the server's own answer.
	 */
	bool (*http_compat)(const struct http_compat_request *,
	    struct http_compat_response *out);
	const struct dialect_stream
	    *stream; /* NULL: one message, one command */
};

#define DIALECTS_MAX 8

/* The forms of all dialects together, at most. */
#define DIALECT_FORMS_MAX 8

/* How many different encodings of an event a dialect has. */
static inline unsigned
dialect_forms(const struct dialect *dialect)
{
	return dialect->stream == NULL ? 1 : dialect->stream->forms;
}

/* All dialects, ended by NULL. */
const struct dialect *const *dialects(void);

/* By name; NULL: unknown. */
const struct dialect *dialect_find(struct str name);

/* Its index in dialects(). */
size_t dialect_index(const struct dialect *);

/*
 * Seeds the hashes of the readers, once at start-up: a peer cannot choose
 * keys that collide.
 */
void dialects_seed(uint64_t seed);

#endif
