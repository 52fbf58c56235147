/* Why a call of OpenSSL failed, for people. Public. */
#ifndef TRANSPORT_TLS_ERROR_H
#define TRANSPORT_TLS_ERROR_H

/*
 * Empties OpenSSL's queue of errors; returns the reason of the first one, which
 * is the cause, or `otherwise`.
 */
const char *tls_error_take(const char *otherwise);

#endif
