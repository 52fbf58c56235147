/* The faults of the disk below the server, read from a control file. */
#ifndef TESTS_PRELOAD_FAULTS_H
#define TESTS_PRELOAD_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Lines of a word and a number in the file that FAULTY_DISK_CONTROL names;
 * values that are absent are 0. The file is replaced atomically (rename), and
 * then read again.
 */
struct faults {
	int64_t hold;        /* 1: writes reach a file only with its sync … */
	int64_t leak;        /* … but so many percent of its sectors */
	int64_t stall_ms;    /* how long a sync takes */
	int64_t sync_error;  /* an errno, of every sync */
	int64_t write_error; /* likewise, of every write */
	int64_t full;        /* 1: `left` counts */
	int64_t left;        /* bytes that can still be written */
};

/* The present values. Call with the lock of faulty_disk.c held. */
const struct faults *faults_now(void);

/* So many bytes of what is left were used. */
void faults_use(int64_t bytes);

#endif
