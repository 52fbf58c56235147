/* For the files of the feed only. */
#ifndef CLUSTER_FEED_INTERNAL_H
#define CLUSTER_FEED_INTERNAL_H

#include "cluster/feed.h"

/* Strings of an entry. */
#define ENTRY_STRINGS 7

struct feed_call {
	struct feed *feed; /* NULL: it is gone */
	enum broker_script script;
	size_t count; /* of proposals; NULL: it was given back */
	struct proposal *proposals[];
};

/* feed_proposals.c */
/* The proposal is the owner's again. */
void feed_proposal_remove(struct feed *, struct proposal *);
void feed_proposal_give_up(struct feed *, struct proposal *);
/* NULL: the entry is not from this node, or was given up. */
struct proposal *feed_proposal_find(struct feed *, struct str origin);
/* Its place is that of another entry, so the broker has lost it: sent again. */
void feed_proposal_lose_place(struct feed *, struct proposal *);
/* If another entry with its key was applied, it is a duplicate of that. */
void feed_proposal_follow_first(struct feed *, struct proposal *);
/* Answers duplicates whose first has been applied by now. */
void feed_duplicates_answer(struct feed *);
/* An entry is applied: duplicates of another one at its place are sent. */
void feed_duplicates_check(struct feed *, const struct feed_entry *);
/* An entry is applied: what has its key, and is yet to be sent, follows it. */
void feed_duplicates_find(struct feed *, const struct feed_entry *);
/* The entries are another history, in which proposals may be. */
void feed_proposals_find_again(struct feed *, const struct feed_entry *,
    size_t count);
/* All of the log was received: a place beyond its end is lost. */
void feed_proposals_check_places(struct feed *);

/* feed_entries.c */
bool feed_digits_parse(struct str text, int64_t *out);
/* From ENTRY_STRINGS strings. False: a bad entry. */
bool feed_entry_read(const struct str *strings, struct feed_entry *out);
void feed_places_add(struct feed *, const struct place *, struct str origin);
/* Whether the node knows the entry at this place as another one. */
bool feed_place_differs(const struct feed *, const struct place *);
/* The broker has another history: it is loaded anew. */
void feed_differs(struct feed *);
void feed_entry_apply(struct feed *, const struct feed_entry *);
/* Applies what follows; entries that were applied before are skipped. */
void feed_entries_apply(struct feed *, const struct str *strings, size_t count);

/* feed_answers.c */
/* The done() of all calls; `arg` is the call. */
void feed_answered(void *arg, enum broker_outcome, const struct str *reply,
    size_t count);

#endif
