#include "tests/preload/held.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct piece {
	struct piece *next;
	ino_t inode;
	off_t at;
	size_t len;
	char data[];
};

static struct piece *first;
static struct piece **last = &first;

void
held_add(ino_t inode, const void *data, size_t len, off_t at)
{
	struct piece *piece = malloc(sizeof(*piece) + len);

	if (piece == NULL)
		abort();
	piece->next = NULL;
	piece->inode = inode;
	piece->at = at;
	piece->len = len;
	memcpy(piece->data, data, len);
	*last = piece;
	last = &piece->next;
}

/* Removes those for which visit() returns true. */
static void
pieces_each(ino_t inode, bool (*visit)(struct piece *, void *), void *arg)
{
	struct piece **at = &first;

	while (*at != NULL) {
		struct piece *piece = *at;

		if (piece->inode != inode || !visit(piece, arg)) {
			at = &piece->next;
			continue;
		}
		*at = piece->next;
		free(piece);
	}
	last = at;
}

static bool
piece_cut(struct piece *piece, void *arg)
{
	off_t size = *(off_t *)arg;

	if (piece->at >= size)
		return true;
	if (piece->at + (off_t)piece->len > size)
		piece->len = (size_t)(size - piece->at);
	return false;
}

void
held_cut(ino_t inode, off_t size)
{
	pieces_each(inode, piece_cut, &size);
}

static bool
piece_drop(struct piece *piece, void *arg)
{
	(void)piece;
	(void)arg;
	return true;
}

void
held_drop(ino_t inode)
{
	pieces_each(inode, piece_drop, NULL);
}

struct reading {
	char *to;
	off_t from, end;
};

static bool
piece_show(struct piece *piece, void *arg)
{
	const struct reading *reading = arg;
	off_t from = piece->at > reading->from ? piece->at : reading->from;
	off_t end = piece->at + (off_t)piece->len;

	if (end > reading->end)
		end = reading->end;
	if (from < end)
		memcpy(reading->to + (from - reading->from),
		    piece->data + (from - piece->at), (size_t)(end - from));
	return false;
}

void
held_show(ino_t inode, void *to, size_t len, off_t at)
{
	struct reading reading = { to, at, at + (off_t)len };

	pieces_each(inode, piece_show, &reading);
}

struct release {
	int file;
	ssize_t (*write)(int, const void *, size_t, off_t);
	int result;
};

static bool
piece_release(struct piece *piece, void *arg)
{
	struct release *to = arg;

	if (to->write(to->file, piece->data, piece->len, piece->at) !=
	    (ssize_t)piece->len)
		to->result = -1;
	return true;
}

int
held_release(ino_t inode, int file,
    ssize_t (*write)(int, const void *, size_t, off_t))
{
	struct release to = { file, write, 0 };

	pieces_each(inode, piece_release, &to);
	return to.result;
}
