/* The table entry of the topic dialect. */
#include "wire/topic/dialect_topic.h"

const struct dialect dialect_topic = {
	.name = "topic",
	.ids = ID_HEX8,
	.connect_flags = COMMAND_GUEST | COMMAND_NO_LOBBY | COMMAND_NO_DM,
	.has_stages = true,
	.idle_ms = 300000,
	.burst_limit = { TOPIC_BURST_MESSAGES, 60000 },
	.decode = topic_decode,
	.encode = topic_encode,
	.http_compat = topic_http_compat,
};
