/* An uploaded file: what is known of it besides its bytes. Public. */
#ifndef DOMAIN_BLOB_H
#define DOMAIN_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/id_source.h"
#include "domain/room.h"

#define BLOB_KEY_SIZE 33
#define BLOB_NAME_SIZE 128
#define BLOB_TYPE_SIZE 96
#define BLOB_HASH_SIZE 32

/* Until the upload ends, if nothing was announced. */
#define BLOB_SIZE_UNKNOWN UINT64_MAX

/* What a small file counts for in quotas: its record takes memory, too. */
#define BLOB_CHARGE_LEAST (16 * 1024)

/* Who else may read it besides its owner and those who know its key. */
enum blob_scope {
	BLOB_ROOM = 1, /* who may read the room `target` */
	BLOB_MEMBER,   /* the member `target` */
	BLOB_ALL       /* every member; no target */
};

struct blob_grant {
	enum blob_scope scope;
	char target[ROOM_ID_SIZE];
};

#define BLOB_GRANTS_MOST 8

/* A plain value; copy it freely. */
struct blob {
	char id[ID_SIZE];        /* a UUID in lower case */
	char key[BLOB_KEY_SIZE]; /* opens it without a right; "": none does */
	/* Shows that it is the client's own; "": only the owner's id does. */
	char secret[BLOB_KEY_SIZE];
	/* A member id; "": an anonymous client of HTTP, which has the secret.
	 */
	char owner[ID_SIZE];
	/* Its bytes count for this member id; or "@" and a number: for this
	 * address. */
	char payer[ID_SIZE];
	char name[BLOB_NAME_SIZE];     /* file_name_sanitize() */
	char declared[BLOB_TYPE_SIZE]; /* the type that the client names */
	char type[BLOB_TYPE_SIZE];     /* the type that it is served with */
	uint64_t size;                 /* or BLOB_SIZE_UNKNOWN */
	uint64_t received;
	int64_t created_ms;
	int64_t expires_ms;           /* Unix time; 0: never */
	bool is_complete;             /* it may be served */
	uint8_t hash[BLOB_HASH_SIZE]; /* SHA-256; of a complete one */
	size_t grant_count;
	struct blob_grant grants[BLOB_GRANTS_MOST];
};

/* 8-4-4-4-12 hexadecimal digits in lower case. */
bool blob_id_is_valid(struct str);

/* What it counts for in quotas: at least what was announced. */
uint64_t blob_charge(const struct blob *);

/* Whether it has this grant. An absent target is that of BLOB_ALL. */
bool blob_has_grant(const struct blob *, enum blob_scope, struct str target);

/* Adds a grant that it does not have, of which there are not too many. */
void blob_add_grant(struct blob *, enum blob_scope, struct str target);

#endif
