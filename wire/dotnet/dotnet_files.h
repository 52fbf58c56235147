/* The channel `files` of the dotnet dialect: FileTransferMessages. */
#ifndef WIRE_DOTNET_FILES_H
#define WIRE_DOTNET_FILES_H

#include "wire/dialect.h"

/* What the server sends in one message of a file. */
#define DOTNET_CHUNK_BYTES 4096

/* The upload of which a client sent the last chunk. */
struct dotnet_upload {
	char id[ID_SIZE];
	uint64_t next_chunk;
	uint64_t received;
};

/*
 * One FileTransferMessage. Types that are not known become COMMAND_NOOP.
 * CHAT_BAD_JSON: it is none.
 */
enum chat_error dotnet_decode_file(struct str line, const struct wire_context *,
    struct dotnet_upload *, struct command *out, struct failure *why,
    struct scratch *);

/* Whether a message shares a file that all are to load at once. */
bool dotnet_pushes_file(const struct event *, char id[ID_SIZE]);

/* Whether this command has failed; letter case does not count. */
bool dotnet_command_is(const struct failure *, struct str word);

/* Whether the channel has a message for the event, and appends it. */
bool dotnet_file_put(const struct event *, struct wire_text *out);

#endif
