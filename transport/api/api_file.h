/* What operations on files share. For the files of this folder. */
#ifndef TRANSPORT_API_FILE_H
#define TRANSPORT_API_FILE_H

#include "transport/api/api_internal.h"

/* The protocol of uploads that can go on: https://tus.io */
#define TUS_VERSION "1.0.0"

struct api_file {
	char key[BLOB_KEY_SIZE]; /* that shows whose the file is; "": none */
	struct blob blob;        /* as of the last answer */
	bool has_blob;
	bool is_tus;
	bool is_temporary; /* it is removed if the request ends early */
	bool try_rights;   /* the key of the URL does not fit */
	bool has_asked;    /* to complete an upload whose end was cut off */
	uint64_t at;       /* of what is read, and its end */
	uint64_t end;
};

/* Makes call->file, once. False: no memory; the call has failed. */
bool api_file_begin(struct api_call *);

/* Runs a command about the file of the call, or of its path. */
void api_file_ask(struct api_call *, struct command *);
void api_file_ask_kind(struct api_call *, enum command_kind);

/* The receive() of operations on files. */
void api_file_receive(struct api_call *, const struct event *);

/* How much of an upload has come. */
void api_file_add_tus_headers(struct api_call *);

/* All bytes have come. The answer may take long. */
void api_file_ask_completion(struct api_call *);

/* Frees call->file; what was uploaded in vain is removed. */
void api_file_end(struct api_call *);

#endif
