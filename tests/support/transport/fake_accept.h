/* Errors of accept4(), and other peer addresses. */
#ifndef TESTS_SUPPORT_TRANSPORT_FAKE_ACCEPT_H
#define TESTS_SUPPORT_TRANSPORT_FAKE_ACCEPT_H

/* The next calls of accept4() fail like this. */
void accept_fails(int error, unsigned times);

/* New connections have this IPv4 address from now on; NULL: the real one. */
void accept_comes_from(const char *host);

#endif
