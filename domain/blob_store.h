/* The uploaded files and their records: an interface. Public. */
#ifndef DOMAIN_BLOB_STORE_H
#define DOMAIN_BLOB_STORE_H

#include <stddef.h>

#include "domain/blob.h"
#include "domain/error.h"

struct blob_store;

/* A call that ends later; embedded in what its owner waits with. */
struct blob_waiter {
	/* Called once. The waiter may be freed in it. */
	void (*done)(struct blob_waiter *, enum chat_error);
	struct blob_waiter *next; /* the store's */
};

/* False stops. The blob is good during the call, which changes nothing. */
typedef bool blob_visit(const struct blob *, void *arg);

struct blob_usage {
	size_t count;
	uint64_t bytes; /* the sum of blob_charge() */
};

struct blob_store_ops {
	/*
	 * Begin a file: `received` is 0, is_complete false.
	 * CHAT_FILE_EXISTS; CHAT_FILES_FULL: what the store holds at most is
	 * reached; CHAT_UNAVAILABLE: no memory; CHAT_STORE_FAILED: the disk.
	 */
	enum chat_error (*create)(struct blob_store *, const struct blob *);
	/* NULL: there is none. Good until the next call that changes one. */
	const struct blob *(*find)(struct blob_store *, struct str id);
	/*
	 * Append bytes to one that is not complete. The errors of create();
	 * nothing was appended then, as far as `received` is concerned.
	 */
	enum chat_error (*append)(struct blob_store *, struct str id,
	    struct str bytes);
	/*
	 * Complete one whose bytes are all there; `type` is to be its type.
	 * The waiter is called when it cannot be lost any more, before this
	 * returns or later. CHAT_STORE_FAILED, CHAT_FILES_FULL: it is lost.
	 * CHAT_UNAVAILABLE: nothing has changed. A second call waits with the
	 * first.
	 */
	void (*complete)(struct blob_store *, struct str id, struct str type,
	    struct blob_waiter *);
	/* Whether complete() was called and has not ended. */
	bool (*is_completing)(struct blob_store *, struct str id);
	/*
	 * Add a grant that a complete one does not have, and has space for.
	 * CHAT_STORE_FAILED: nothing has changed.
	 */
	enum chat_error (*grant)(struct blob_store *, struct str id,
	    enum blob_scope, struct str target);
	/*
	 * Read at most `len` bytes (not 0) of those that were received, from
	 * there; 0 at the end. -1: the disk failed.
	 */
	ptrdiff_t (*read)(struct blob_store *, struct str id, uint64_t at,
	    char *out, size_t len);
	/* Unknown ones are ignored. */
	void (*remove)(struct blob_store *, struct str id);
	/*
	 * Of a store that others change, too: looks at a file again, or, if it
	 * is absent, at all of them, later. NULL: no other changes it.
	 */
	void (*refresh)(struct blob_store *, struct str id);
	void (*each)(struct blob_store *, blob_visit *, void *arg);
	/* Of a payer; absent: of all. */
	struct blob_usage (*usage)(struct blob_store *, struct str payer);
	/*
	 * Whether more was appended than the disk has taken: who can wait
	 * should not append. NULL: never.
	 */
	bool (*is_behind)(struct blob_store *);
	/* Ends calls whose work is done: see `fd`. NULL: none end later. */
	void (*poll)(struct blob_store *);
	/* Calls that have not ended are forgotten. */
	void (*destroy)(struct blob_store *);
};

struct blob_store {
	const struct blob_store_ops *ops;
	int fd; /* readable: blob_store_poll() is due; only with ops->poll */
};

/* These assert the contract for all stores. destroy() accepts NULL. */
enum chat_error blob_store_create(struct blob_store *, const struct blob *);
const struct blob *blob_store_find(struct blob_store *, struct str id);
enum chat_error blob_store_append(struct blob_store *, struct str id,
    struct str bytes);
void blob_store_complete(struct blob_store *, struct str id, struct str type,
    struct blob_waiter *);
bool blob_store_is_completing(struct blob_store *, struct str id);
/* Does nothing if it has the grant. CHAT_UNAVAILABLE: it has too many. */
enum chat_error blob_store_grant(struct blob_store *, struct str id,
    enum blob_scope, struct str target);
ptrdiff_t blob_store_read(struct blob_store *, struct str id, uint64_t at,
    char *out, size_t len);
void blob_store_remove(struct blob_store *, struct str id);
/* What was found before may be gone. */
void blob_store_refresh(struct blob_store *, struct str id);
void blob_store_each(struct blob_store *, blob_visit *, void *arg);
struct blob_usage blob_store_usage(struct blob_store *, struct str payer);
bool blob_store_is_behind(struct blob_store *);
void blob_store_poll(struct blob_store *);
void blob_store_destroy(struct blob_store *);

#endif
