#include "cmd/parleyd/word_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/file_content.h"
#include "domain/log.h"

#define LOOK_EVERY_MS 1000
#define PATH_SIZE 1024

struct word_file {
	struct message_filter base;
	struct clock *clock;
	struct word_filter *filter; /* NULL: there is no list */
	enum word_action action;
	char path[PATH_SIZE];
	struct stat seen; /* the file when it was read, or last refused */
	int64_t looked_ms;
};

/* NULL: `why` explains the problem. */
static char *
word_list_read(const char *path, size_t *len, char *why, size_t size)
{
	FILE *file = fopen(path, "re");
	char *content = malloc(WORD_FILTER_LIST_MOST + 1);

	*len = 0;
	if (file != NULL && content != NULL)
		*len = fread(content, 1, WORD_FILTER_LIST_MOST + 1, file);
	if (file == NULL || content == NULL || ferror(file)) {
		snprintf(why, size, "%s", strerror(errno));
		*len = SIZE_MAX;
	} else if (*len > WORD_FILTER_LIST_MOST) {
		snprintf(why, size, "larger than 1 MiB");
		*len = SIZE_MAX;
	}
	if (file != NULL)
		fclose(file);
	if (*len != SIZE_MAX)
		return content;
	free(content);
	return NULL;
}

/* NULL: `why` explains the problem. */
static struct word_filter *
word_filter_load(const char *path, enum word_action action, char *why,
    size_t size)
{
	char problem[128];
	size_t len;
	char *content = word_list_read(path, &len, problem, sizeof(problem));
	struct word_filter *filter = NULL;

	if (content != NULL)
		filter = word_filter_create(str_slice(content, len), action,
		    problem, sizeof(problem));
	if (filter == NULL)
		snprintf(why, size, "moderation.words %s: %s", path, problem);
	free(content);
	return filter;
}

static void
word_filter_replace(struct word_file *file, struct word_filter *filter)
{
	word_filter_destroy(file->filter);
	file->filter = filter;
	if (filter != NULL)
		log_info("%s: %zu words", file->path,
		    word_filter_count(filter));
}

/* A list that is not valid is refused once, and the earlier one stays. */
static void
word_file_look(struct word_file *file)
{
	int64_t now_ms = clock_monotonic_ms(file->clock);
	struct word_filter *filter;
	struct stat now;
	char why[PATH_SIZE + 256];

	if (now_ms - file->looked_ms < LOOK_EVERY_MS)
		return;
	file->looked_ms = now_ms;
	if (stat(file->path, &now) != 0 ||
	    file_content_is_same(&now, &file->seen))
		return;
	file->seen = now;
	filter = word_filter_load(file->path, file->action, why, sizeof(why));
	if (filter != NULL)
		word_filter_replace(file, filter);
	else
		log_error("not read again: %s", why);
}

static enum filter_verdict
word_file_apply(struct message_filter *base, struct str body, struct str *out)
{
	struct word_file *file = (struct word_file *)base;

	word_file_look(file);
	return message_filter_apply(word_filter_base(file->filter), body, out);
}

static bool
word_file_allows(struct message_filter *base, struct str text)
{
	struct word_file *file = (struct word_file *)base;

	word_file_look(file);
	return message_filter_allows(word_filter_base(file->filter), text);
}

static const struct message_filter_ops word_file_ops = {
	.apply = word_file_apply,
	.allows = word_file_allows,
};

struct word_file *
word_file_create(struct clock *clock)
{
	struct word_file *file = calloc(1, sizeof(*file));

	if (file == NULL)
		return NULL;
	file->base.ops = &word_file_ops;
	file->clock = clock;
	return file;
}

void
word_file_destroy(struct word_file *file)
{
	if (file == NULL)
		return;
	word_filter_destroy(file->filter);
	free(file);
}

bool
word_file_use(struct word_file *file, const char *path, enum word_action action,
    char *why, size_t size)
{
	struct word_filter *filter = NULL;
	struct stat seen = { 0 };

	if (path[0] != '\0') {
		(void)stat(path, &seen);
		filter = word_filter_load(path, action, why, size);
		if (filter == NULL)
			return false;
	}
	snprintf(file->path, sizeof(file->path), "%s", path);
	file->action = action;
	file->seen = seen;
	file->looked_ms = clock_monotonic_ms(file->clock);
	word_filter_replace(file, filter);
	return true;
}

struct message_filter *
word_file_filter(struct word_file *file)
{
	return file->filter != NULL ? &file->base : NULL;
}
