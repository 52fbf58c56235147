/* Parameters of a query. */
#include "domain/text/utf8.h"
#include "transport/api/api_internal.h"

static bool
query_refuse(struct api_call *call, const char *name)
{
	api_call_fail_field(call, name);
	return false;
}

/* Digits only. */
static bool
digits_read(const char *text, uint64_t most, uint64_t *out)
{
	*out = 0;
	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(*text - '0'), out))
			return false;
	return *text == '\0' && *out <= most;
}

bool
api_query_number(struct api_call *call, const struct http_request *request,
    const char *name, uint64_t most, uint64_t *out, bool *given)
{
	char text[32];
	int len = http_query_get(request->query, name, text, sizeof(text));

	if (given != NULL)
		*given = len != HTTP_QUERY_ABSENT;
	if (len == HTTP_QUERY_ABSENT)
		return true;
	if (len < 0 || !digits_read(text, most, out))
		return query_refuse(call, name);
	return true;
}

bool
api_param_number(struct api_call *call, const char *name, uint64_t *out)
{
	char text[32];

	return (http_param_get(call->exchange->request, name, text,
		    sizeof(text)) >= 0 &&
		   digits_read(text, INT64_MAX, out)) ||
	       query_refuse(call, name);
}

bool
api_query_seconds(struct api_call *call, const struct http_request *request,
    const char *name, uint64_t most, int64_t *ms)
{
	char text[32];
	int len = http_query_get(request->query, name, text, sizeof(text));
	uint64_t seconds;

	if (len == HTTP_QUERY_ABSENT)
		return true;
	if (len > 1 && text[len - 1] == 's')
		text[len - 1] = '\0';
	if (len < 0 || !digits_read(text, most, &seconds))
		return query_refuse(call, name);
	*ms = (int64_t)seconds * 1000;
	return true;
}

bool
api_query_text(struct api_call *call, const struct http_request *request,
    const char *name, char *out, size_t size)
{
	int len = http_query_get(request->query, name, out, size);

	if (len == HTTP_QUERY_ABSENT)
		out[0] = '\0';
	if (len == HTTP_QUERY_INVALID || !utf8_is_valid(str_from(out)))
		return query_refuse(call, name);
	return true;
}
