#include "wire/topic/dialect_topic.h"

const struct dialect dialect_topic = {
	.name = "topic",
	.ids = ID_HEX8,
	.connect_flags = COMMAND_GUEST | COMMAND_NO_LOBBY,
	.has_stages = true,
	.idle_ms = 300000,
	.pace = { TOPIC_PACE, 60000 },
	.decode = topic_decode,
	.encode = topic_encode,
	.face = topic_face,
};
