#include "cmd/parleyd/options/listen.h"

#include <stdio.h>
#include <string.h>

#include "cmd/parleyd/options/suggest.h"
#include "domain/base/count_of.h"
#include "domain/base/str_trim.h"
#include "wire/dialect.h"

void
listen_clear(struct listen_list *list)
{
	memset(list, 0, sizeof(*list));
}

/* They follow an address, as items of their own. */
#define TLS_WORD STR("tls")
#define PROXY_WORD STR("proxy")

static bool
word_is_trait(struct str word)
{
	return str_equal(word, TLS_WORD) || str_equal(word, PROXY_WORD);
}

/* --- one address ---------------------------------------------------------- */

/* Takes the next address off the text; false: none is left. */
static bool
address_take(struct str *text, struct str *out)
{
	const char *comma;

	if (text->data == NULL)
		return false;
	comma = memchr(text->data, ',', text->len);
	if (comma == NULL) {
		*out = str_trim(*text, STR(" "));
		*text = STR_ABSENT;
		return true;
	}
	*out = str_trim(str_slice(text->data, (size_t)(comma - text->data)),
	    STR(" "));
	*text =
	    str_slice(comma + 1, text->len - (size_t)(comma + 1 - text->data));
	return true;
}

/* Takes the name of the dialect off the end; absent: there is none. */
static struct str
dialect_take(struct str *text)
{
	const char *equals = memrchr(text->data, '=', text->len);
	struct str name = STR_ABSENT;

	if (equals == NULL)
		return name;
	name = str_slice(equals + 1,
	    text->len - (size_t)(equals + 1 - text->data));
	text->len = (size_t)(equals - text->data);
	return name;
}

static const struct dialect *
dialect_by_name(struct str name)
{
	return dialect_find(name.data == NULL ? STR("command") : name);
}

static const char *
dialect_closest(struct str name)
{
	const char *closest = NULL;
	struct suggest suggest;

	suggest_init(&suggest, name);
	for (size_t i = 0; dialects()[i] != NULL; i++)
		if (suggest_is_better(&suggest, dialects()[i]->name))
			closest = dialects()[i]->name;
	return closest;
}

bool
listen_misspells_dialect(struct str text, struct str *name,
    const char **suggestion)
{
	struct str one;

	while (address_take(&text, &one)) {
		if (word_is_trait(one))
			continue;
		*name = dialect_take(&one);
		if (dialect_by_name(*name) != NULL)
			continue;
		*suggestion = dialect_closest(*name);
		return true;
	}
	return false;
}

void
listen_write_dialects(char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; dialects()[i] != NULL; i++) {
		bool is_last = dialects()[i + 1] == NULL;
		const char *between = is_last ? " or " : ", ";

		used += (size_t)snprintf(out + used, size - used, "%s=%s",
		    i == 0 ? "" : between, dialects()[i]->name);
	}
}

/* --- all of them ---------------------------------------------------------- */

/* The text fits: the lengths of addresses and dialects are bounded. */
static void
listen_append_text(struct listen_list *list, struct str text)
{
	size_t used = strlen(list->text);

	snprintf(list->text + used, sizeof(list->text) - used, "%s%.*s",
	    used > 0 ? ", " : "", (int)text.len, text.data);
}

static bool
listen_append_address(struct listen_list *list, struct str text)
{
	struct server_listen *at = &list->at[list->count];
	struct str written = text;
	char address[ADDRESS_TEXT_SIZE];
	const char *why;

	if (list->count == LISTEN_MAX)
		return false;
	at->tls = at->proxy = false;
	at->dialect = dialect_by_name(dialect_take(&text));
	if (at->dialect == NULL || text.len >= sizeof(address))
		return false;
	memcpy(address, text.data, text.len);
	address[text.len] = '\0';
	if (!address_parse(address, &at->address, &why))
		return false;
	list->count++;
	listen_append_text(list, written);
	return true;
}

/* For the address before. False: it has this trait already. */
static bool
listen_add_trait(struct listen_list *list, struct str word)
{
	struct server_listen *at = &list->at[list->count - 1];
	bool *trait = str_equal(word, TLS_WORD) ? &at->tls : &at->proxy;

	if (*trait)
		return false;
	*trait = true;
	listen_append_text(list, word);
	return true;
}

bool
listen_append(struct listen_list *list, struct str text)
{
	struct str one;

	for (bool is_first = true; address_take(&text, &one);
	     is_first = false) {
		bool ok = !is_first && word_is_trait(one)
			      ? listen_add_trait(list, one)
			      : listen_append_address(list, one);

		if (!ok)
			return false;
	}
	return true;
}

bool
listen_has_tls(const struct listen_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].tls)
			return true;
	return false;
}

bool
listen_has_proxy(const struct listen_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].proxy)
			return true;
	return false;
}

/* --- ports of the original servers ---------------------------------------- */

static const struct str seed_ports[] = {
	STR("127.0.0.1:8080=command"),
	STR("127.0.0.1:8765=action"),
	STR("127.0.0.1:8000=topic"),
	STR("127.0.0.1:5106=dotnet"),
};

/* Whether the last address is in the list twice. */
static bool
listen_repeats_last(const struct listen_list *list)
{
	char last[ADDRESS_TEXT_SIZE], other[ADDRESS_TEXT_SIZE];

	address_format(&list->at[list->count - 1].address, last);
	for (size_t i = 0; i + 1 < list->count; i++) {
		address_format(&list->at[i].address, other);
		if (strcmp(last, other) == 0)
			return true;
	}
	return false;
}

bool
listen_append_seed_ports(struct listen_list *list)
{
	for (size_t i = 0; i < COUNT_OF(seed_ports); i++) {
		struct listen_list longer = *list;

		if (!listen_append_address(&longer, seed_ports[i]))
			return false;
		if (!listen_repeats_last(&longer))
			*list = longer;
	}
	return true;
}
