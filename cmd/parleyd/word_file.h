/* The list of words that messages may not contain, in a file. */
#ifndef CMD_WORD_FILE_H
#define CMD_WORD_FILE_H

#include <stdbool.h>

#include "domain/clock.h"
#include "domain/message_filter.h"
#include "wire/common/word_filter.h"

struct word_file;

/* NULL: no memory. There is no file yet. The clock is borrowed. */
struct word_file *word_file_create(struct clock *);
void word_file_destroy(struct word_file *);

/*
 * Reads a list, or none ("") from now on. It is read again when the file has
 * changed, which is looked for once a second while there are messages. False:
 * `why` explains the problem, and nothing has changed.
 */
bool word_file_use(struct word_file *, const char *path, enum word_action,
    char *why, size_t size);

/* NULL: there is no list. Good until the next word_file_use(). */
struct message_filter *word_file_filter(struct word_file *);

#endif
