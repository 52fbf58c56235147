#include "transport/tls/tls_tickets.h"

#include <assert.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

static bool
ticket_key_make(struct tls_ticket_key *key, time_t now_s)
{
	key->made_s = now_s;
	return RAND_bytes(key->name, sizeof(key->name)) == 1 &&
	       RAND_bytes(key->cipher, sizeof(key->cipher)) == 1 &&
	       RAND_bytes(key->mac, sizeof(key->mac)) == 1;
}

bool
tls_tickets_rotate(struct tls_tickets *tickets, time_t now_s)
{
	assert(now_s > 0);
	if (tickets->current.made_s != 0 &&
	    now_s - tickets->current.made_s < TLS_TICKET_KEY_S)
		return true;
	tickets->previous = tickets->current;
	if (now_s - tickets->previous.made_s >= 2 * TLS_TICKET_KEY_S)
		OPENSSL_cleanse(&tickets->previous, sizeof(tickets->previous));
	return ticket_key_make(&tickets->current, now_s);
}

static time_t
monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + 1;
}

/* The key of a ticket; NULL: none of ours, or too old. */
static const struct tls_ticket_key *
ticket_key_find(const struct tls_tickets *tickets, const uint8_t name[16])
{
	const struct tls_ticket_key *keys[] = { &tickets->current,
		&tickets->previous };

	for (int i = 0; i < 2; i++)
		if (keys[i]->made_s != 0 &&
		    memcmp(keys[i]->name, name, sizeof(keys[i]->name)) == 0)
			return keys[i];
	return NULL;
}

static int
ticket_mac_init(EVP_MAC_CTX *mac, const struct tls_ticket_key *key)
{
	char digest[] = "SHA256";
	uint8_t secret[sizeof(key->mac)];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret,
		    sizeof(secret)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
		    0),
		OSSL_PARAM_construct_end(),
	};

	memcpy(secret, key->mac, sizeof(secret));
	return EVP_MAC_CTX_set_params(mac, params);
}

/* Results as SSL_CTX_set_tlsext_ticket_key_evp_cb(3) defines them. */
static int
ticket_cb(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
	struct tls_tickets *tickets =
	    SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const struct tls_ticket_key *key;

	if (!tls_tickets_rotate(tickets, monotonic_s()))
		return -1;
	if (encrypt) {
		key = &tickets->current;
		memcpy(name, key->name, sizeof(key->name));
		if (RAND_bytes(iv,
			EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
			return -1;
	} else {
		key = ticket_key_find(tickets, name);
		if (key == NULL)
			return 0;
	}
	if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv,
		encrypt) != 1 ||
	    ticket_mac_init(mac, key) != 1)
		return -1;
	return encrypt || key == &tickets->current ? 1 : 2;
}

void
tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *context)
{
	SSL_CTX_set_app_data(context, tickets);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_cb);
}
