#include "transport/http/assets.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "transport/http/http.h"

const struct asset *
assets_find(const struct assets *assets, struct str path)
{
	for (size_t i = 0; i < assets->count; i++)
		if (str_equal(path, str_from(assets->list[i].path)))
			return &assets->list[i];
	return NULL;
}

/* --- what the client has (RFC 9110 §13.1.2) ------------------------------- */

/* The tag without the mark of weakness, which does not matter here. */
static struct str
tag_opaque(struct str tag)
{
	if (tag.len >= 2 && memcmp(tag.data, "W/", 2) == 0)
		return str_slice(tag.data + 2, tag.len - 2);
	return tag;
}

static bool
names_tag(struct str list, struct str tag)
{
	struct str element;

	while ((element = http_list_next(&list)).data != NULL)
		if (str_equal(element, STR("*")) ||
		    str_equal(tag_opaque(element), tag_opaque(tag)))
			return true;
	return false;
}

static bool
has_it(const struct http_request *request, struct str tag)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (http_name_is(request->headers[i].name,
			STR("If-None-Match")) &&
		    names_tag(request->headers[i].value, tag))
			return true;
	return false;
}

/* --- what the client takes (RFC 9110 §12.5.3) ----------------------------- */

/* A coding and its weight: "gzip;q=0.5", "*". */
struct preference {
	struct str coding;
	bool taken;
};

static struct str
trim_end(struct str text)
{
	while (text.len > 0 && strchr(" \t", text.data[text.len - 1]) != NULL)
		text.len--;
	return text;
}

/* Whether all that follows "q=" are noughts. */
static bool
weighs_nothing(struct str weight)
{
	for (size_t i = 0; i < weight.len; i++)
		if (weight.data[i] >= '1' && weight.data[i] <= '9')
			return false;
	return true;
}

static struct preference
read_preference(struct str element)
{
	const char *semicolon = memchr(element.data, ';', element.len);
	struct preference preference = { element, true };
	struct str weight;

	if (semicolon == NULL)
		return preference;
	preference.coding.len = (size_t)(semicolon - element.data);
	preference.coding = trim_end(preference.coding);
	weight = str_slice(semicolon + 1,
	    element.len - (size_t)(semicolon + 1 - element.data));
	preference.taken = !weighs_nothing(weight);
	return preference;
}

static bool
takes_gzip(const struct http_request *request)
{
	bool any = false;

	for (size_t i = 0; i < request->header_count; i++) {
		struct str list = request->headers[i].value, element;

		if (!http_name_is(request->headers[i].name,
			STR("Accept-Encoding")))
			continue;
		while ((element = http_list_next(&list)).data != NULL) {
			struct preference message = read_preference(element);

			if (http_name_is(message.coding, STR("gzip")))
				return message.taken;
			if (http_name_is(message.coding, STR("*")))
				any = message.taken;
		}
	}
	return any;
}

/* --- the answer ----------------------------------------------------------- */

/*
 * Pages are sent with their policy. Scripts may be used by pages of other
 * origins: they contain nothing secret.
 */
static void
write_headers(const struct asset *asset, bool packed, char *out)
{
	bool is_page = asset->policy[0] != '\0';
	int len = snprintf(out, ASSET_HEADERS_SIZE,
	    "ETag: %s\r\n"
	    "Cache-Control: no-cache\r\n"
	    "Vary: Accept-Encoding\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "%s%s%s%s",
	    asset->tag,
	    is_page ? "Content-Security-Policy: "
		    : "Access-Control-Allow-Origin: *",
	    asset->policy, "\r\n", packed ? "Content-Encoding: gzip\r\n" : "");

	assert(len > 0 && len < ASSET_HEADERS_SIZE);
}

void
asset_answer(const struct asset *asset, const struct http_request *request,
    struct http_response *response, char headers[ASSET_HEADERS_SIZE])
{
	bool known = has_it(request, str_from(asset->tag));
	bool packed = !known && takes_gzip(request);

	write_headers(asset, packed, headers);
	response->status = known ? 304 : 200;
	response->headers = headers;
	if (known)
		return;
	response->content_type = asset->type;
	response->body = packed ? asset->packed : asset->plain;
}
