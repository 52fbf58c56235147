#include "cmd/parleyd/listen.h"

#include <string.h>

void
listen_clear(struct listen_list *list)
{
	memset(list, 0, sizeof(*list));
}

static struct str
trim(struct str text)
{
	while (text.len > 0 && text.data[0] == ' ')
		text = str_slice(text.data + 1, text.len - 1);
	while (text.len > 0 && text.data[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* There is room: no address is longer than ADDRESS_TEXT_SIZE. */
static void
append_text(struct listen_list *list, const char *address)
{
	if (list->text[0] != '\0')
		strcat(list->text, ", ");
	strcat(list->text, address);
}

static bool
append_one(struct listen_list *list, struct str text)
{
	char address[ADDRESS_TEXT_SIZE];
	const char *why;

	if (list->count == LISTEN_MAX || text.len >= sizeof(address))
		return false;
	memcpy(address, text.data, text.len);
	address[text.len] = '\0';
	if (!address_parse(address, &list->at[list->count], &why))
		return false;
	list->count++;
	append_text(list, address);
	return true;
}

bool
listen_append(struct listen_list *list, struct str text)
{
	const char *comma;

	while ((comma = memchr(text.data, ',', text.len)) != NULL) {
		size_t len = (size_t)(comma - text.data);

		if (!append_one(list, trim(str_slice(text.data, len))))
			return false;
		text = str_slice(comma + 1, text.len - len - 1);
	}
	return append_one(list, trim(text));
}
