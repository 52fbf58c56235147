/* The table of dialects. */
#include "wire/dialect.h"

#include <assert.h>

#include "wire/action/dialect_action.h"
#include "wire/common/message_id.h"
#include "wire/dotnet/dialect_dotnet.h"
#include "wire/json/json_reader.h"
#include "wire/native/dialect_native.h"
#include "wire/topic/dialect_topic.h"

static_assert(WIRE_DEPTH_MAX == JSON_DEPTH_MAX, "the reader recurses");

static const struct dialect *const table[DIALECTS_MAX + 1] = {
	&dialect_native,
	&dialect_action,
	&dialect_topic,
	&dialect_dotnet,
};

const struct dialect *const *
dialects(void)
{
	return table;
}

const struct dialect *
dialect_find(struct str name)
{
	for (size_t i = 0; table[i] != NULL; i++)
		if (str_equal(str_from(table[i]->name), name))
			return table[i];
	return NULL;
}

size_t
dialect_index(const struct dialect *dialect)
{
	size_t i = 0;

	while (table[i] != dialect) {
		assert(table[i] != NULL);
		i++;
	}
	return i;
}

void
dialects_seed(uint64_t seed)
{
	json_dupkeys_seed(seed);
	message_id_seed(seed);
}
