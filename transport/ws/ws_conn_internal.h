/* For the files ws_conn*.c: the state of a WebSocket. */
#ifndef TRANSPORT_WS_CONN_INTERNAL_H
#define TRANSPORT_WS_CONN_INTERNAL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/net/budget.h"
#include "transport/net/token_bucket.h"
#include "transport/net/turn.h"
#include "transport/ws/ws_conn.h"

enum ws_state {
	WS_STATE_OPEN,
	WS_STATE_ENDING, /* ends with this turn; read for a close frame only */
	WS_STATE_CLOSING /* our close frame is sent, the peer's awaited */
};

/* A message or a frame that has begun to arrive. */
struct unfinished {
	struct ws_reader reader;
	uint32_t begun; /* a tick of the wheel */
};

struct ws_conn {
	void *session; /* of the endpoint; NULL before and after */
	struct unfinished *unfinished; /* NULL: none */
	union {
		struct budget own;        /* of an anonymous client */
		struct budget_pool *user; /* has_user: of all its connections */
	};
	struct turn_share share;
	struct token_bucket control;
	union {
		/* While it is open: moments, ticks of the wheel; 0: none. */
		struct {
			uint32_t leave_at;   /* draining: the moment to go */
			uint32_t resume_at;  /* reading is paused for so long */
			uint32_t pinged;     /* waits for a sign of life */
			uint32_t expires_at; /* its principal does */
		};
		/* From ws_conn_end() on. */
		struct {
			const char *end_reason;
			uint16_t end_code;
		};
	};
	uint32_t since;        /* the last byte, or its state, began: a tick */
	uint16_t idle_ticks;   /* silence that the dialect bears; 0: any */
	uint8_t state;         /* enum ws_state */
	bool peer_closed : 1;  /* it will send no close frame (any more) */
	bool input_failed : 1; /* its input is not understood any more */
	bool deflate : 1;      /* permessage-deflate was negotiated */
	bool awaits_auth : 1;  /* expires_at: its client must authenticate */
	bool sent_expiry : 1;  /* the endpoint was, or need not be */
	bool has_user : 1;
};

static_assert(sizeof(struct ws_conn) <= 88, "one per connection");

static inline struct ws_conn *
ws_of(const struct conn *conn)
{
	return conn->protocol_state;
}

static inline struct ws_service *
ws_service_of(const struct conn *conn)
{
	return conn->loop->websockets;
}

/* The reader stops where reading is paused. */
static inline bool
ws_goes_on(const struct conn *conn)
{
	return conn->state == CONN_OPEN && !conn_is_paused(conn);
}

extern const struct protocol_ops ws_protocol;

/* --- for another process -------------------------------------------------- */

bool ws_is_movable(const struct conn *);
void ws_pack(const struct conn *, struct packer *);

/* --- the end -------------------------------------------------------------- */

/* Once the peer has closed too, or is not understood any more. */
void ws_close_if_done(struct conn *);

/* --- deadlines ------------------------------------------------------------ */

/* When the client is notified that its principal expires; 0: it need not be. */
uint32_t ws_notice_due(const struct conn *);

uint32_t ws_next_deadline(const struct conn *);
void ws_on_deadline(struct conn *);

/* --- charging ------------------------------------------------------------- */

void ws_update_budgets(struct conn *);

/* The same, and the bytes of a message are charged. */
void ws_charge_message(struct conn *, size_t bytes);

/* False: the connection has to wait for the next turn. */
bool ws_begin_turn(struct conn *);

void ws_pause_under_pressure(struct conn *);

/* It was paused for so long; it waits on while its files are behind. */
void ws_resume(struct conn *);

/* --- input ---------------------------------------------------------------- */

void ws_drop_unfinished(struct conn *);
size_t ws_on_bytes(struct conn *, char *data, size_t len);
void ws_on_rest(struct conn *);
void ws_on_eof(struct conn *);
size_t ws_input_held(const struct conn *, uint32_t *since);

#endif
