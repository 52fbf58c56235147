/* Any bytes as a message of `command`; encodes what they decode to. */
#include "tests/fuzz/dialects.h"
#include "wire/native/dialect_native.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wire_context context = { .json_depth = 32 };

	dialect_check_message(&dialect_native, &context,
	    str_slice((const char *)data, size));
	return 0;
}
