#include "wire/common/error_texts.h"

#include <assert.h>

struct str
error_text_find(const struct error_text table[], size_t count,
    const struct failure *failure)
{
	assert(failure->error != CHAT_OK);
	for (size_t i = 0; i < count; i++)
		if (table[i].error == failure->error &&
		    (table[i].command.data == NULL ||
			str_equal(table[i].command, failure->command)))
			return table[i].text;
	return STR_ABSENT;
}

struct str
error_text_plain(const struct failure *failure)
{
	return failure->text.data != NULL
		   ? failure->text
		   : str_from(chat_error_text(failure->error));
}
