/* Any bytes as messages of `topic`, in every stage. */
#include "domain/base/count_of.h"
#include "tests/fuzz/dialects.h"
#include "wire/topic/dialect_topic.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum wire_stage stages[] = { WIRE_NEW, WIRE_INSIDE,
		WIRE_OUTSIDE };

	for (size_t i = 0; i < COUNT_OF(stages); i++) {
		const struct wire_context context = {
			.json_depth = 32,
			.stage = stages[i],
		};

		dialect_check_message(&dialect_topic, &context,
		    str_slice((const char *)data, size));
	}
	return 0;
}
