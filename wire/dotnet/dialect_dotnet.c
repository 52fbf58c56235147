/* The table entry of the dotnet dialect. */
#include "wire/dotnet/dialect_dotnet.h"

const struct dialect dialect_dotnet = {
	.name = "dotnet",
	.ids = ID_UUID,
	.connect_flags = COMMAND_NAMED_USER,
	.author_differs = 1ul << EVENT_MESSAGE,
	.decode = dotnet_decode,
	.encode = dotnet_encode,
	.http_compat = dotnet_http_compat,
	.stream = &dotnet_stream,
};
