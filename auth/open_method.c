/* auth.kind = open: every client is admitted, as an anonymous user. */
#include "auth/auth_method.h"

static struct auth_method open_method = { &auth_open_ops };

static struct auth_method *
open_method_create(const struct authenticator_config *config,
    const struct auth_context *context, char *why, size_t size)
{
	(void)config;
	(void)context;
	(void)why;
	(void)size;
	return &open_method;
}

static bool
open_method_configure(struct auth_method *method,
    const struct authenticator_config *config, char *why, size_t size)
{
	(void)method;
	(void)config;
	(void)why;
	(void)size;
	return true;
}

static void
open_method_destroy(struct auth_method *method)
{
	(void)method;
}

const struct auth_method_ops auth_open_ops = {
	.name = "open",
	.create = open_method_create,
	.configure = open_method_configure,
	.destroy = open_method_destroy,
};
