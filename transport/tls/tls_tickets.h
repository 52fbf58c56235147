/*
 * Session tickets (RFC 5077, RFC 8446 §4.6.1) under keys that change: a key
 * encrypts for an hour and decrypts for another one.
 */
#ifndef TRANSPORT_TLS_TICKETS_H
#define TRANSPORT_TLS_TICKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <openssl/ssl.h>

#define TLS_TICKET_KEY_S 3600

struct tls_ticket_key {
	uint8_t name[16];
	uint8_t cipher[32];
	uint8_t mac[32];
	time_t made_s; /* monotonic; 0: no key */
};

/* Zeroed: no keys yet. */
struct tls_tickets {
	struct tls_ticket_key current;
	struct tls_ticket_key previous;
};

/* Makes a new key if the current one is too old. False: no random bytes. */
bool tls_tickets_rotate(struct tls_tickets *, time_t now_s);

/* Uses the keys, which outlive the context, for its tickets. */
void tls_tickets_use(struct tls_tickets *, SSL_CTX *);

#endif
