/* Options on their way in. */
#ifndef CMD_OPTIONS_LOAD_H
#define CMD_OPTIONS_LOAD_H

#include <stdbool.h>

#include "cmd/parleyd/options/option.h"

#define LOADING_OPTIONS_MAX 96

/* Who has the last word: the later one. */
enum loading_rank {
	FROM_PRESET,
	FROM_FILE,
	FROM_ENV,
	FROM_FLAG
};

struct loading {
	struct options *out;
	struct options_error *error;
	const char *file; /* NULL: none */
	/* Per option: who gave it its value, its line in the file or 0. */
	enum loading_rank rank[LOADING_OPTIONS_MAX];
	unsigned line[LOADING_OPTIONS_MAX];
};

/* The place of an option in rank and line. */
size_t loading_index(const struct option *);

/* Says what is wrong, on one line; always false. */
bool loading_fail(struct loading *, enum loading_rank, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a name that is none; before: where that was. */
bool loading_fail_unknown(struct loading *, enum loading_rank,
    enum option_style, const char *before, struct str name);

/* One value from one source. */
bool loading_assign(struct loading *, const struct option *, enum loading_rank,
    struct str value);

/* Help and version answer even if all the rest is in a mess. */
bool loading_only_answers(const struct options *);

/* The sources. argv and envp end with NULL. */
bool loading_flags(struct loading *, int argc, char *const *argv);
bool loading_environment(struct loading *, char *const *envp);
bool loading_file(struct loading *);

#endif
