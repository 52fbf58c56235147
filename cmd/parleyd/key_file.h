/* Files with one key. */
#ifndef CMD_KEY_FILE_H
#define CMD_KEY_FILE_H

#include <stdbool.h>

#include "transport/api/api.h"

/* Reads the first line. False: it is logged why not, with the option's name. */
bool key_file_read(const char *option, const char *path,
    char key[API_KEY_MOST + 1]);

#endif
