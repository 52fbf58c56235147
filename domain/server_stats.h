/* Figures of the server, for monitors. */
#ifndef DOMAIN_SERVER_STATS_H
#define DOMAIN_SERVER_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/histogram.h"
#include "domain/base/str.h"
#include "domain/command.h"
#include "domain/error.h"
#include "domain/log.h"
#include "domain/room.h"
#include "domain/totals.h"

#define SERVER_STATS_ROOMS 12

/* Figures of the file store. */
struct store_health {
	bool is_kept;          /* false: no file store, the rest is unset */
	uint64_t is_writable;  /* now: 0 or 1 */
	uint64_t lost;         /* records that were lost, at the start */
	uint64_t bytes;        /* of the journal, snapshots not counted */
	uint64_t waiting;      /* bytes to be written */
	uint64_t appended;     /* total: records */
	uint64_t batches;      /* total: writes of records */
	uint64_t segments;     /* total: segments begun */
	uint64_t syncs;        /* total */
	uint64_t failures;     /* total: failed writes and syncs */
	uint64_t compacted;    /* total: compactions */
	struct histogram sync; /* how long syncs took */
};

/* What became of a question to a hook. */
enum hook_question_result {
	HOOK_QUESTION_ALLOWED,
	HOOK_QUESTION_REWRITTEN, /* allowed, with another message */
	HOOK_QUESTION_DENIED,
	HOOK_QUESTION_FAILED, /* no answer: the policy decided */
	HOOK_QUESTION_RESULTS
};

/* Figures of the hooks. Totals are of events, except where noted. */
struct hook_stats {
	bool is_on;             /* false: there are none, the rest is unset */
	uint64_t sent;          /* total: the receiver took them */
	uint64_t lost;          /* total: beyond hooks.memory, or at a start */
	uint64_t dead;          /* total: given up */
	uint64_t batches;       /* total: that the receiver took */
	uint64_t failures;      /* total: requests that failed */
	uint64_t waiting;       /* now */
	uint64_t waiting_bytes; /* now */
	uint64_t lag_ms;        /* how long the first has waited */
	bool asks;              /* false: nothing is asked, the rest is unset */
	uint64_t questions[HOOK_QUESTION_RESULTS]; /* total */
	struct histogram question_time;            /* of those answered */
};

/*
 * Messages and droppable events for rooms and the lobby, times receivers. Each
 * copy that was accepted is in one of the others: accepted = delivered +
 * skipped + aborted + waiting.
 */
struct copy_totals {
	uint64_t accepted;
	uint64_t delivered; /* handed to the connection */
	uint64_t skipped;   /* by rule: droppable, or expired, for a slow one */
	uint64_t aborted;   /* the connection ended, or left the room */
	uint64_t waiting;   /* not a total: for slow connections, now */
};

/* What became of a `since`: see struct recovery. */
enum recovery_outcome {
	RECOVERY_COMPLETE,
	RECOVERY_GAP,   /* messages are missing */
	RECOVERY_EPOCH, /* the epoch changed */
	RECOVERY_OUTCOMES
};

enum tls_outcome {
	TLS_FULL,
	TLS_RESUMED, /* with a ticket */
	TLS_FAILED,
	TLS_OUTCOMES
};

/* Bytes and calls of sockets; under TLS the bytes inside of it. */
struct traffic {
	uint64_t received_bytes;
	uint64_t sent_bytes;
	uint64_t reads;         /* calls that read something */
	uint64_t writes;        /* calls */
	uint64_t message_bytes; /* payload of received messages, inflated */
};

/* What became of uploaded files. */
struct file_totals {
	uint64_t completed;
	uint64_t refused; /* too large, of a type that is refused, no space */
	uint64_t failed;  /* by the disk */
	uint64_t expired; /* and removed; unfinished ones, too */
	uint64_t received_bytes;
	uint64_t sent_bytes;
};

/* Figures of the process, by the operating system. 0: unknown. */
struct process_stats {
	uint64_t cpu_us; /* total */
	uint64_t resident_bytes;
	uint64_t virtual_bytes;
	uint64_t open_files;
	uint64_t max_files;
	uint64_t threads;
	uint64_t started_ms; /* Unix time */
};

/* With other nodes only. */
struct broker_stats {
	bool is_used;   /* false: there is no broker, the rest is unset */
	uint64_t is_up; /* 0: commands that need the other nodes are refused */
	uint64_t nodes; /* that are alive */
	uint64_t rooms; /* whose logs are followed */
	uint64_t waiting;  /* bytes of what was proposed and has no place yet */
	uint64_t commands; /* total: run in the order of all nodes */
	uint64_t entries;  /* total: of the logs of rooms */
	uint64_t gaps;     /* total: batches that did not arrive */
	uint64_t loads;    /* total: logs that were read from the start */
	uint64_t heals;  /* total: logs of which the broker had lost entries */
	uint64_t resets; /* total: rooms whose members come again: see
			    docs/cluster.md */
	uint64_t lag_ms; /* see node_stats */
	struct histogram scripts; /* from a call of the broker to its answer */
};

/* One of several nodes, as another one knows it. Texts are borrowed. */
struct node_stats {
	struct str id;
	struct str url; /* "": unknown */
	struct str version;
	bool is_self;
	bool is_alive;
	uint64_t connections; /* of members */
	uint64_t rooms;       /* that it follows */
	/* The longest time from an append to its return, of the last seconds.
	 */
	uint64_t lag_ms;
	int64_t seen_ms; /* since it was known to be alive; -1: it never was */
};

typedef void node_visit(const struct node_stats *, void *arg);

/* How much of an option's value is used, now. */
struct limit_use {
	const char *option; /* a constant */
	uint64_t used;
	uint64_t most;
};

#define SERVER_STATS_LIMITS 8

/* A thread that sends its part of large batches. All are totals. */
struct worker_stats {
	uint64_t writes; /* to sockets */
	uint64_t busy_us;
	uint64_t waited_us; /* it was not busy, while others were */
};

#define SERVER_STATS_WORKERS 64

/* Totals count from the start of the server; the others are current. */
struct server_stats {
	struct str server; /* its name and version */
	int64_t uptime_ms;
	uint64_t connections;  /* open WebSockets */
	uint64_t sockets;      /* open connections of any kind */
	uint64_t accept_queue; /* accepted sockets that wait */
	uint64_t opened;       /* total: WebSockets */
	uint64_t commands;     /* total: received */
	uint64_t messages;     /* total: posted */
	uint64_t deliveries;   /* total: of messages, once per connection */
	struct traffic traffic;
	struct copy_totals copies;
	struct totals closes;        /* by close code and reason */
	struct totals refusals;      /* by limit */
	struct totals handshakes;    /* of WebSockets, by status */
	struct totals responses;     /* to HTTP requests, by status */
	struct totals auth_failures; /* by reason: the text of the answer */
	uint64_t tls[TLS_OUTCOMES];  /* total: TLS handshakes */
	uint64_t errors[CHAT_ERROR_KINDS];      /* total: answers, by error */
	uint64_t recoveries[RECOVERY_OUTCOMES]; /* total */
	uint64_t log_lines[LOG_LEVELS];         /* total, suppressed ones too */
	uint64_t rooms;
	struct room
	    largest[SERVER_STATS_ROOMS]; /* by members, the most first */
	size_t largest_count;
	uint64_t bytes_held;   /* by the server's own accounting */
	uint64_t output_bytes; /* of these: waiting to be sent */
	uint64_t output_most;  /* the highest of these since the start */
	uint64_t input_bytes;  /* of unfinished requests and messages */
	struct process_stats process;
	struct store_health store;
	struct broker_stats broker;
	struct hook_stats hooks;
	struct file_totals files;
	uint64_t file_count; /* now */
	uint64_t file_bytes; /* now, as quotas count */
	struct limit_use limits[SERVER_STATS_LIMITS];
	size_t limit_count;
	/* The first is the thread of the loop; none if it is the only one. */
	struct worker_stats workers[SERVER_STATS_WORKERS];
	size_t worker_count;
	uint64_t workers_paused_us; /* total: all but the first */
	/* From reading a command to sending all results of its turn. */
	struct histogram latency;
	/* The same by kind; the last one: commands that were not run. */
	struct histogram kinds[COMMAND_KINDS + 1];
	/* Sending, at the end of a turn, what it published. */
	struct histogram fanout;
	/* Delay of the loop's ten ticks a second. */
	struct histogram lag;
};

/* Adds a room, sorted, if it is one of the largest. */
void server_stats_add_room(struct server_stats *, const struct room *);

/* Adds the use of a limit. `most` 0: there is no limit, nothing is added. */
void server_stats_add_limit(struct server_stats *, const char *option,
    uint64_t used, uint64_t most);

#endif
