#include "tests/support/parley/fake_connection.h"

#include <stdio.h>
#include <stdlib.h>

struct connection {
	const struct connection_ops *ops;
	void *arg;
	bool open, closing;
};

unsigned fake_connections;
struct url fake_connection_url;

static struct connection *current;
static char sent[4096];

struct connection *
connection_create(struct event_base *base, const struct url *url,
    struct tls *tls, const char *token, const struct connection_ops *ops,
    void *arg)
{
	(void)base;
	(void)tls;
	(void)token;
	current = calloc(1, sizeof(*current));
	current->ops = ops;
	current->arg = arg;
	fake_connection_url = *url;
	fake_connections++;
	sent[0] = '\0';
	return current;
}

void
connection_destroy(struct connection *connection)
{
	if (connection == current)
		current = NULL;
	free(connection);
}

bool
connection_send(struct connection *connection, struct str text)
{
	size_t len = strlen(sent);

	if (!connection->open || connection->closing)
		return false;
	snprintf(sent + len, sizeof(sent) - len, "%.*s\n", (int)text.len,
	    text.data);
	return true;
}

void
connection_close(struct connection *connection)
{
	connection->closing = true;
}

const char *
fake_connection_sent(void)
{
	static char copy[sizeof(sent)];

	memcpy(copy, sent, sizeof(sent));
	sent[0] = '\0';
	return copy;
}

void
fake_connection_open(void)
{
	current->open = true;
	current->ops->opened(current->arg);
}

void
fake_connection_receive(const char *frame)
{
	size_t len = strlen(frame);
	char *exact = malloc(len);

	memcpy(exact, frame, len);
	current->ops->text(current->arg, str_slice(exact, len));
	free(exact);
}

void
fake_connection_end(enum connection_fault fault, unsigned code,
    const char *text)
{
	struct connection_end end = { .fault = fault, .code = code };

	snprintf(end.text, sizeof(end.text), "%s", text);
	current->ops->closed(current->arg, &end);
}

bool
fake_connection_is_up(void)
{
	return current != NULL && !current->closing;
}
