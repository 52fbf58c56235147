/*
 * Changes of names in a directory that a power cut may undo, since the
 * directory was not synced: each in a line of the file that FAULTY_DISK_NAMES
 * names, in order. The test that simulates the power cut reads them from the
 * last one on:
 *
 *   made NAME          remove it
 *   moved FROM TO      give it its old name back
 *   kept NAME COPY     restore the file that had the name: COPY, in the folder
 *                      FAULTY_DISK_NAMES + ".kept"
 *
 * A line is written before the operation is done.
 */
#ifndef TESTS_PRELOAD_NAMES_H
#define TESTS_PRELOAD_NAMES_H

/* A name that is about to be added: in the directory itself, not below. */
void names_made(int dir, const char *name);
void names_moved(int dir, const char *from, const char *to);
void names_removed(int dir, const char *name);

/* The directory was synced: its changes are durable. */
void names_synced(void);

#endif
