/* Base64 with padding, RFC 4648 §4. */
#ifndef WIRE_DOTNET_BASE64_H
#define WIRE_DOTNET_BASE64_H

#include "wire/common/wire_text.h"

void dotnet_base64_put(struct wire_text *, struct str bytes);

/*
 * Writes the bytes, at most `size`. False: they are more, or the text is not
 * base64.
 */
bool dotnet_base64_decode(struct str text, char *out, size_t size, size_t *len);

#endif
