#include "cluster/redis/redis_tls.h"

#ifdef PARLEY_REDIS_TLS

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>

bool
redis_tls_begin(struct redis_tls *tls, struct redisContext *context,
    const char *host)
{
	struct ssl_st *session;

	tls->ops->errors_clear(tls);
	session = tls->ops->open(tls, host);
	if (session == NULL)
		return false;
	if (redisInitiateSSL(context, session) == REDIS_OK)
		return true;
	tls->ops->close(session);
	return false;
}

#else

/* broker_targets_parse() refuses the URLs that need it. */
bool
redis_tls_begin(struct redis_tls *tls, struct redisContext *context,
    const char *host)
{
	(void)tls;
	(void)context;
	(void)host;
	return false;
}

#endif
