/* A configuration file: lines of "name = value", comments behind '#'. */
#ifndef CMD_CONFIG_FILE_H
#define CMD_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

#define CONFIG_FILE_MAX (1u << 20)

/* One setting; false stops. The texts are valid during the call. */
typedef bool config_visit(struct str name, struct str value, unsigned line,
    void *arg);

/* An error in a file; line 0: in the file as a whole. */
struct config_error {
	unsigned line;
	const char *why; /* never freed */
};

/*
 * Visits every setting in a text. False: a visit returned false, or a line is
 * not a setting (then error->why is not NULL).
 */
bool config_parse(struct str text, config_visit *, void *arg,
    struct config_error *error);

/* The same with a file of at most CONFIG_FILE_MAX bytes. */
bool config_read(const char *path, config_visit *, void *arg,
    struct config_error *error);

#endif
