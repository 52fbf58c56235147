/* For the files of the API only. */
#ifndef TRANSPORT_API_INTERNAL_H
#define TRANSPORT_API_INTERNAL_H

#include <stdint.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/command.h"
#include "domain/event.h"
#include "domain/publisher.h"
#include "domain/room.h"
#include "transport/api/api.h"
#include "transport/http/http_conn.h"
#include "transport/ws/admission.h"
#include "wire/api/api_request.h"
#include "wire/dialect.h"

struct input_buffer;
struct scratch;

struct api {
	struct publisher base; /* first: its address is this one */
	struct api_config config;
	struct publisher *publisher; /* the hub's */
	struct command_handler *handler;
	char key[API_KEY_MOST];
	size_t key_len; /* 0: nothing is served */
	char name[API_NAME_MOST];
	size_t name_len;
	bool has_listener;
	bool has_files;
	char files_base[API_BASE_MOST + 1];
	struct id_map calls;   /* by id */
	struct id_map watched; /* struct api_room, by id */
	struct list watchers;  /* calls that watch a room */
	struct list kept;      /* rooms without an end so far, oldest first */
	size_t kept_count;
	uint64_t last_call;  /* the number of the newest */
	struct trace *trace; /* of the loop, while a call watches; or NULL */
	unsigned trace_calls;
	struct scratch *scratch;
};

/* A room that calls wait for messages of. */
struct api_room {
	struct list watchers;
	char id[ROOM_ID_SIZE];
	struct list
	    live; /* struct api_live: what is no message, oldest first */
	size_t live_bytes;
	uint64_t live_number; /* of the newest */
	uint64_t last_seq;    /* of the newest message */
	/* While it is kept for readers that come again, see api_room_keep(). */
	uint32_t kept_as; /* a random number; 0: it is not kept */
	int64_t kept_until_ms;
	struct list kept_link;
};

/* What a stream consists of. */
enum api_events {
	API_EVENTS_MESSAGE = 1 << 0,
	API_EVENTS_CHANGE = 1 << 1,  /* edited, redacted, reacted */
	API_EVENTS_PRESENCE = 1 << 2 /* joined, left, renamed, count */
};

struct api_call;

/* What a route does. */
struct api_operation {
	/*
	 * The request is whole, and who asks may do it. Hands commands in with
	 * api_call_ask(), or sets call->status.
	 */
	void (*run)(struct api_call *);
	/* An answer to one of the commands. */
	void (*receive)(struct api_call *, const struct event *);
	/*
	 * All commands are answered, but there is no status yet. Sets what is
	 * to be sent; false: it has sent something itself. NULL: there always
	 * is a status.
	 */
	bool (*finish)(struct api_call *);
	/*
	 * Goes on with a call that watches a room: a stream with what follows
	 * into call->out, another one as it likes.
	 */
	void (*go_on)(struct api_call *);
	/*
	 * The next bytes of a body that is not kept, and its end. NULL: run()
	 * gets the whole body; else it is called before.
	 */
	void (*on_body)(struct api_call *, struct str);
	void (*on_body_end)(struct api_call *);
	enum command_kind kind; /* of what a moderator does */
	const char *param;      /* of its path; NULL: there is none */
	const char *number;     /* another one, which is a number; or NULL */
	bool for_users;         /* not only for backends */
	bool takes_url_key;     /* with one in the query all clients may ask */
};

/* The answer to one message. */
struct api_result {
	struct wire_text text;
	int status;
	bool is_refused; /* its room could not be created */
};

/* "~", and a number: no member has such an id. */
#define API_CALL_ID_SIZE 18
#define API_SUBJECT_SIZE 256

struct api_call {
	struct api *api;
	struct http_exchange *exchange;
	const struct api_operation *operation;
	struct candidate candidate; /* while the admission decides */
	bool is_candidate;
	bool is_of_user;  /* admitted, not by the key */
	bool has_url_key; /* which has not failed to open the file */
	bool needs_admin; /* of a user; others are refused */
	bool is_running;  /* run(), or a stream's go_on(): what it asks may be
			     answered before its end */
	bool is_live;     /* a stream that is counted as a connection */
	bool has_ended;   /* a stream: nothing follows what is in `out` */
	bool has_begun;   /* a stream: it was sent something */
	bool reads_again; /* a stream: the position was set back */
	bool misses_live; /* a stream: events that it wants, besides messages */
	bool is_poll;     /* a stream that is answered with what there is */
	bool has_created; /* the room of the path */
	bool awaits_body; /* of an operation with on_body() */
	bool is_transfer; /* the response is a file, which is being sent */
	unsigned rights;
	char member_id[ID_SIZE]; /* of the user; "": anonymous, or a backend */
	char *scope;             /* command.scope, with a NUL; NULL: absent */
	int64_t expires_at_ms;   /* of the user; 0: never */
	bool has_mark;           /* it is a user's: */
	struct principal_mark mark;
	char id[API_CALL_ID_SIZE];
	char subject[API_SUBJECT_SIZE]; /* the room or member of the path */
	uint64_t number;                /* of the path */
	struct input_buffer *body;
	unsigned answers_due;
	/* The answer. */
	int status;
	struct wire_text out;
	char headers[1536];
	const char *cache_control; /* NULL: nothing is to be kept */
	/* Of each message that is published. */
	struct api_result *results;
	size_t result_count;
	/* Of a call that watches a room; NULL: it does not. */
	struct api_room *watched;
	struct list room_link;
	struct list watch_link;
	char epoch[ID_SIZE];   /* as far as the reader knows */
	uint64_t next;         /* the first message that it does not have */
	unsigned events;       /* of enum api_events, of a stream */
	uint64_t live_next;    /* the first event that it does not have */
	uint32_t kept_as;      /* of the room, as far as the reader knows */
	uint64_t room_seq;     /* the room's last message, at the beginning */
	uint32_t limit;        /* messages of a page */
	unsigned query_flags;  /* COMMAND_HAS_AFTER, … */
	int64_t until_ms;      /* monotonic: it waits until then */
	int64_t deadline_ms;   /* the same, of a page: for a message */
	int64_t asked_ms;      /* monotonic: when a stream asked for its room */
	size_t sent;           /* bytes of `out` that it has had */
	struct api_file *file; /* of an operation on files; or NULL */
	struct trace_watch *trace; /* of GET /v1/trace; or NULL */
};

/* --- api_call.c ----------------------------------------------------------- */

/*
 * Begins a call of the exchange: who asks is checked, the body awaited, then
 * the operation runs. False: the API is not there for this listener.
 */
bool api_call_begin(struct http_exchange *, const struct api_operation *);

/*
 * Hands a command of the server in. Each is answered once; the answer has the
 * ref, which is copied.
 */
enum chat_error api_call_ask(struct api_call *, struct command *,
    struct str ref);

/* Asks the admission; the operation is run as soon as that accepts. */
void api_call_admit(struct api_call *);

/* An answer came. The call may be over afterwards. */
void api_call_receive(struct api_call *, const struct event *);

/* Hands in further commands later; the call may be over afterwards. */
void api_call_run_again(struct api_call *, void (*run)(struct api_call *));

/* The answer is a failure. */
void api_call_fail(struct api_call *, const struct failure *);
void api_call_fail_field(struct api_call *, const char *field);

/* Adds a line to the head of the response, with CR LF; one that fits. */
void api_call_add_header(struct api_call *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets the head of a response that follows at once. */
void api_call_respond_head(struct api_call *, int status,
    const char *content_type);

/* Encodes an answer into call->out and call->status. */
void api_call_put(struct api_call *, const struct event *);

/* The body, for decoding. */
struct api_body api_call_body(const struct api_call *);

/* The room of the path. */
static inline struct str
api_call_subject(const struct api_call *call)
{
	return str_from(call->subject);
}

int64_t api_call_now_ms(const struct api_call *);

/* Whether the server goes down: calls that wait end. */
bool api_call_is_draining(const struct api_call *);

/* --- api_budget.c --------------------------------------------------------- */

/* Charges for a request. Beyond the client's budget, its call has failed. */
void api_budget_take(struct api_call *);

/*
 * Charges a message to the user that it is as of, or, of a batch, to who asks.
 * False: `why` is the answer.
 */
bool api_budget_take_message(struct api_call *, const struct command *,
    bool in_batch, struct failure *why);

/* A room may be created; the answer is whole. */
void api_budget_charge_join(struct api_call *);
void api_budget_charge_answer(struct api_call *);

/* --- api_watch.c ---------------------------------------------------------- */

/*
 * Calls that watch a room ask for it so often: a node without members of the
 * room follows it among several nodes as long as it is asked for.
 */
#define API_ASK_MS 10000

/*
 * At the end of each turn with a message of the room, or when call->until_ms
 * has passed, the call goes on. False: no memory.
 */
bool api_watch(struct api_call *, struct str room);
void api_unwatch(struct api_call *);

/* Of the rooms without a reader so many are kept, for so long. */
#define API_KEPT_MOST 256
#define API_KEPT_MS 15000

/*
 * Keeps the room of a call, with all events that are no messages, for readers
 * that go on from call->live_next soon. Until then kept_as does not change.
 */
void api_room_keep(struct api_call *);

/* They are not needed any more. */
void api_rooms_forget(struct api *);

/* Something was published in a room. */
void api_watch_wake(struct api *, struct str room);

/* Lets calls look at the time, and forgets rooms. */
void api_watch_tick(struct api *, int64_t now_ms);

/* --- api_live.c ----------------------------------------------------------- */

/* Keeps what is published in a room for its readers, and wakes them. */
void api_live_publish(struct api *, const struct event *, struct str room);

/* The message that its next event follows; UINT64_MAX: there is none. */
uint64_t api_live_after(const struct api_call *);

/* Appends that event, or that some are missing, to call->out. */
void api_live_put(struct api_call *);

/* The last reader has gone. */
void api_live_clear(struct api_room *);

/* --- api_stream.c --------------------------------------------------------- */

/*
 * The answer is a stream, which counts as a connection: go_on() is called at
 * the end of turns in which the call was woken. False: it has begun, or was
 * refused; true: the call has failed.
 */
bool api_stream_begin(struct api_call *, const char *content_type);

/* Its token is good no more. */
bool api_stream_has_expired(const struct api_call *);

/* Why a stream may not go on; NULL: it may. */
const char *api_stream_end_reason(const struct api_call *);

/* Appends what there is to call->out. */
void api_stream_fill(struct api_call *);

/* --- api_poll.c ----------------------------------------------------------- */

/* Reads for how long the reader waits. False: the call has failed. */
bool api_poll_read(struct api_call *);

/* The room is known: as api_operation.finish(). */
bool api_poll_begin(struct api_call *);
void api_poll_go_on(struct api_call *);

/* --- api_trace.c ---------------------------------------------------------- */

/* An event was published to so many. */
void api_trace_published(struct api *, const struct event *,
    const struct audience *, size_t count);

/* The call is over. */
void api_trace_end(struct api_call *);

/* --- api_query.c ---------------------------------------------------------- */

/* Each reads a parameter of the query. False: the call has failed. */

/* *out does not change if it is absent; *given, unless NULL, says so. */
bool api_query_number(struct api_call *, const struct http_request *,
    const char *name, uint64_t most, uint64_t *out, bool *given);

/* The same in seconds, perhaps with "s" behind them. */
bool api_query_seconds(struct api_call *, const struct http_request *,
    const char *name, uint64_t most, int64_t *ms);

/* Of the path, before the call begins. */
bool api_param_number(struct api_call *, const char *name, uint64_t *out);

/* The text is in `out`, "" if it is absent. */
bool api_query_text(struct api_call *, const struct http_request *,
    const char *name, char *out, size_t size);

/* --- api_upload.c --------------------------------------------------------- */

/* The headers that tus requires for OPTIONS. */
bool api_upload_answer_options(struct http_exchange *);

/* --- operations ----------------------------------------------------------- */

#define API_OPERATIONS(X) \
	X(info)           \
	X(nodes)          \
	X(trace)          \
	X(rooms)          \
	X(room_post)      \
	X(room_put)       \
	X(room_get)       \
	X(room_patch)     \
	X(room_delete)    \
	X(publish)        \
	X(batch)          \
	X(broadcast)      \
	X(history)        \
	X(stream)         \
	X(room_members)   \
	X(redact)         \
	X(invite)         \
	X(role)           \
	X(kick)           \
	X(mute)           \
	X(unmute)         \
	X(ban)            \
	X(unban)          \
	X(members)        \
	X(member_end)     \
	X(connections)    \
	X(connection_end) \
	X(revoke)         \
	X(file_post)      \
	X(file_patch)     \
	X(file_get)       \
	X(file_delete)

#define X(name) extern const struct api_operation operation_##name;
API_OPERATIONS(X)
#undef X

#endif
