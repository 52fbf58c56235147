/* The monitoring of the ASP.NET server: /api/monitoring/. */
#ifndef WIRE_DOTNET_MONITOR_H
#define WIRE_DOTNET_MONITOR_H

#include "wire/common/http_compat.h"

/* False: the path is another one. */
bool dotnet_monitor_answer(const struct http_compat_request *,
    struct http_compat_response *out);

#endif
