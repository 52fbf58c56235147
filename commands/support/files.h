/* Uploaded files: whose they are, who may read them, and in which messages. */
#ifndef COMMANDS_FILES_H
#define COMMANDS_FILES_H

#include "commands/support/request.h"

/*
 * The file of the command, if it is the author's, or the command has its
 * secret.
 * CHAT_FILE_NOT_FOUND: it is not, or there is none. The blob is good until one
 * is changed.
 */
enum chat_error files_find_own(struct request *, const struct blob **out);

/*
 * The same of a complete file that the author may read: also if it is granted
 * to the author, or in a room that the author may read.
 */
enum chat_error files_find_readable(struct request *, const struct blob **out);

/* The name of its owner; "": the owner is not connected. */
struct str files_owner_name(const struct request *, const struct blob *,
    char out[MEMBER_NAME_SIZE]);

/* Creates the file of the command, in request->room if there is one. */
enum chat_error files_create(struct request *);

/*
 * Whether a file may take so much space besides what counts already for its
 * payer. CHAT_FILE_TOO_LARGE (of `size` bytes), CHAT_QUOTA_REACHED,
 * CHAT_FILES_FULL.
 */
enum chat_error files_check_space(struct request *, struct str payer,
    uint64_t size, uint64_t more);

/* Answers with EVENT_FILE. */
void files_answer(const struct request *, const struct blob *);

/* Publishes to the lobby that the author has uploaded the file. */
void files_announce(const struct request *, const struct blob *);

/*
 * Filters request->body, and replaces its file's part by what is known of the
 * file, which must be the author's. In the order of all nodes that was done by
 * the author's node. CHAT_MESSAGE_REFUSED, CHAT_FILE_NOT_FOUND, CHAT_BAD_FIELD,
 * CHAT_UNAVAILABLE.
 */
enum chat_error files_prepare_body(struct request *);

/* Lets others read the file of the message, if it has one. */
enum chat_error files_grant(struct request *, enum blob_scope,
    struct str target);

/* The file of a message is removed with it, unless it is elsewhere, too. */
enum file_part_end files_read_part(const struct request *, struct str body,
    struct file_part *out);
void files_remove_from_room(struct request *, struct str id, struct str room);

/* About once a minute: removes what has expired, or has no room any more. */
void files_sweep(struct request *);

#endif
