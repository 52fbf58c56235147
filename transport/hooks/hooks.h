/*
 * Hooks: another program, the receiver, gets what happens, in signed batches.
 * docs/hooks.md describes it. Public.
 *
 * Events are sent in order, one batch at a time, and again until the receiver
 * has taken them. Those of entries of a journal are acknowledged to it then, so
 * that a start sends what was not; the others are kept in memory only.
 */
#ifndef TRANSPORT_HOOKS_H
#define TRANSPORT_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

struct clock;
struct entry_observer;
struct hook_stats;
struct hooks;
struct loop;
struct packer;
struct presence_observer;
struct room_store;
struct unpacker;

#define HOOKS_SECRET_LEAST 16
#define HOOKS_SECRET_MOST 256

/* Texts are copied; the rest is borrowed. */
struct hooks_config {
	struct str url;
	const char *ca; /* of an https URL; NULL: those of the system */
	struct str secret;
	int64_t timeout_ms; /* of a request */
	int64_t give_up_ms; /* a batch is not sent any more; 0: never */
	size_t memory;      /* of events that wait */
	struct clock *clock;
	/*
	 * The receiver has the events of entries up to this LSN; 0: of all that
	 * were observed. May be NULL.
	 */
	void (*acknowledge)(void *arg, uint64_t lsn);
	void *arg;
};

/* NULL: `why` names the problem. */
struct hooks *hooks_create(const struct hooks_config *, char *why, size_t size);

/* No call may be under way: the server is gone. Accepts NULL. */
void hooks_destroy(struct hooks *);

/* What it gets events from. Borrowed. */
struct entry_observer *hooks_entries(struct hooks *);
struct presence_observer *hooks_presence(struct hooks *);

/* Where rooms are looked up, once the stores are open. */
void hooks_set_rooms(struct hooks *, struct room_store *);

/*
 * Several nodes observe the same, and one of them sends. The others keep their
 * events until that one has sent them, and then go on where it ended.
 */
struct hooks_sharing {
	/*
	 * The place of what happens now in the order of all nodes, and its
	 * time.
	 */
	void (*moment)(void *arg, uint64_t *place, int64_t *at_ms);
	/* Whether no other node can have begun to send. */
	bool (*may_send)(void *arg);
	void *arg;
};

/* Before the start. This node does not send. */
void hooks_share(struct hooks *, const struct hooks_sharing *);

/*
 * This node sends what it has observed since then; its numbers are higher. If
 * it did before, what is under way is sent again, too.
 */
void hooks_lead(struct hooks *, uint64_t number, int64_t since_ms);

/* Another node sends, and has sent all before. */
void hooks_stand_by(struct hooks *, int64_t sent_ms);

/*
 * How far this node is, for the one that goes on: the highest number of its
 * events, and up to which moment all is sent. What comes up to `late_ms` after
 * its moment counts. False: as far as reported before, with this number.
 */
bool hooks_report(struct hooks *, int64_t late_ms, uint64_t *number,
    int64_t *sent_ms);

/* Events are sent from now on. Called once. */
void hooks_start(struct hooks *, struct loop *);

/* Sends what is due. Called at the end of each turn of the loop. */
void hooks_turn_end(struct hooks *);

/* Whether nothing more will be sent soon: all is, or the receiver fails. */
bool hooks_are_done(const struct hooks *);

/* Memory of the events that wait. */
size_t hooks_bytes(const struct hooks *);

void hooks_stats(const struct hooks *, struct hook_stats *);

/*
 * For another process: the events that wait, and the generations of stays. They
 * take the place of those that opening the stores brought. False: no such
 * bytes, or no memory.
 */
void hooks_pack(const struct hooks *, struct packer *);
bool hooks_unpack(struct hooks *, struct unpacker *);

#endif
