#include "auth/revoked_tokens.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/file_content.h"
#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/log.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_writer.h"

/* "<22 characters> <seconds>\n" in a line. */
#define LINE_MAX_LEN (TOKEN_ID_LEN + 1 + 20 + 1)
#define FILE_MAX ((size_t)4 * REVOKED_TOKENS_MAX * LINE_MAX_LEN)

struct revoked_token {
	struct list link; /* the one that was revoked first is the first */
	int64_t expires_s;
	char id[TOKEN_ID_LEN];
};

struct revoked_tokens {
	struct id_map by_id;
	struct list all;
	size_t lines; /* of the file */
	char path[PATH_MAX];
};

static struct str
revoked_token_key(const void *entry)
{
	const struct revoked_token *token = entry;

	return str_slice(token->id, sizeof(token->id));
}

static void
token_forget(struct revoked_tokens *tokens, struct revoked_token *token)
{
	id_map_remove(&tokens->by_id, revoked_token_key(token));
	list_remove(&token->link);
	free(token);
}

static struct revoked_token *
token_of(struct list *link)
{
	return LIST_OWNER(link, struct revoked_token, link);
}

static void
tokens_expire(struct revoked_tokens *tokens, int64_t now_s)
{
	struct list *next;

	for (struct list *at = tokens->all.next; at != &tokens->all;
	     at = next) {
		next = at->next;
		if (token_of(at)->expires_s <= now_s)
			token_forget(tokens, token_of(at));
	}
}

static void
token_forget_first_to_expire(struct revoked_tokens *tokens)
{
	struct revoked_token *first = token_of(tokens->all.next);

	for (struct list *at = tokens->all.next; at != &tokens->all;
	     at = at->next)
		if (token_of(at)->expires_s < first->expires_s)
			first = token_of(at);
	token_forget(tokens, first);
}

/* False: no memory. */
static bool
token_note(struct revoked_tokens *tokens, struct str id, int64_t expires_s)
{
	struct revoked_token *token;

	assert(id.len == sizeof(token->id));
	if (id_map_find(&tokens->by_id, id) != NULL)
		return true;
	token = malloc(sizeof(*token));
	if (token == NULL)
		return false;
	token->expires_s = expires_s;
	memcpy(token->id, id.data, sizeof(token->id));
	if (!id_map_put(&tokens->by_id, token)) {
		free(token);
		return false;
	}
	list_append(&tokens->all, &token->link);
	return true;
}

/* --- the file ------------------------------------------------------------- */

static void
token_write(struct wire_text *out, const char *id, int64_t expires_s)
{
	wire_text_append(out, str_slice(id, TOKEN_ID_LEN));
	wire_text_append(out, STR(" "));
	json_put_signed(out, expires_s);
	wire_text_append(out, STR("\n"));
}

/* False: errno has the reason. */
static bool
file_append(struct revoked_tokens *tokens, const char *id, int64_t expires_s)
{
	int fd =
	    open(tokens->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct wire_text line;
	bool ok;

	if (fd < 0)
		return false;
	wire_text_init(&line);
	token_write(&line, id, expires_s);
	errno = ENOMEM;
	ok = !line.failed && write(fd, line.data, line.len) > 0;
	tokens->lines++;
	wire_text_fini(&line);
	close(fd);
	return ok;
}

/* Lines that a crash has cut are passed over. False: no memory. */
static bool
tokens_read(struct revoked_tokens *tokens, struct str content, int64_t now_s)
{
	while (content.len > 0) {
		const char *end = memchr(content.data, '\n', content.len);
		char line[LINE_MAX_LEN + 1];
		size_t len;
		int64_t expires_s;

		if (end == NULL)
			break;
		len = (size_t)(end - content.data);
		if (len < LINE_MAX_LEN && len > TOKEN_ID_LEN) {
			memcpy(line, content.data, len);
			line[len] = '\0';
			if (sscanf(line + TOKEN_ID_LEN, " %" SCNd64,
				&expires_s) == 1 &&
			    expires_s > now_s &&
			    tokens->by_id.count < REVOKED_TOKENS_MAX &&
			    !token_note(tokens, str_slice(line, TOKEN_ID_LEN),
				expires_s))
				return false;
		}
		content = str_slice(end + 1, content.len - len - 1);
	}
	return true;
}

/* Writes the file without what has expired. False: errno has the reason. */
static bool
file_rewrite(struct revoked_tokens *tokens)
{
	struct wire_text text;
	bool ok;

	wire_text_init(&text);
	for (struct list *at = tokens->all.next; at != &tokens->all;
	     at = at->next)
		token_write(&text, token_of(at)->id, token_of(at)->expires_s);
	errno = ENOMEM;
	ok = !text.failed &&
	     file_content_replace(tokens->path, str_slice(text.data, text.len));
	tokens->lines = id_map_count(&tokens->by_id);
	wire_text_fini(&text);
	return ok;
}

/* The file has at most this many lines more than it needs. */
#define LINES_TO_SPARE 4096

static bool
revoked_file_add(struct revoked_tokens *tokens, const char *id,
    int64_t expires_s, int64_t now_s)
{
	if (tokens->lines < id_map_count(&tokens->by_id) + LINES_TO_SPARE)
		return file_append(tokens, id, expires_s);
	tokens_expire(tokens, now_s);
	return file_rewrite(tokens);
}

/* --- life cycle ----------------------------------------------------------- */

/* A missing file is an empty one. False: errno has the reason. */
static bool
tokens_load_file(struct revoked_tokens *tokens, int64_t now_s)
{
	size_t len;
	char *content = file_content_read(tokens->path, FILE_MAX, &len, NULL);
	bool ok;

	if (content == NULL)
		return errno == ENOENT;
	errno = ENOMEM;
	ok = tokens_read(tokens, str_slice(content, len), now_s);
	free(content);
	return ok && file_rewrite(tokens);
}

struct revoked_tokens *
revoked_tokens_load(const char *path, int64_t now_s, char *why, size_t size)
{
	struct revoked_tokens *tokens = calloc(1, sizeof(*tokens));

	if (tokens == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	id_map_init(&tokens->by_id, revoked_token_key);
	list_init(&tokens->all);
	snprintf(tokens->path, sizeof(tokens->path), "%s", path);
	if (tokens_load_file(tokens, now_s))
		return tokens;
	snprintf(why, size, "%s: %s", path, strerror(errno));
	revoked_tokens_destroy(tokens);
	return NULL;
}

void
revoked_tokens_destroy(struct revoked_tokens *tokens)
{
	if (tokens == NULL)
		return;
	while (!list_is_empty(&tokens->all))
		token_forget(tokens, token_of(tokens->all.next));
	id_map_fini(&tokens->by_id);
	free(tokens);
}

bool
revoked_tokens_add(struct revoked_tokens *tokens, struct str id,
    int64_t expires_s, int64_t now_s)
{
	assert(id.len == TOKEN_ID_LEN);
	if (id_map_count(&tokens->by_id) >= REVOKED_TOKENS_MAX)
		tokens_expire(tokens, now_s);
	if (id_map_count(&tokens->by_id) >= REVOKED_TOKENS_MAX)
		token_forget_first_to_expire(tokens);
	if (!token_note(tokens, id, expires_s))
		return false;
	if (!revoked_file_add(tokens, id.data, expires_s, now_s))
		log_error("%s: %s", tokens->path, strerror(errno));
	return true;
}

bool
revoked_tokens_contain(const struct revoked_tokens *tokens, struct str id)
{
	return id_map_find(&tokens->by_id, id) != NULL;
}
