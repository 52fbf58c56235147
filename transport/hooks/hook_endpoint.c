#include "transport/hooks/hook_endpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "domain/log.h"
#include "transport/tls/tls_context.h"

bool
hook_endpoint_init(struct hook_endpoint *endpoint, const char *option,
    struct str url, const char *ca, char *why, size_t size)
{
	char problem[256];

	memset(endpoint, 0, sizeof(*endpoint));
	if (str_is_empty(url))
		return true;
	if (!http_target_find(&endpoint->target, url, problem,
		sizeof(problem))) {
		snprintf(why, size, "%s: %s", option, problem);
		return false;
	}
	if (endpoint->target.is_tls) {
		endpoint->target.tls =
		    tls_context_create_client(ca, problem, sizeof(problem));
		if (endpoint->target.tls == NULL) {
			snprintf(why, size, "hooks.ca: %s", problem);
			return false;
		}
	}
	endpoint->option = option;
	return true;
}

void
hook_endpoint_fini(struct hook_endpoint *endpoint)
{
	tls_context_unref(endpoint->target.tls);
}

void
hook_endpoint_note(struct hook_endpoint *endpoint, const char *why)
{
	if (why == NULL && endpoint->is_down)
		log_info("%s: it answers again", endpoint->option);
	else if (why != NULL && endpoint->is_down)
		log_limited(LOG_INFO, "%s: %s", endpoint->option, why);
	else if (why != NULL)
		log_warn("%s: %s", endpoint->option, why);
	endpoint->is_down = why != NULL;
}

/* --- signatures ----------------------------------------------------------- */

/* In pieces, so that the body is not copied. */
static bool
hmac_compute(const struct hook_signer *signer, struct str begin,
    struct str body, unsigned char out[EVP_MAX_MD_SIZE], size_t *len)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL,
	    (const unsigned char *)signer->secret, signer->secret_len);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok;

	*len = EVP_MAX_MD_SIZE;
	ok = key != NULL && context != NULL &&
	     EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSignUpdate(context, begin.data, begin.len) == 1 &&
	     EVP_DigestSignUpdate(context, body.data, body.len) == 1 &&
	     EVP_DigestSignFinal(context, out, len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return ok;
}

bool
hook_signature_write(const struct hook_signer *signer, int64_t unix_s,
    struct str body, char out[HOOK_SIGNATURE_SIZE])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	char begin[24];
	size_t mac_len, len;

	snprintf(begin, sizeof(begin), "%" PRId64 ".", unix_s);
	if (!hmac_compute(signer, str_from(begin), body, mac, &mac_len))
		return false;
	len = (size_t)snprintf(out, HOOK_SIGNATURE_SIZE,
	    "t=%" PRId64 ",v1=", unix_s);
	for (size_t i = 0; i < mac_len; i++)
		len += (size_t)snprintf(out + len, HOOK_SIGNATURE_SIZE - len,
		    "%02x", mac[i]);
	return true;
}

struct http_call *
hook_endpoint_post(const struct hook_endpoint *endpoint, struct loop *loop,
    const struct hook_signer *signer, struct str body, int64_t timeout_ms,
    http_call_done *done, void *arg)
{
	char signature[HOOK_SIGNATURE_SIZE];
	char header[HOOK_SIGNATURE_SIZE + 32];

	if (!hook_signature_write(signer, clock_wall_ms(signer->clock) / 1000,
		body, signature))
		return NULL;
	snprintf(header, sizeof(header), "Parley-Signature: %s\r\n", signature);
	return http_call_post(loop, &endpoint->target, str_from(header), body,
	    timeout_ms, done, arg);
}
