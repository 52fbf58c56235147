/* /send and /get of `parley chat`: one file at a time. */
#ifndef CMD_PARLEY_CHAT_FILES_H
#define CMD_PARLEY_CHAT_FILES_H

#include "cmd/parley/shared_files.h"
#include "cmd/parley/subcommand.h"
#include "domain/room.h"

struct transfer;

struct chat_files_ops {
	/* A notice for the user; contains text of the server. */
	void (*notice)(void *arg, const char *text);
	/* chat_files_status() has changed. */
	void (*status_changed)(void *arg);
	/* A file was uploaded: `message` is JSON that shares it. */
	void (*uploaded)(void *arg, struct str room, struct str message);
};

struct chat_files {
	const struct subcommand *mode;
	const struct chat_files_ops *ops;
	void *arg;
	struct shared_files shared;
	struct transfer *transfer; /* NULL: none is under way */
	bool is_upload;
	unsigned percent;
	char name[BLOB_NAME_SIZE]; /* of the file, for people */
	char room[ROOM_ID_SIZE];   /* that it is for; "": the lobby */
};

void chat_files_init(struct chat_files *, const struct subcommand *,
    const struct chat_files_ops *, void *arg);
void chat_files_fini(struct chat_files *);

/* To be shared with the room; absent: with the lobby. */
void chat_files_send(struct chat_files *, struct str path, struct str room);

/* The path may be empty. */
void chat_files_get(struct chat_files *, struct str what, struct str path);

/* "(boat.png 40 %) ", or empty. */
void chat_files_status(const struct chat_files *, struct wire_text *out);

#endif
