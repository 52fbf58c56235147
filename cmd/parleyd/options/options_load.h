/* Reading options from flags, environment and file. */
#ifndef CMD_OPTIONS_LOAD_H
#define CMD_OPTIONS_LOAD_H

#include <stdbool.h>

#include "cmd/parleyd/options/option.h"

#define OPTIONS_MAX 192

/* A later source overrides an earlier one. */
enum options_load_rank {
	FROM_PRESET,
	FROM_FILE,
	FROM_ENV,
	FROM_FLAG
};

struct options_load {
	struct options *out;
	struct options_error *error;
	const char *file; /* NULL: none */
	/* Per option: the source of its value, its line in the file or 0. */
	enum options_load_rank rank[OPTIONS_MAX];
	unsigned line[OPTIONS_MAX];
};

/* The index of an option in rank and line. */
size_t options_load_index(const struct option *);

/* Writes the error, in one line; always false. */
bool options_load_fail(struct options_load *, enum options_load_rank,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for an unknown name; before: its place. */
bool options_load_fail_unknown(struct options_load *, enum options_load_rank,
    enum option_style, const char *before, struct str name);

/* Assigns one value from one source. */
bool options_load_assign(struct options_load *, const struct option *,
    enum options_load_rank, struct str value);

/* Help and version are printed even if other options are wrong. */
bool options_load_only_answers(const struct options *);

/* The sources. argv and envp end with NULL. */
bool options_load_flags(struct options_load *, int argc, char *const *argv);
bool options_load_environment(struct options_load *, char *const *envp);
bool options_load_file(struct options_load *);

#endif
