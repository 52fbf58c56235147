#include "cmd/parley/url.h"

#include <ctype.h>
#include <stdio.h>

static bool
text_take_prefix(struct str *text, struct str prefix)
{
	if (text->len < prefix.len ||
	    memcmp(text->data, prefix.data, prefix.len) != 0)
		return false;
	*text = str_slice(text->data + prefix.len, text->len - prefix.len);
	return true;
}

/* Takes the text before the first of these characters. */
static struct str
text_take_until(struct str *text, const char *stops)
{
	struct str head = { text->data, 0 };

	while (head.len < text->len &&
	       strchr(stops, text->data[head.len]) == NULL)
		head.len++;
	*text = str_slice(text->data + head.len, text->len - head.len);
	return head;
}

static bool
url_copy_text(struct str text, char *out, size_t size)
{
	if (text.len >= size)
		return false;
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return true;
}

/* Other characters would change the meaning of the request. */
static bool
text_is_printable(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isgraph((unsigned char)text.data[i]))
			return false;
	return true;
}

static bool
host_read(struct url *url, struct str *text)
{
	struct str host;

	if (text_take_prefix(text, STR("["))) {
		host = text_take_until(text, "]");
		if (!text_take_prefix(text, STR("]")))
			return false;
	} else {
		host = text_take_until(text, ":/?");
	}
	return host.len > 0 && memchr(host.data, '@', host.len) == NULL &&
	       url_copy_text(host, url->host, sizeof(url->host));
}

static bool
port_read(struct url *url, struct str *text)
{
	struct str port = url->tls ? STR("443") : STR("80");
	unsigned long number = 0;

	if (text_take_prefix(text, STR(":")))
		port = text_take_until(text, "/?");
	if (port.len == 0 || !url_copy_text(port, url->port, sizeof(url->port)))
		return false;
	for (size_t i = 0; i < port.len; i++) {
		if (!isdigit((unsigned char)port.data[i]))
			return false;
		number = number * 10 + (unsigned long)(port.data[i] - '0');
	}
	return number > 0 && number <= 65535;
}

bool
url_parse(struct url *out, struct str text)
{
	bool bare = memmem(text.data, text.len, "://", 3) == NULL;
	int len;

	memset(out, 0, sizeof(*out));
	if (!text_is_printable(text) ||
	    memchr(text.data, '#', text.len) != NULL)
		return false; /* RFC 6455 §3 has no fragments */
	out->tls = text_take_prefix(&text, STR("wss://"));
	if (!out->tls && !text_take_prefix(&text, STR("ws://")) && !bare)
		return false;
	if (!host_read(out, &text) || !port_read(out, &text))
		return false;
	if (text.len > 0 && text.data[0] != '/' && text.data[0] != '?')
		return false;
	len = snprintf(out->target, sizeof(out->target), "%s%.*s",
	    text.len > 0 && text.data[0] == '/' ? "" : "/", (int)text.len,
	    text.data);
	return len > 0 && (size_t)len < sizeof(out->target);
}

bool
url_path_is(const struct url *url, const char *path)
{
	return str_equal(str_slice(url->target, strcspn(url->target, "?")),
	    str_from(path));
}

void
url_set_path(struct url *url, const char *path)
{
	snprintf(url->target, sizeof(url->target), "%s", path);
}

bool
url_add_query(struct url *url, const char *key, struct str value)
{
	size_t used = strlen(url->target);
	char *at = url->target + used;
	size_t room = sizeof(url->target) - used;

	if (strlen(key) + 2 + 3 * value.len >= room)
		return false;
	at += sprintf(at, "%c%s=", strchr(url->target, '?') ? '&' : '?', key);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (isalnum(c) || strchr("-._~", c) != NULL)
			*at++ = (char)c;
		else
			at += sprintf(at, "%%%02X", c);
	}
	*at = '\0';
	return true;
}
