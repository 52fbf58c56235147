/* The `dotnet` dialect: the ASP.NET server (docs/protocol-dotnet.md). */
#ifndef WIRE_DIALECT_DOTNET_H
#define WIRE_DIALECT_DOTNET_H

#include "wire/dialect.h"

/* One ChatMessage, a JSON object with exact keys. */
enum chat_error dotnet_decode(struct str message, const struct wire_context *,
    struct command *out, struct failure *why, struct scratch *);

/*
 * A text of a connection without channels: a ChatMessage whose keys are in any
 * letter case, or a line: a type, and its message.
 */
enum chat_error dotnet_decode_text(struct str text, const struct wire_context *,
    struct command *out, struct failure *why, struct scratch *);

/* A ChatMessage, without the end of its line. */
bool dotnet_encode(const struct event *, enum viewpoint, struct wire_text *out);

bool dotnet_http_compat(const struct http_compat_request *,
    struct http_compat_response *out);

extern const struct dialect_stream dotnet_stream;

extern const struct dialect dialect_dotnet;

#endif
