#include "wire/dialect_command.h"

const struct dialect dialect_command = {
	.name = "command",
	.subprotocol = "parley.v1",
	.ids = ID_HEX8,
	.decode = command_decode,
	.encode = command_encode,
};
