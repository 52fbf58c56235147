#include "transport/http/traceparent.h"

#include <string.h>

#include "transport/http/http.h"

#define LEN (TRACEPARENT_SIZE - 1)

/* Digits in lower case, and not all of them 0 if that means "none". */
static bool
digits_are_valid(const char *text, size_t len, bool may_be_zero)
{
	bool is_zero = true;

	for (size_t i = 0; i < len; i++) {
		if (strchr("0123456789abcdef", text[i]) == NULL ||
		    text[i] == '\0')
			return false;
		is_zero &= text[i] == '0';
	}
	return may_be_zero || !is_zero;
}

static bool
traceparent_is_valid(struct str text)
{
	const char *at = text.data;

	if (text.len < LEN || at[2] != '-' || at[35] != '-' || at[52] != '-')
		return false;
	/* A later version may have more fields. */
	if (text.len > LEN && (memcmp(at, "00", 2) == 0 || at[LEN] != '-'))
		return false;
	return digits_are_valid(at, 2, true) && memcmp(at, "ff", 2) != 0 &&
	       digits_are_valid(at + 3, 32, false) &&
	       digits_are_valid(at + 36, 16, false) &&
	       digits_are_valid(at + 53, 2, true);
}

bool
traceparent_read(const struct http_request *request, char out[TRACEPARENT_SIZE])
{
	size_t count;
	struct str text = http_header_find(request, STR("traceparent"), &count);

	out[0] = '\0';
	if (count != 1 || !traceparent_is_valid(text))
		return false;
	memcpy(out, "00", 2);
	memcpy(out + 2, text.data + 2, LEN - 2);
	out[LEN] = '\0';
	return true;
}
