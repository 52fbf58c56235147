#include "wire/native/dialect_native.h"

const struct dialect dialect_command = {
	.name = "command",
	.subprotocol = "parley.v1",
	.ids = ID_HEX8,
	.decode = command_decode,
	.encode = command_encode,
};
