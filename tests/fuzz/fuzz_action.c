/* Any bytes as a message of `action`; encodes what they decode to. */
#include "tests/fuzz/dialects.h"
#include "wire/action/dialect_action.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wire_context context = {
		.json_depth = 32,
		.frame_bytes = 1024,
	};

	dialect_check_message(&dialect_action, &context,
	    str_slice((const char *)data, size));
	return 0;
}
