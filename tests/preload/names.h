/*
 * What was done to the names of a directory and may be undone by a power cut,
 * since the directory was not synced: each in a line of the file that
 * FAULTY_DISK_NAMES names, in order. The test that simulates the power cut
 * reads them from the last one on:
 *
 *   made NAME          remove it
 *   moved FROM TO      give it its old name back
 *   kept NAME COPY     what had the name is there again: COPY, in the folder
 *                      FAULTY_DISK_NAMES + ".kept"
 *
 * A line is written before the operation is done.
 */
#ifndef TESTS_PRELOAD_NAMES_H
#define TESTS_PRELOAD_NAMES_H

/* About to be: in the directory itself, not below. */
void names_made(int dir, const char *name);
void names_moved(int dir, const char *from, const char *to);
void names_removed(int dir, const char *name);

/* All that was done to it will last. */
void names_synced(void);

#endif
