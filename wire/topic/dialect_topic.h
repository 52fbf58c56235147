/* The `topic` dialect: the FastAPI server (docs/protocol-topic.md). */
#ifndef WIRE_DIALECT_TOPIC_H
#define WIRE_DIALECT_TOPIC_H

#include "wire/dialect.h"

#define TOPIC_ROOMS 1000        /* topics, at most */
#define TOPIC_MEMBERS 100       /* of a topic, at most */
#define TOPIC_LIFE_MS 30000     /* of a message */
#define TOPIC_BURST_MESSAGES 60 /* then a pause of a minute */

enum chat_error topic_decode(struct str message, const struct wire_context *,
    struct command *out, struct failure *why, struct scratch *);

bool topic_encode(const struct event *, enum viewpoint, struct wire_text *out);

bool topic_http_compat(const struct http_compat_request *,
    struct http_compat_response *out);

extern const struct dialect dialect_topic;

#endif
