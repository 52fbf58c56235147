#include "transport/tls/tls_error.h"

#include <string.h>

#include <openssl/err.h>

const char *
tls_error_take(const char *otherwise)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code)
				 ? strerror(ERR_GET_REASON(code))
				 : ERR_reason_error_string(code);

	ERR_clear_error();
	return reason != NULL ? reason : otherwise;
}
