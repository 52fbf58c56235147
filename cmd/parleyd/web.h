/* The files of web/ and share/api/, compiled in by tools/embed. */
#ifndef CMD_WEB_H
#define CMD_WEB_H

#include "transport/http/assets.h"

extern const struct assets web_assets;
extern const struct assets api_assets;

#endif
