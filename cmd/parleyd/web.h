/* The files of web/, compiled into the program by tools/embed. */
#ifndef CMD_WEB_H
#define CMD_WEB_H

#include "transport/http/assets.h"

extern const struct assets web_assets;

#endif
