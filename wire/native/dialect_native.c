/* The table entry of the native dialect. */
#include "wire/native/dialect_native.h"

const struct dialect dialect_native = {
	.name = "command",
	.subprotocol = "parley.v1",
	.ids = ID_HEX8,
	.connect_flags = COMMAND_SHARED,
	.decode = native_decode,
	.encode = native_encode,
};
