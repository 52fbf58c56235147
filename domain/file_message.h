/* The file that a message shares, as a part of its text: an interface. */
#ifndef DOMAIN_FILE_MESSAGE_H
#define DOMAIN_FILE_MESSAGE_H

#include <stdbool.h>

#include "domain/blob.h"

struct file_message;

enum file_part_end {
	FILE_PART_NONE, /* the message has no file */
	FILE_PART_FOUND,
	FILE_PART_BAD /* what it has is not the part of a file */
};

/* Which file it is. */
struct file_part {
	char id[ID_SIZE];
	char key[BLOB_KEY_SIZE]; /* "": none */
};

struct file_message_ops {
	/* Look for the part in a message, which is valid JSON text. */
	enum file_part_end (*read)(struct file_message *, struct str body,
	    struct file_part *out);
	/*
	 * Write a message that has the part anew, with what is known of its
	 * file. *out is good until the next call. False: no memory.
	 */
	bool (*write)(struct file_message *, struct str body,
	    const struct blob *, struct str *out);
};

struct file_message {
	const struct file_message_ops *ops;
};

static inline enum file_part_end
file_message_read(struct file_message *messages, struct str body,
    struct file_part *out)
{
	return messages->ops->read(messages, body, out);
}

static inline bool
file_message_write(struct file_message *messages, struct str body,
    const struct blob *blob, struct str *out)
{
	return messages->ops->write(messages, body, blob, out);
}

#endif
