/* What connections may cost. Public: filled in by the program. */
#ifndef TRANSPORT_LIMITS_H
#define TRANSPORT_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A rate and how much of it may come at once. rate 0: no limit. */
struct rate_limit {
	uint32_t rate; /* per second */
	uint32_t burst;
};

/*
 * docs/configuration.md explains each. Times are in milliseconds; 0 means
 * that nothing is limited, unless noted otherwise.
 */
struct transport_limits {
	/* being let in */
	size_t connections;
	size_t sockets;            /* descriptors for connections of any kind */
	size_t connections_per_ip; /* a /64 counts as one; loopback is exempt */
	struct rate_limit accepts;
	int64_t handshake_timeout_ms; /* never 0 */
	size_t request_bytes;
	size_t request_headers;
	size_t body_bytes;       /* of a request's body */
	int64_t body_timeout_ms; /* and a second more for each KiB of it */
	/* what comes in */
	size_t frame_bytes; /* a whole message, all its frames */
	size_t input_total; /* unfinished messages of all connections */
	size_t fragments;   /* and one for each WS_FRAGMENT_BYTES received */
	int64_t message_time_ms; /* from a message's first frame to its last */
	size_t json_depth;
	struct rate_limit messages; /* commands */
	struct rate_limit bytes;    /* received, inflated, and encoded */
	struct rate_limit fanout;   /* bytes sent, times receivers */
	struct rate_limit joins;    /* rooms that one user joins or creates */
	/* What clients of one address without an account may cause together, as
	 * many times these. */
	uint32_t budgets_per_ip;
	uint32_t turn_sends; /* members of rooms sent to in one turn */
	/* Slowed down for longer than this: refused; 0: refused at once. */
	int64_t patience_ms;
	struct rate_limit control_frames;
	/* what goes out */
	size_t output_soft; /* while more waits, commands are not read */
	int64_t output_soft_time_ms; /* how long that, or lagging, may last */
	size_t output_hard;          /* answers and direct messages that wait */
	size_t output_total;         /* memory held for slow readers */
	size_t lobby_bytes;          /* frames of a lobby kept for them */
	int64_t write_stall_ms;
	/* being alive */
	int64_t ping_interval_ms;
	int64_t pong_timeout_ms;
	int64_t close_timeout_ms; /* never 0 */
	size_t memory; /* own accounting of everything held for members */
	/* permessage-deflate */
	bool deflate;
	uint32_t deflate_ratio;
	size_t inflate_floor; /* a message may inflate to this at any ratio */
	/* going down */
	int64_t drain_delay_ms;
	int64_t drain_window_ms;
	int64_t drain_timeout_ms;
};

#endif
