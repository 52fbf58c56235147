/* Attributes: facts about rooms, members in rooms, and messages. Public. */
#ifndef DOMAIN_ATTRIBUTE_H
#define DOMAIN_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

struct packer;
struct unpacker;

/* What an attribute of a kind is about, as bits. */
enum attribute_trait {
	/* A message: `seq` is set. It goes with the message. */
	ATTRIBUTE_OF_MESSAGE = 1 << 0,
	/*
	 * A member, the subject, which may be in many rooms:
	 * attribute_store_each_room() finds those.
	 */
	ATTRIBUTE_FINDS_ROOMS = 1 << 1
};

/*
 * X(constant, number, word for tests and logs, traits): every kind. The numbers
 * are in the journal: they never change, and a new kind gets the next one. The
 * comments say what subject, label and value are.
 */
#define ATTRIBUTES(X)                                                        \
	/* subject: empty. value: the topic */                               \
	X(ATTRIBUTE_TOPIC, 1, "topic", 0)                                    \
	/* subject: member id. value: the role, and until when */            \
	X(ATTRIBUTE_ROLE, 2, "role", 0)                                      \
	/* subject: member id. value: display name. A permanent member. */   \
	X(ATTRIBUTE_MEMBER, 3, "member", ATTRIBUTE_FINDS_ROOMS)              \
	/* subject: member id. value: the last seq that was read */          \
	X(ATTRIBUTE_READ, 4, "read", 0)                                      \
	/* subject: empty. value: display name of the remover. The */        \
	/* message's text, and its other attributes, are gone. */            \
	X(ATTRIBUTE_REDACTION, 5, "redaction", ATTRIBUTE_OF_MESSAGE)         \
	/* subject: empty. value: display name of the editor. The text is */ \
	/* in the history. */                                                \
	X(ATTRIBUTE_EDIT, 6, "edit", ATTRIBUTE_OF_MESSAGE)                   \
	/* subject: member id. label: the reaction. value: display name */   \
	X(ATTRIBUTE_REACTION, 7, "reaction", ATTRIBUTE_OF_MESSAGE)           \
	/* subject: empty. value: milliseconds between two messages of a */  \
	/* member */                                                         \
	X(ATTRIBUTE_SLOW, 8, "slow", 0)

enum attribute_kind {
#define X(constant, number, word, traits) constant = (number),
	ATTRIBUTES(X)
#undef X
	ATTRIBUTE_KINDS /* above all kinds; there is no kind 0 */
};

/* Bounds in bytes. Display names, and topics of 256 characters, are values. */
#define ATTRIBUTE_SUBJECT_MOST 64
#define ATTRIBUTE_LABEL_MOST 32
#define ATTRIBUTE_VALUE_MOST 1024
#define ATTRIBUTE_BY_MOST 64

/*
 * One attribute of a room. Kind, seq, label and subject are its key: the last
 * value counts. Every text is borrowed.
 */
struct attribute {
	enum attribute_kind kind;
	uint64_t seq;       /* of the message that it is about; 0: of none */
	struct str subject; /* may be empty */
	struct str label;   /* may be empty */
	struct str value;   /* empty: the attribute is removed */
	struct str by;      /* id of the member that has set it; may be empty */
	int64_t at_ms;      /* when it was set */
	/*
	 * ATTRIBUTE_EDIT: the message's new text, as JSON text. It goes to the
	 * history; stores of attributes do not keep it.
	 */
	struct str body;
};

/* Kind, seq, the length of the label; label; subject. */
#define ATTRIBUTE_KEY_MOST \
	(1 + 8 + 1 + ATTRIBUTE_LABEL_MOST + ATTRIBUTE_SUBJECT_MOST)

/* The key as bytes, for maps. */
struct str attribute_key_write(char out[ATTRIBUTE_KEY_MOST],
    const struct attribute *);

/* Sets kind, seq, label and subject, which borrow from the key. */
void attribute_key_read(struct str key, struct attribute *out);

/* Whether there is a kind with this number. */
bool attribute_kind_exists(unsigned number);

/* For logs and other processes: all but the body. */
void attribute_pack(struct packer *, const struct attribute *);

/* False: the kind is 0, and nothing belongs to it. The body is kept. */
bool attribute_unpack(struct unpacker *, struct attribute *out);

/* The word of the table: "topic". */
const char *attribute_kind_word(enum attribute_kind);

bool attribute_has_trait(enum attribute_kind, enum attribute_trait);

/* Whether it has a kind and the fields that its kind needs, within bounds. */
bool attribute_is_valid(const struct attribute *);

/* Valid, and an edit has a value and a text, a redaction a value. */
bool attribute_can_be_set(const struct attribute *);

#endif
