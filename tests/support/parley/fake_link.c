#include "tests/support/parley/fake_link.h"

#include <stdio.h>
#include <stdlib.h>

struct link {
	const struct link_ops *ops;
	void *arg;
	bool open, closing;
};

unsigned fake_links;
struct url fake_link_url;

static struct link *current;
static char sent[4096];

struct link *
link_create(struct event_base *base, const struct url *url, struct tls *tls,
    const struct link_ops *ops, void *arg)
{
	(void)base;
	(void)tls;
	current = calloc(1, sizeof(*current));
	current->ops = ops;
	current->arg = arg;
	fake_link_url = *url;
	fake_links++;
	sent[0] = '\0';
	return current;
}

void
link_destroy(struct link *link)
{
	if (link == current)
		current = NULL;
	free(link);
}

bool
link_send(struct link *link, struct str text)
{
	size_t len = strlen(sent);

	if (!link->open || link->closing)
		return false;
	snprintf(sent + len, sizeof(sent) - len, "%.*s\n", (int)text.len,
	    text.data);
	return true;
}

void
link_close(struct link *link)
{
	link->closing = true;
}

const char *
fake_link_sent(void)
{
	static char copy[sizeof(sent)];

	memcpy(copy, sent, sizeof(sent));
	sent[0] = '\0';
	return copy;
}

void
fake_link_open(void)
{
	current->open = true;
	current->ops->opened(current->arg);
}

void
fake_link_say(const char *frame)
{
	size_t len = strlen(frame);
	char *exact = malloc(len);

	memcpy(exact, frame, len);
	current->ops->text(current->arg, str_slice(exact, len));
	free(exact);
}

void
fake_link_end(enum link_fault fault, unsigned code, const char *text)
{
	struct link_end end = { .fault = fault, .code = code };

	snprintf(end.text, sizeof(end.text), "%s", text);
	current->ops->closed(current->arg, &end);
}

bool
fake_link_is_up(void)
{
	return current != NULL && !current->closing;
}
