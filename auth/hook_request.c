#include "auth/hook_request.h"

#include <assert.h>

#include "domain/base/str_take.h"
#include "domain/text/utf8.h"
#include "transport/http/forwarded.h"
#include "transport/http/http.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_writer.h"

#define SEPARATORS STR(", ")
#define NAME_SIZE 64

bool
hook_headers_are_valid(struct str names)
{
	struct str name;

	while ((name = str_take(&names, SEPARATORS)).len > 0)
		if (name.len >= NAME_SIZE || !http_is_token(name))
			return false;
	return true;
}

/* A part of a string, whatever its bytes are. */
static void
text_write_part(struct wire_text *out, struct str text)
{
	if (utf8_is_valid(text)) {
		json_put_string_part(out, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++) {
		char latin[4];
		size_t len = utf8_put((unsigned char)text.data[i], latin);

		json_put_string_part(out, str_slice(latin, len));
	}
}

/* Copies a name in lower case; names were checked with the options. */
static void
hook_name_copy(struct str name, char out[NAME_SIZE])
{
	assert(name.len < NAME_SIZE);
	for (size_t i = 0; i < name.len; i++) {
		out[i] = name.data[i];
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] |= 0x20;
	}
	out[name.len] = '\0';
}

/* Writes all lines of a header, unless it has none. */
static void
header_write(struct wire_text *out, const struct http_request *request,
    const char *name, bool is_first)
{
	struct str wanted = str_from(name);
	bool begun = false;

	for (size_t i = 0; i < request->header_count; i++) {
		if (!http_name_is(request->headers[i].name, wanted))
			continue;
		if (!begun) {
			wire_text_append_if(out, !is_first, STR(","));
			json_put_string(out, wanted);
			wire_text_append(out, STR(":\""));
		}
		wire_text_append_if(out, begun, STR(", "));
		text_write_part(out, request->headers[i].value);
		begun = true;
	}
	wire_text_append_if(out, begun, STR("\""));
}

static void
member_write(struct wire_text *out, struct str name, struct str value)
{
	wire_text_append(out, STR(",\""));
	wire_text_append(out, name);
	wire_text_append(out, STR("\":\""));
	text_write_part(out, value);
	wire_text_append(out, STR("\""));
}

void
hook_request_write(struct wire_text *out, const struct http_request *request,
    struct str header_names, const struct http_client *client,
    struct str dialect)
{
	char address[HOST_ADDRESS_TEXT_SIZE], lower[NAME_SIZE];
	struct str query = request->query, name;
	size_t begun;

	host_address_format(&client->address, address);
	wire_text_append(out, STR("{\"headers\":{"));
	begun = out->len;
	while ((name = str_take(&header_names, SEPARATORS)).len > 0) {
		hook_name_copy(name, lower);
		header_write(out, request, lower, out->len == begun);
	}
	wire_text_append(out, STR("}"));
	member_write(out, STR("path"), request->path);
	member_write(out, STR("query"), query.data == NULL ? STR("") : query);
	member_write(out, STR("address"), str_from(address));
	wire_text_append(out, STR(",\"secure\":"));
	wire_text_append(out, client->is_secure ? STR("true") : STR("false"));
	member_write(out, STR("dialect"), dialect);
	wire_text_append(out, STR("}"));
}
