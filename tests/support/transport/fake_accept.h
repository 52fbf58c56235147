/* Connections that fail to come, or come from elsewhere. */
#ifndef TESTS_SUPPORT_TRANSPORT_FAKE_ACCEPT_H
#define TESTS_SUPPORT_TRANSPORT_FAKE_ACCEPT_H

/* The next calls of accept4() fail like this. */
void accept_fails(int error, unsigned times);

/* Who comes from now on comes from this IPv4 address; NULL: the real one. */
void accept_comes_from(const char *host);

#endif
