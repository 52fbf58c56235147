/* auth.kind = proxy: a trusted proxy has authenticated the client, and names
 * it in headers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_method.h"
#include "auth/rights.h"
#include "domain/text/utf8.h"
#include "transport/http/http_conn.h"

#define TEXT_MOST 256 /* bytes of a user's id and name */

struct proxy_method {
	struct auth_method base;
	const struct auth_context *context;
	char user_header[AUTH_TEXT_MAX + 1];
	char name_header[AUTH_TEXT_MAX + 1];   /* "": none */
	char rights_header[AUTH_TEXT_MAX + 1]; /* "": none */
};

/* A text of a header, which may occur once. False: it is not acceptable;
 * absent: it is missing or empty. */
static bool
header_text(const struct http_request *request, const char *name,
    struct str *out)
{
	size_t count;

	*out = http_header_find(request, str_from(name), &count);
	if (out->len == 0)
		*out = STR_ABSENT;
	return count <= 1 && out->len <= TEXT_MOST && utf8_is_valid(*out);
}

/* The words of all lines of the header: rights, and roles. */
static unsigned
rights_of_header(const struct http_request *request, const char *name)
{
	unsigned rights = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		struct str list = request->headers[i].value, word;
		enum user_role role;

		if (!http_name_is(request->headers[i].name, str_from(name)))
			continue;
		while ((word = http_list_next(&list)).data != NULL) {
			rights |= rights_of_word(word);
			if (user_role_read(word, &role))
				rights |= user_role_rights(role);
		}
	}
	return rights;
}

/* NULL: *out is the user. Else the reason of a 401. */
static const char *
proxy_identify(const struct proxy_method *proxy,
    const struct http_request *request, struct principal *out)
{
	struct str user, name = STR_ABSENT;

	if (!header_text(request, proxy->user_header, &user))
		return "User header malformed\n";
	if (user.data == NULL)
		return "User header missing\n";
	if (proxy->name_header[0] != '\0' &&
	    !header_text(request, proxy->name_header, &name))
		return "Name header malformed\n";
	*out = (struct principal){
		.user_id = user,
		.issued_s = clock_wall_ms(proxy->context->clock) / 1000,
		.name = name.data == NULL ? user : name,
		.rights = proxy->rights_header[0] == '\0'
			      ? RIGHTS_USUAL
			      : rights_of_header(request, proxy->rights_header),
	};
	return NULL;
}

static void
proxy_method_admit(struct auth_method *method, struct candidate *candidate,
    const struct http_request *request)
{
	const struct proxy_method *proxy = (struct proxy_method *)method;
	struct principal principal;
	const char *why;

	if (!candidate->exchange->is_forwarded) {
		auth_refuse(candidate, 403, "Not from a trusted proxy\n");
		return;
	}
	why = proxy_identify(proxy, request, &principal);
	if (why == NULL)
		auth_accept(proxy->context, candidate, &principal);
	else
		auth_refuse(candidate, 401, why);
}

/* --- life cycle ----------------------------------------------------------- */

static void
name_copy(struct str name, char out[AUTH_TEXT_MAX + 1])
{
	snprintf(out, AUTH_TEXT_MAX + 1, "%.*s", (int)name.len,
	    name.data == NULL ? "" : name.data);
}

static bool
proxy_method_configure(struct auth_method *method,
    const struct authenticator_config *config, char *why, size_t size)
{
	struct proxy_method *proxy = (struct proxy_method *)method;

	(void)why;
	(void)size;
	name_copy(config->proxy_user_header, proxy->user_header);
	name_copy(config->proxy_name_header, proxy->name_header);
	name_copy(config->proxy_rights_header, proxy->rights_header);
	return true;
}

static struct auth_method *
proxy_method_create(const struct authenticator_config *config,
    const struct auth_context *context, char *why, size_t size)
{
	struct proxy_method *proxy = calloc(1, sizeof(*proxy));

	if (proxy == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	proxy->base.ops = &auth_proxy_ops;
	proxy->context = context;
	proxy_method_configure(&proxy->base, config, why, size);
	return &proxy->base;
}

static void
proxy_method_destroy(struct auth_method *method)
{
	free(method);
}

const struct auth_method_ops auth_proxy_ops = {
	.name = "proxy",
	.create = proxy_method_create,
	.configure = proxy_method_configure,
	.admit = proxy_method_admit,
	.destroy = proxy_method_destroy,
};
